//! API keys of senders.

pub mod issue;
pub mod list;
pub mod revoke;
