//! The process tree of an alert.

use crate::{EntityId, EventId, Timestamp};
use serde::{Deserialize, Serialize};

/// `GET /api/v1/alerts/{id}/tree`. Nodes in depth-first order, parents before children.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProcessTree {
    pub nodes: Vec<ProcessNode>,
    /// Things that processes touched and the alert is about: memory read, file written, connection.
    pub artifacts: Vec<Artifact>,
    /// Processes seen on the endpoint in `from..to`, more than `nodes` when capped.
    pub total: i64,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// When this endpoint's telemetry begins: why a parent may be missing.
    pub telemetry_begins: Option<Timestamp>,
    /// Why there is no tree, when `nodes` is empty.
    pub empty_because: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProcessNode {
    pub entity_id: EntityId,
    pub parent: Option<EntityId>,
    pub pid: Option<i64>,
    pub name: String,
    pub executable: Option<String>,
    pub command_line: Option<String>,
    pub user: Option<String>,
    pub integrity_level: Option<String>,
    pub sha256: Option<String>,
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// Its start event, absent when only other events name it.
    pub event_id: Option<EventId>,
    pub files: i64,
    pub network: i64,
    pub registry: i64,
    pub modules: i64,
    /// On the way from the root to a matched process.
    pub on_path: bool,
    /// An event of this alert belongs to it.
    pub matched: bool,
    /// Its start was never seen; known only from its children or other events.
    pub missing: bool,
    /// Worst alert on this process.
    pub severity: Option<crate::alert::Severity>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    Process,
    File,
    Network,
    Registry,
    Module,
    Pipe,
    Dns,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Artifact {
    /// The process that touched it.
    pub from: EntityId,
    pub kind: ArtifactKind,
    /// `lsass.exe`, `u.bin`, `203.0.113.71:443`.
    pub label: String,
    /// `read, 0x1fffff`.
    pub detail: String,
    pub event_id: EventId,
    pub at: Timestamp,
}
