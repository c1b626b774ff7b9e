//! What proves who someone is: passwords, random tokens, certificates, codes. No database and no HTTP here.

pub mod certificate;
pub mod config;
pub mod password;
pub mod private;
pub mod seal;
pub mod token;
pub mod totp;
