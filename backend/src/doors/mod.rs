//! Front doors with listeners of their own, and what their listeners share. The HTTP doors are routes of the API.

pub mod admission;
pub mod config;
pub mod gelf;
pub mod http;
mod linger;
pub mod listener;
pub mod lumberjack;
mod patience;
pub mod places;
pub mod syslog;
pub mod unanswered;
