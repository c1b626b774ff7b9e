//! The threat map: who reached for whom, where both are, how bad. `GET /api/v1/map` answers a [`MapSnapshot`];
//! `GET /api/v1/map/live` is a stream of server-sent events, each with a [`MapUpdate`] as JSON: `event: snapshot` first,
//! then `event: frame` at most ten times a second while something happens and once a second while nothing does.
//!
//! Delta-coded: a flow is described once, when it is first seen or when its description changes; hits name it by number.
//!
//! Below it, what is drawn of that: the same in the console and in the server's pictures.

pub mod plane;
pub mod scene;
pub mod sum;
pub mod top;

use crate::{AlertId, EventId, Timestamp, alert::Severity, inventory::Site};
use serde::{Deserialize, Serialize};

/// What a map holds for rewinding.
pub const KEPT_MS: i64 = 30 * 60 * 1_000;

/// Hits of one frame at most. What exceeds it is coalesced, and the frame says so.
pub const FRAME_HITS_MAX: usize = 200;

/// By [`Severity`], in the order of [`Severity::ALL`]: low, medium, high, critical.
pub type BySeverity = [u64; 4];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "event", content = "data")]
pub enum MapUpdate {
    /// Everything from here on: what was known before is void.
    Snapshot(Box<MapSnapshot>),
    Frame(Box<MapFrame>),
}

impl MapUpdate {
    /// The SSE `event:` name.
    pub const fn name(&self) -> &'static str {
        match self {
            MapUpdate::Snapshot(_) => "snapshot",
            MapUpdate::Frame(_) => "frame",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MapSnapshot {
    /// The server's clock.
    pub now: Timestamp,
    /// Hits before this are not held: thirty minutes ago, or when the topic begins.
    pub since: Timestamp,
    /// Where this organization is, with a place: sites of its inventory.
    pub sites: Vec<MapPlace>,
    pub flows: Vec<MapFlow>,
    /// Oldest first.
    pub hits: Vec<MapHit>,
    pub counts: MapCounts,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MapFrame {
    /// The server's clock. A stream that is silent for five seconds is stale.
    pub now: Timestamp,
    /// New ones, and those whose description changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flows: Vec<MapFlow>,
    /// Oldest first, at most [`FRAME_HITS_MAX`]. Their counts sum up to what happened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<MapHit>,
    /// Once a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<MapCounts>,
    /// So many events were drawn together with others in this frame because there were too many. 0 is not sent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub coalesced: u64,
}

/// One source, one destination, one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MapFlow {
    /// Within this tenant, until the server starts again.
    pub id: u64,
    pub source: MapEnd,
    pub destination: MapEnd,
    /// The worst that was seen of it.
    pub severity: Severity,
    /// Its title.
    pub rule: String,
    /// `suricata`, `snort`, `watchfloor`…
    pub module: String,
    /// `network.transport` or `network.protocol`, lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// One event of it; a wall is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The first alert that its events belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert_id: Option<AlertId>,
    /// Made by the simulator.
    #[serde(default, skip_serializing_if = "is_false")]
    pub simulated: bool,
    /// Stands for many flows that were too many to be told apart; it has regions for ends then, and no alert.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_group: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MapEnd {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Host or asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Absent where nobody knows where it is: a private address without a site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<MapPlace>,
    /// Autonomous system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asn: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MapPlace {
    /// City, or the site's name; a country where the city is not known.
    pub name: String,
    /// Degrees, -90 to 90.
    pub latitude: f64,
    /// Degrees, -180 to 180.
    pub longitude: f64,
    /// ISO 3166-1, two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// One of the organization's own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_site: bool,
}

impl From<&Site> for MapPlace {
    fn from(site: &Site) -> Self {
        Self {
            name: site.name.clone(),
            latitude: site.latitude,
            longitude: site.longitude,
            country: site.country.clone(),
            is_site: true,
        }
    }
}

/// Events of one flow, drawn as one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MapHit {
    pub flow: u64,
    /// When it came in.
    pub at: Timestamp,
    pub count: u64,
}

/// Events by severity; not narrowed by any filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MapCounts {
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<u64>))]
    pub minute: BySeverity,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<u64>))]
    pub hour: BySeverity,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<u64>))]
    pub day: BySeverity,
    /// What [`Self::day`] counts from: a day ago, or later where the topic does not reach so far.
    pub since: Timestamp,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's signature; on 32 bits it is not trivial"
)]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's signature; on 32 bits it is not trivial"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}
