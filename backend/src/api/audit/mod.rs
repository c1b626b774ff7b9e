//! The audit log: read, taken home, verified. Who writes it: `trail.rs`.

pub mod export;
pub mod list;
pub mod trail;
pub mod verify;

pub use trail::{Trail, record};
