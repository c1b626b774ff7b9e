//! The Watchfloor server: bus, stores, pipeline, API and console in one binary. `startup` is the only place that wires things.

pub mod api;
pub mod audit;
pub mod bus;
pub mod cli;
pub mod clock;
pub mod config;
pub mod doors;
pub mod ephemeral;
pub mod follow;
pub mod geo;
pub mod grpc;
pub mod identity;
pub mod infer;
pub mod ingest;
pub mod inventory;
pub mod investigate;
pub mod live;
pub mod map;
pub mod oidc;
pub mod otlp;
pub mod picture;
pub mod pipeline;
pub mod pki;
pub mod replay;
pub mod roles;
pub mod rules;
pub mod search;
pub mod sensors;
pub mod startup;
pub mod store;
pub mod tls;
pub mod training;

#[cfg(test)]
mod mutation;

/// Events are made on one thread and freed on another all day; the system's allocator spends a sixth of the pipeline's time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
