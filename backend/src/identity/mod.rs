//! What proves who someone is: passwords, random tokens, certificates. No database and no HTTP here.

pub mod certificate;
pub mod password;
pub mod token;
