//! The server's HTTP interface, typed: one module per group of endpoints, wire types from `watchfloor_shared`.
//! Every call ends: with an answer, a problem that the server names, or a fault after `WAIT_MS_MAX`.

pub mod alerts;
pub mod audit;
pub mod endpoints;
pub mod events;
mod exchange;
mod fault;
mod fetched;
pub mod fleet;
pub mod identity;
pub mod inventory;
pub mod keys;
pub mod map;
mod messages;
pub mod models;
pub mod organizations;
pub mod people;
pub mod pipeline;
pub mod rules;
pub mod walls;
pub mod wire;

pub use fault::Fault;
pub use fetched::{Fetched, fetch};
pub use messages::messages;
