//! PostgreSQL: a managed child process in the data directory, or a server somebody else runs.
//!
//! Invariant: a tenant table is reached through [`TenantTx`] alone. The pool belongs to a role that cannot bypass row-level
//! security and is never handed out; what must work before a tenant is known (a session, an API key, a one-time link) lives
//! in [`identity`] and goes by the hash of a secret.

pub mod alerts;
pub mod audit;
pub mod commands;
pub mod config;
mod database;
pub mod endpoints;
pub mod error;
mod grants;
pub mod identity;
pub mod inventory;
mod managed;
mod migrate;
pub mod page;
pub mod rules;
pub mod secret;
pub mod sensors;
mod tenant_tx;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod walls;
mod writing;

pub use config::DatabaseConfig;
pub use database::Database;
pub use error::StoreError;
pub use managed::binaries::locate as managed_binaries;
pub use migrate::schema_digest;
pub use page::Window;
pub use secret::Secret;
pub use tenant_tx::TenantTx;
