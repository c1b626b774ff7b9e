//! The agent for Linux hosts: capture → record → spool → ship.
//!
//! One thread (`recorder`) takes what capture and followed files have, makes records, and writes them to the spool; one task
//! (`ship`) hands the spool to the server. Between them is the disk alone: a server that is away, and an end by kill -9, cost
//! nothing that was written.

mod agent;
pub mod capture;
mod captures;
pub mod check;
mod clock;
pub mod config;
mod control;
mod durable;
pub mod enroll;
mod host;
mod identity;
mod key;
mod load;
pub mod lost;
mod metrics;
mod nics;
mod process;
pub mod recent;
mod recorder;
mod renewal;
mod repeats;
mod ship;
pub mod spool;
mod tail;
mod trust;
pub mod untrusted;

pub use agent::{Agent, Running};
