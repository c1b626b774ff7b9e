//! The timeline around an alert.

use crate::{EventId, Timestamp, alert::Severity, tree::ArtifactKind};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LaneBy {
    #[default]
    Process,
    User,
    Host,
}

/// `GET /api/v1/alerts/{id}/timeline?by=process&from=&to=`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timeline {
    pub from: Timestamp,
    pub to: Timestamp,
    pub by: LaneBy,
    /// Lanes that touch the alert first, then by first mark.
    pub lanes: Vec<Lane>,
    /// Stretches without telemetry from this endpoint although it sent before and after.
    pub gaps: Vec<Gap>,
    /// Events in the range, more than the marks when capped.
    pub total: i64,
    pub shown: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lane {
    pub key: String,
    pub label: String,
    /// Life of the process where known.
    pub begin: Option<Timestamp>,
    pub end: Option<Timestamp>,
    pub on_path: bool,
    /// In time order.
    pub marks: Vec<Mark>,
}

/// Events of one kind close together, or one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Mark {
    pub at: Timestamp,
    pub kind: MarkKind,
    pub count: i64,
    /// Set when an event of an alert is in it.
    pub severity: Option<Severity>,
    /// The first event in it.
    pub event_id: EventId,
    pub label: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    ProcessStart,
    ProcessEnd,
    Touch(ArtifactKind),
    Logon,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Gap {
    pub from: Timestamp,
    pub to: Timestamp,
    pub reason: String,
}
