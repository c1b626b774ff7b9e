//! The HTTP surface: API, live stream, ingest and the console's files.
//!
//! Invariant: [`routes::TABLE`] is the only list of routes. The router, the guard, the OpenAPI document, the metrics and the
//! authorization tests are all made from it.

pub mod access;
mod alerts;
pub(crate) mod assets;
mod audit;
mod context;
mod cookie;
mod csrf;
mod describe;
mod docs;
mod endpoints;
mod etag;
mod events;
mod exposition;
mod extract;
mod fleet;
mod guard;
mod health;
mod http_stats;
mod identity;
pub mod ingest;
mod inventory;
mod investigate;
mod keys;
mod live;
mod map;
mod metrics;
mod models;
pub mod openapi;
mod organizations;
mod outer;
mod peer;
mod people;
mod pictures;
mod pipeline;
mod plain;
mod problem;
pub(crate) mod rate_limit;
pub mod routes;
mod rules;
mod sensors;
pub(crate) mod state;
mod walls;

pub(crate) use guard::{api_key, key_holder};
pub use outer::{otlp_router, router};
pub use peer::Peer;
pub use routes::PROVIDER_RETURN;
pub use state::{AlertLatency, ApiLimits, ApiParts, AppState, IngestLimits, RulesView};
