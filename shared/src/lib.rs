//! Wire types that the server and the console share. Everything here is plain data: no IO, no clock.
//!
//! Times on the wire are RFC 3339 in UTC with nanoseconds; durations are milliseconds as integers; shares and risks
//! say their range in the field's documentation.

pub mod alert;
pub mod audit;
pub mod control;
pub mod endpoint;
pub mod factor;
pub mod fingerprint;
pub mod fleet;
pub mod identity;
pub mod ids;
pub mod inventory;
pub mod live;
pub mod map;
pub mod model;
pub mod organization;
pub mod page;
pub mod people;
pub mod pipeline;
pub mod problem;
#[cfg(any(test, target_arch = "wasm32"))]
mod rfc3339;
pub mod rule;
pub mod search;
pub mod sensor;
pub mod sign;
pub mod time;
pub mod timeline;
pub mod tree;
pub mod wall;

pub use fingerprint::Fingerprint;
pub use ids::{AlertId, EndpointId, EntityId, EventId, RuleId, TenantId, UserId};
pub use time::Timestamp;
