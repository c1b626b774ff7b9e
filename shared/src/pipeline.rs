//! The pipeline as it is wired, and its loss ledger.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// `GET /api/v1/pipeline`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PipelineSnapshot {
    pub at: Timestamp,
    /// In the order events pass them.
    pub stages: Vec<StageSnapshot>,
    pub topics: Vec<TopicSnapshot>,
    /// By door: `ndjson`, `file`, `simulator`.
    pub sources: Vec<SourceSnapshot>,
    pub latency: Latency,
    /// Events that no stage can account for; 0 or the product is lying.
    pub unaccounted: i64,
    pub events_per_second: f64,
    /// Of the caller's tenant; absent on the live stream, which is the same for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub senders: Vec<SenderSnapshot>,
}

/// One sender's records since they are counted: received = indexed + suppressed + dead + in flight. A batch of a sensor counts
/// by its alerts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SenderSnapshot {
    /// The sensor or machine; empty for records that name none. Those beyond the number that have a row each share one that
    /// has neither sensor nor door.
    pub sensor: String,
    pub door: String,
    /// Taken from the raw topics; what still waits there is in flight in the first stages.
    pub received: i64,
    pub indexed: i64,
    pub suppressed: i64,
    pub dead: Vec<ReasonCount>,
    /// Between the normalizer and the index.
    pub in_flight: i64,
    pub last_seen: Timestamp,
    /// Sequence numbers that were skipped since the server's start; absent where the protocol has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<i64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StageShape {
    #[default]
    Map,
    Fold,
}

/// in = emitted + suppressed + dead + in flight; `unaccounted` is the difference.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StageSnapshot {
    pub name: String,
    pub shape: StageShape,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    /// Records that its input topics have ever held for it.
    pub received: i64,
    pub emitted: i64,
    pub suppressed: Vec<ReasonCount>,
    pub dead: Vec<ReasonCount>,
    pub in_flight: i64,
    pub unaccounted: i64,
    pub lag_ms: i64,
    pub events_per_second: f64,
    pub cpu_us_per_event: f64,
    /// Set when the stage cannot go on: what and why.
    pub fault: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReasonCount {
    pub reason: String,
    pub count: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopicSnapshot {
    pub name: String,
    pub partitions: u32,
    pub records: i64,
    /// On disk; absent where the bus does not say.
    pub bytes: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceSnapshot {
    pub name: String,
    pub events: i64,
}

/// Percentiles over the last minute, milliseconds; absent when nothing was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Latency {
    pub received_to_indexed_p99: Option<f64>,
    pub received_to_alert_p50: Option<f64>,
    pub received_to_alert_p99: Option<f64>,
    /// Until the alert was handed to the live stream.
    pub received_to_stream_p99: Option<f64>,
    /// Until a browser drew it.
    pub received_to_screen_p99: Option<f64>,
}

/// `GET /api/v1/pipeline/dead-letters`: newest first, with counts by reason. Those that were sent through the pipeline again
/// are not among them; one that failed again is a new one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadLetters {
    pub groups: Vec<DeadLetterGroup>,
    pub total: i64,
    /// How many were sent again.
    #[serde(default)]
    pub redriven: i64,
}

/// Whether a dead letter can be sent through the pipeline again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterState {
    #[default]
    Open,
    /// Too long for the front door, which kept its beginning alone: only its sender can send it again.
    Cut,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadLetterGroup {
    pub reason: String,
    pub stage: String,
    /// Where it came from: topic and sender.
    pub source: String,
    #[serde(default)]
    pub state: DeadLetterState,
    pub count: i64,
    pub last: Timestamp,
    /// First 200 characters of one, control characters escaped.
    pub sample: String,
}
