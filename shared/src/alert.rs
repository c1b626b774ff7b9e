//! Alerts as the console sees them, and what a person may do to them.

use crate::{AlertId, EndpointId, EntityId, EventId, RuleId, Timestamp};
use serde::{Deserialize, Serialize};

/// How bad. Ordered: `Low < Critical`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    Open,
    Acknowledged,
    Investigating,
    Resolved,
    FalsePositive,
}

impl AlertStatus {
    pub const ALL: [AlertStatus; 5] = [
        AlertStatus::Open,
        AlertStatus::Acknowledged,
        AlertStatus::Investigating,
        AlertStatus::Resolved,
        AlertStatus::FalsePositive,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            AlertStatus::Open => "open",
            AlertStatus::Acknowledged => "acknowledged",
            AlertStatus::Investigating => "investigating",
            AlertStatus::Resolved => "resolved",
            AlertStatus::FalsePositive => "false_positive",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
    /// Whether someone still has to look at it. New detections fold only into an alert that is not closed.
    pub const fn is_closed(self) -> bool {
        matches!(self, AlertStatus::Resolved | AlertStatus::FalsePositive)
    }
    /// The legal moves. A closed alert is reopened before anyone acknowledges it again; a wrong closing is corrected
    /// directly. Undo is not a move: it restores what was before the last one.
    pub const fn can_become(self, to: AlertStatus) -> bool {
        use AlertStatus::{Acknowledged, FalsePositive, Investigating, Open, Resolved};
        match self {
            Open => matches!(to, Acknowledged | Investigating | Resolved | FalsePositive),
            Acknowledged => matches!(to, Open | Investigating | Resolved | FalsePositive),
            Investigating => matches!(to, Open | Acknowledged | Resolved | FalsePositive),
            Resolved => matches!(to, Open | Investigating | FalsePositive),
            FalsePositive => matches!(to, Open | Investigating | Resolved),
        }
    }
}

/// What said that this is an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DetectionSource {
    Sigma,
    Model,
    Intel,
}

impl DetectionSource {
    pub const fn as_str(self) -> &'static str {
        match self {
            DetectionSource::Sigma => "sigma",
            DetectionSource::Model => "model",
            DetectionSource::Intel => "intel",
        }
    }
}

/// The analyst's judgement; feeds training and the detector card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnalystVerdict {
    TruePositive,
    FalsePositive,
}

/// An ATT&CK technique with its names, `T1003.001` · `LSASS Memory` · [`Credential Access`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Technique {
    pub id: String,
    pub name: String,
    pub tactics: Vec<String>,
}

/// The way of an alert's first event: when it happened, reached us, matched, was stored and was first on a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertTimes {
    pub observed: Timestamp,
    pub received: Timestamp,
    pub detected: Timestamp,
    pub stored: Timestamp,
    pub shown: Option<Timestamp>,
}

/// One row of the alert list; also what the live stream carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertSummary {
    pub id: AlertId,
    pub title: String,
    /// The quiet text of the row: parent → child, command, destination.
    pub evidence: String,
    pub severity: Severity,
    pub status: AlertStatus,
    pub source: DetectionSource,
    pub rule_id: RuleId,
    pub endpoint_id: EndpointId,
    /// `domain\user` where the event names one.
    pub user: Option<String>,
    pub process_name: Option<String>,
    /// Detections folded into this alert, at least 1.
    pub count: i64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub techniques: Vec<Technique>,
    /// Other endpoints with an alert within the correlation window, sorted.
    pub related_endpoints: Vec<EndpointId>,
    pub assignee: Option<String>,
    pub verdict: Option<AnalystVerdict>,
    /// Made by the simulator; shown with a badge everywhere.
    pub simulated: bool,
    pub times: AlertTimes,
    /// Grows by one with each change; the ETag of the alert is `"<version>"`.
    pub version: i64,
}

/// A field that the rule looked at and the value that made it match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MatchedField {
    /// The rule's name of the field, `CommandLine`.
    pub field: String,
    /// The event's whole value.
    pub value: String,
    /// Byte ranges of `value` that the rule's pattern covers, in order, not overlapping; empty when the whole value matched.
    pub spans: Vec<(u32, u32)>,
    /// The rule's condition in words: `endswith \rundll32.exe`.
    pub condition: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertRule {
    pub id: RuleId,
    pub title: String,
    pub level: String,
    pub description: String,
    pub author: Option<String>,
    pub false_positives: Vec<String>,
    pub references: Vec<String>,
}

/// One piece of the sentence that says what happened. Machine words are set in the monospaced face.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind", content = "text")]
pub enum Phrase {
    Words(String),
    Machine(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RelatedEndpoint {
    pub endpoint_id: EndpointId,
    /// Its worst alert in the window.
    pub severity: Severity,
    pub alerts: i64,
    /// What the alerts share besides the time: `same rule`, `same technique`, `same user`, `same file hash`. May be empty.
    pub shared: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HistoryAction {
    Raised,
    /// A detection joined the open alert; consecutive ones are one entry.
    Folded,
    StatusChanged,
    Noted,
    Assigned,
    Undone,
}

/// Append-only: who, when, from, to, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryEntry {
    pub at: Timestamp,
    /// A person's name, or `watchfloor` for the product itself.
    pub actor: String,
    pub action: HistoryAction,
    pub from: Option<String>,
    pub to: Option<String>,
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertDetail {
    #[serde(flatten)]
    pub summary: AlertSummary,
    pub what_happened: Vec<Phrase>,
    pub matched: Vec<MatchedField>,
    pub rule: AlertRule,
    /// The first event that matched.
    pub trigger_event: EventId,
    pub trigger_entity: Option<EntityId>,
    /// Ids of the matched events, oldest first, at most 1,000 of `summary.count`.
    pub events: Vec<EventId>,
    pub related: Vec<RelatedEndpoint>,
    /// Newest first.
    pub history: Vec<HistoryEntry>,
}

/// A change to one alert. Absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AlertChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<AlertStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<AnalystVerdict>,
    /// An empty text takes the assignee away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// Required when the status becomes `false_positive`. At most 4,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The same change to many alerts, each on its own: some may be refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BulkChange {
    /// At most 1,000.
    pub ids: Vec<AlertId>,
    pub action: BulkAction,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BulkAction {
    Change(AlertChange),
    /// Restore what was before the last change by a person.
    Undo,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkResult {
    pub done: Vec<AlertSummary>,
    pub refused: Vec<Refusal>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refusal {
    pub id: AlertId,
    pub reason: String,
}

/// Filters of the alert list; each list is an «any of», the filters together an «all of». The console keeps them in its URL
/// under the same names. `GET /api/v1/alerts`, `/api/v1/alerts/facets`, `/api/v1/alerts/histogram` take them as query
/// parameters, lists separated by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertFilter {
    pub severity: Vec<Severity>,
    pub status: Vec<AlertStatus>,
    pub source: Vec<DetectionSource>,
    pub endpoint: Vec<String>,
    pub rule: Vec<String>,
    pub technique: Vec<String>,
    pub user: Vec<String>,
    /// Words that title, evidence, endpoint or user contain.
    pub q: Option<String>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlertSort {
    /// Severity, then newest.
    #[default]
    Severity,
    /// Newest first by `last_seen`.
    Newest,
    /// Oldest first by `first_seen`.
    Oldest,
}

/// Counts for the facet column: each facet counts as if its own filter were not set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertFacets {
    /// Alerts that pass every filter.
    pub matching: i64,
    /// Alerts in the time range, without the other filters.
    pub in_range: i64,
    pub open: i64,
    pub unassigned: i64,
    pub severity: Vec<FacetCount>,
    pub status: Vec<FacetCount>,
    pub source: Vec<FacetCount>,
    /// The hundred largest of each.
    pub endpoint: Vec<FacetCount>,
    pub rule: Vec<FacetCount>,
    pub technique: Vec<FacetCount>,
    pub user: Vec<FacetCount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FacetCount {
    /// What goes into the filter.
    pub value: String,
    /// What a person reads.
    pub label: String,
    pub count: i64,
    /// Oldest open alert in it, where that means something (severity).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_open: Option<Timestamp>,
}

/// `GET /api/v1/alerts/histogram`: alerts by first seen, in equal steps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertHistogram {
    pub interval_ms: i64,
    pub buckets: Vec<AlertBucket>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertBucket {
    pub start: Timestamp,
    pub low: i64,
    pub medium: i64,
    pub high: i64,
    pub critical: i64,
}

/// `POST /api/v1/alerts/shown`: these rows were drawn now. Only the first time of each counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShownAlerts {
    pub ids: Vec<AlertId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_status_becomes_itself_and_closed_ones_are_not_acknowledged() {
        for status in AlertStatus::ALL {
            assert!(!status.can_become(status));
            assert_eq!(AlertStatus::parse(status.as_str()), Some(status));
            if status.is_closed() {
                assert!(!status.can_become(AlertStatus::Acknowledged));
                assert!(status.can_become(AlertStatus::Open));
            }
        }
    }
}
