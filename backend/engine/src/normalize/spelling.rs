//! Which spelling a record is in, recognised by its shape and never by a sender's claim.

use super::{
    flattened,
    node::{Fields, Node},
    origin::Origin,
    record::Record,
    rendered, winlogbeat,
};
use crate::json::{Map, Value};
use crate::verdict::DeadReason;

/// The top-level keys that decide. [`super::endpoint`] looks at the same ones without a full parse.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub event_object: bool,
    pub winlog_object: bool,
    pub winlog_dotted: bool,
    pub event_id_lower: bool,
    pub event_id: bool,
    /// A flattened record without its event id is still recognisably one.
    pub header: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `{"Event": {"System": …, "EventData": …}}`, as EVTX files are rendered.
    Rendered,
    /// Nested ECS with `winlog`, Winlogbeat 7 and later.
    Winlogbeat,
    /// The same with dotted keys on one level.
    WinlogbeatDotted,
    /// Winlogbeat 6: `event_id`, `computer_name`, `event_data`.
    Winlogbeat6,
    /// Header and event data side by side: NXLog, the OTRF recordings, bare Sysmon fields.
    Flattened,
}

impl Shape {
    pub fn of(top: &Map) -> Self {
        Self {
            event_object: matches!(top.get("Event"), Some(Value::Object(_))),
            winlog_object: matches!(top.get("winlog"), Some(Value::Object(_))),
            winlog_dotted: top.contains_key("winlog.computer_name"),
            event_id_lower: top.contains_key("event_id"),
            event_id: ["EventID", "EventId", "EventCode"]
                .iter()
                .any(|key| top.contains_key(key)),
            header: top.contains_key("Channel") || top.contains_key("SourceName"),
        }
    }

    pub fn of_fields(fields: &Fields<'_>) -> Self {
        let mut shape = Self::default();
        for (key, node) in &fields.0 {
            shape.note(key, matches!(node, Node::Object(_)));
        }
        shape
    }

    /// One more top-level key; of two equal ones the last counts.
    pub fn note(&mut self, key: &str, is_object: bool) {
        match key {
            "Event" => self.event_object = is_object,
            "winlog" => self.winlog_object = is_object,
            "winlog.computer_name" => self.winlog_dotted = true,
            "event_id" => self.event_id_lower = true,
            "EventID" | "EventId" | "EventCode" => self.event_id = true,
            "Channel" | "SourceName" => self.header = true,
            _ => {}
        }
    }

    pub fn is_windows(self) -> bool {
        self.header || self.spelling().is_some()
    }

    pub fn spelling(self) -> Option<Spelling> {
        match self {
            Shape { event_object: true, .. } => Some(Spelling::Rendered),
            Shape {
                winlog_object: true, ..
            } => Some(Spelling::Winlogbeat),
            Shape {
                winlog_dotted: true, ..
            } => Some(Spelling::WinlogbeatDotted),
            Shape {
                event_id_lower: true, ..
            } => Some(Spelling::Winlogbeat6),
            Shape { event_id: true, .. } => Some(Spelling::Flattened),
            _ => None,
        }
    }
}

pub(super) fn read(top: Map, origin: &Origin<'_>) -> Result<Record, DeadReason> {
    let shape = Shape::of(&top);
    match shape.spelling() {
        Some(Spelling::Rendered) => rendered::read(top, origin),
        Some(Spelling::Winlogbeat) => winlogbeat::read(top, origin),
        Some(Spelling::WinlogbeatDotted) => winlogbeat::read(winlogbeat::nested(top), origin),
        Some(Spelling::Winlogbeat6) => winlogbeat::read_6(top, origin),
        Some(Spelling::Flattened) => flattened::read(top, origin),
        // Say what it lacks.
        None if shape.header => Err(DeadReason::EventCodeMissing),
        None => Err(DeadReason::SpellingUnknown),
    }
}
