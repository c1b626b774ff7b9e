//! Hunting: queries over events and what comes back.

use crate::{EventId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `POST /api/v1/events/search`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SearchRequest {
    /// `process.name:powershell.exe and not user.name:SYSTEM`; empty matches everything.
    pub query: String,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// At most 1,000; 0 asks for counts alone.
    pub limit: u32,
    pub order: Order,
    /// `next` of the page before.
    pub search_after: Option<SearchAfter>,
    pub aggregations: Vec<Aggregation>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    NewestFirst,
    OldestFirst,
}

/// Position after the last hit of a page: its time, then its id. Stable while events are added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchAfter {
    pub timestamp: Timestamp,
    pub id: EventId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Aggregation {
    Terms { field: String, size: u32 },
    DateHistogram { interval_ms: i64 },
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchResponse {
    /// Events that match, exactly.
    pub total: i64,
    /// Events that the tenant's index holds.
    pub searched: i64,
    pub took_ms: f64,
    pub hits: Vec<EventHit>,
    pub next: Option<SearchAfter>,
    /// In the order asked for.
    pub aggregations: Vec<AggregationResult>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventHit {
    pub id: EventId,
    pub timestamp: Timestamp,
    /// The ECS document, nested.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub source: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum AggregationResult {
    Terms {
        field: String,
        buckets: Vec<TermBucket>,
        other: i64,
    },
    DateHistogram {
        interval_ms: i64,
        buckets: Vec<TimeBucket>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TermBucket {
    pub value: String,
    pub count: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimeBucket {
    pub start: Timestamp,
    pub count: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Keyword,
    Text,
    Long,
    Ip,
    Date,
    Boolean,
}

/// `GET /api/v1/events/fields`: what the query bar completes from, most used first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldInfo {
    pub name: String,
    pub kind: FieldKind,
    pub description: String,
    /// A few values seen lately.
    pub examples: Vec<String>,
}
