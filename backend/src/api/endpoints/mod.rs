//! Hosts that send telemetry.

pub mod get;
pub mod list;
