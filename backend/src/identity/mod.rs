//! What proves who someone is: passwords and random tokens. No database and no HTTP here.

pub mod password;
pub mod token;
