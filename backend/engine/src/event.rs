//! The one event type: an ECS document with the three things every stage needs beside it.

use crate::json::{Map, Value};
use serde::{Deserialize, de::IgnoredAny};
use std::borrow::Cow;
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
    pub doc: Map,
}

/// What the stages that pass an event on need of it. Reading it leaves the rest of the document alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHead {
    pub id: EventId,
    pub timestamp: Timestamp,
    pub endpoint: EndpointId,
    pub host_name: Option<String>,
    pub host_os_type: Option<String>,
    pub is_windows_log: bool,
    pub is_simulated: bool,
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
        let doc: Map = serde_json::from_slice(bytes).map_err(|_| NotAnEvent::Json)?;
        Self::from_doc(doc)
    }

    pub fn from_doc(doc: impl Into<Map>) -> Result<Self, NotAnEvent> {
        let doc = doc.into();
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

/// The named parts of a document, borrowed where JSON allows.
#[derive(Deserialize)]
struct HeadDoc<'a> {
    #[serde(rename = "@timestamp", borrow)]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event: Option<HeadEvent<'a>>,
    #[serde(borrow)]
    host: Option<HeadHost<'a>>,
    winlog: Option<IgnoredAny>,
    watchfloor: Option<HeadMarks>,
}

#[derive(Deserialize)]
struct HeadEvent<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct HeadHost<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    name: Option<TextOrNot>,
    os: Option<HeadOs>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum HeadOs {
    Known {
        #[serde(rename = "type")]
        kind: Option<TextOrNot>,
    },
    Other(IgnoredAny),
}

/// Other producers may write anything here; that must not cost the event.
#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNot {
    Text(String),
    Other(IgnoredAny),
}

impl TextOrNot {
    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Other(_) => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum HeadMarks {
    Known { simulated: bool },
    Other(IgnoredAny),
}

impl EventHead {
    pub fn from_json(bytes: &[u8]) -> Result<Self, NotAnEvent> {
        let doc: HeadDoc<'_> = serde_json::from_slice(bytes).map_err(|_| NotAnEvent::Json)?;
        let (host_id, host_name, os) = match doc.host {
            Some(host) => (host.id, host.name, host.os),
            None => (None, None, None),
        };
        let id = doc
            .event
            .and_then(|event| event.id)
            .ok_or(NotAnEvent::Field("event.id"))?;
        let timestamp = doc.timestamp.and_then(|text| text.parse().ok());
        Ok(Self {
            id: EventId::new(id),
            timestamp: timestamp.ok_or(NotAnEvent::Field("@timestamp"))?,
            endpoint: EndpointId::new(host_id.ok_or(NotAnEvent::Field("host.id"))?),
            host_name: host_name.and_then(TextOrNot::text),
            host_os_type: match os {
                Some(HeadOs::Known { kind }) => kind.and_then(TextOrNot::text),
                Some(HeadOs::Other(_)) | None => None,
            },
            is_windows_log: doc.winlog.is_some(),
            is_simulated: matches!(doc.watchfloor, Some(HeadMarks::Known { simulated: true })),
        })
    }
}

/// A value in a nested document by its dotted name.
pub fn get<'a>(doc: &'a Map, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        Some((section, rest)) => doc.get(section)?.at(rest),
        None => doc.get(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn head_and_event_say_the_same() {
        let doc = json!({"@timestamp": "2026-01-02T03:04:05.000000006Z", "event": {"id": "a\\b", "code": 1},
            "host": {"id": "ws-1", "name": "WS-1", "os": {"type": "windows"}, "ip": ["::1"]},
            "winlog": {"event_data": {"a": [1, {"b": null}]}}, "watchfloor": {"simulated": true, "schema": 1}});
        let bytes = doc.to_string();
        let (head, event) = (
            EventHead::from_json(bytes.as_bytes()).unwrap(),
            Event::from_json(bytes.as_bytes()).unwrap(),
        );
        assert_eq!(
            (&head.id, head.timestamp, &head.endpoint),
            (&event.id, event.timestamp, &event.endpoint)
        );
        assert_eq!(
            (head.host_name.as_deref(), head.host_os_type.as_deref()),
            (Some("WS-1"), Some("windows"))
        );
        assert!(head.is_windows_log && head.is_simulated);
        let bare = br#"{"@timestamp":"2026-01-02T03:04:05Z","event":{"id":"x"},"host":{"id":"h","name":[1],"os":"?"},"watchfloor":7}"#;
        let head = EventHead::from_json(bare).unwrap();
        assert!(head.host_name.is_none() && !head.is_windows_log && !head.is_simulated);
    }

    #[test]
    fn what_is_no_event_is_named() {
        for (bytes, wanted) in [
            (&b"[1]"[..], NotAnEvent::Json),
            (
                br#"{"event":{"id":"x"},"host":{"id":"h"}}"#,
                NotAnEvent::Field("@timestamp"),
            ),
            (
                br#"{"@timestamp":"2026-01-02T03:04:05Z","host":{"id":"h"}}"#,
                NotAnEvent::Field("event.id"),
            ),
            (
                br#"{"@timestamp":"2026-01-02T03:04:05Z","event":{"id":"x"}}"#,
                NotAnEvent::Field("host.id"),
            ),
        ] {
            assert_eq!(EventHead::from_json(bytes), Err(wanted.clone()));
            assert_eq!(Event::from_json(bytes), Err(wanted));
        }
    }
}
