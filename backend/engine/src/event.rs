//! The one event type: an ECS document with the three things every stage needs beside it.

use serde_json::{Map, Value};
use watchfloor_shared::{EndpointId, EventId, Timestamp};

/// Version of the document's shape; grows when a field changes its meaning. Kept in `watchfloor.schema`.
pub const SCHEMA_VERSION: u64 = 1;

/// Most events fit; a larger one only costs a second allocation.
const JSON_BYTES_USUAL: usize = 4096;

/// One normalized event.
///
/// `doc` is the nested ECS document (8.x names) and holds `@timestamp`, `event.id`, `host.id` too, so that it is complete on
/// its own. What the source said and ECS has no name for stays under `winlog.event_data`, by the source's own names.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: EventId,
    pub timestamp: Timestamp,
    pub endpoint: EndpointId,
    pub doc: Map<String, Value>,
}

/// Why bytes are not an [`Event`]. Only ever seen when a normalized topic was written by something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEvent {
    #[error("not a JSON object")]
    Json,
    #[error("{0} is missing or of the wrong type")]
    Field(&'static str),
}

impl Event {
    /// The wire form on `normalized-endpoint-events` and in the index.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::with_capacity(JSON_BYTES_USUAL);
        match serde_json::to_writer(&mut json, &self.doc) {
            Ok(()) => json,
            Err(_) => Vec::new(),
        }
    }

    pub fn from_json(bytes: &[u8]) -> Result<Self, NotAnEvent> {
        let doc: Map<String, Value> = serde_json::from_slice(bytes).map_err(|_| NotAnEvent::Json)?;
        Self::from_doc(doc)
    }

    pub fn from_doc(doc: Map<String, Value>) -> Result<Self, NotAnEvent> {
        let text = |path: &'static str| get(&doc, path).and_then(Value::as_str).ok_or(NotAnEvent::Field(path));
        let id = EventId::new(text("event.id")?);
        let endpoint = EndpointId::new(text("host.id")?);
        let timestamp = text("@timestamp")?
            .parse()
            .map_err(|_| NotAnEvent::Field("@timestamp"))?;
        Ok(Self {
            id,
            timestamp,
            endpoint,
            doc,
        })
    }

    /// A value by its dotted ECS name, `process.parent.name`.
    pub fn get(&self, path: &str) -> Option<&Value> {
        get(&self.doc, path)
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.get(path).and_then(Value::as_str)
    }

    /// Whether the simulator made it.
    pub fn is_simulated(&self) -> bool {
        self.get("watchfloor.simulated")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }
}

/// A value in a nested document by its dotted name.
pub fn get<'a>(doc: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let mut value = doc.get(parts.next()?)?;
    for part in parts {
        value = value.as_object()?.get(part)?;
    }
    Some(value)
}
