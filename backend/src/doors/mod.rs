//! Front doors with listeners of their own. The HTTP doors are routes of the API.

pub mod syslog;
