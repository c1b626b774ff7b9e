//! Front doors with listeners of their own, and what their listeners share. The HTTP doors are routes of the API.

pub mod admission;
pub mod config;
pub mod http;
pub mod listener;
mod patience;
pub mod places;
pub mod syslog;
