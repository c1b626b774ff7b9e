//! One rule's match on one event: what the detect stage emits and the alert stage folds.

use crate::json::{Map, Value};
use crate::{Event, enrich::is_located};
use serde::{Deserialize, Serialize};
use watchfloor_shared::{
    EndpointId, EntityId, EventId, Timestamp,
    alert::{AlertRule, DetectionSource, MatchedField, Phrase, Severity, Technique},
};

/// The wire form on `logster-inference-results`, as JSON. Carries all that an alert shows, so that the alert stage needs no
/// rule set of its own and an alert stays explained after its rule is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    pub source: DetectionSource,
    pub rule: AlertRule,
    pub severity: Severity,
    pub techniques: Vec<Technique>,
    /// The event that matched; for a correlation, the one that completed it.
    pub event_id: EventId,
    /// For a correlation, all contributing events, oldest first; else empty.
    pub contributing: Vec<EventId>,
    pub endpoint_id: EndpointId,
    /// What it is about besides rule and endpoint: signature, source and destination of a network sensor's alert; else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The endpoint's name as the host writes it.
    pub endpoint_name: String,
    /// `domain\user`.
    pub user: Option<String>,
    pub process_name: Option<String>,
    pub process_entity: Option<EntityId>,
    pub file_sha256: Option<String>,
    /// The quiet text of the alert's row.
    pub evidence: String,
    pub what_happened: Vec<Phrase>,
    pub matched: Vec<MatchedField>,
    /// When it happened, reached us, and matched.
    pub observed: Timestamp,
    pub received: Timestamp,
    pub detected: Timestamp,
    pub simulated: bool,
    /// What a map draws; absent where neither side has a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub located: Option<Located>,
}

/// The two sides of an event, as its `source` and `destination` say, of which at least one has coordinates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Located {
    pub source: Map,
    pub destination: Map,
}

impl Located {
    pub fn of(event: &Event) -> Option<Self> {
        let side = |name: &str| event.get(name).and_then(Value::as_object);
        is_located(event).then(|| Self {
            source: side("source").cloned().unwrap_or_default(),
            destination: side("destination").cloned().unwrap_or_default(),
        })
    }
}
