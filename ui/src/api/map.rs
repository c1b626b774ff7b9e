//! The threat map: its stream's address, and outlines of the world.

use super::{Fault, exchange};
use serde_json::Value;

/// Server-sent events, each a `MapUpdate`.
pub const LIVE: &str = "/api/v1/map/live";

/// Coarse outlines, borders and coasts, as GeoJSON.
pub async fn outlines() -> Result<Value, Fault> {
    exchange::get_raw("/atlas/world-110m.json").await
}
