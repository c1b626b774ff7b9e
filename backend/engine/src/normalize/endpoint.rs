//! A look at a raw record without normalizing it: the front door makes the record's key from its endpoint and chooses the
//! topic by its kind.
//!
//! Invariant: for a record that [`super::normalize`] emits, the endpoint is what stands in `host.id`. So it reads JSON by the same
//! rules (the last of two equal keys counts) and takes the name from the same places; it skips all else without building it.

use super::{
    Origin, RawContext, generic,
    kind::Kind,
    source::{self, Form},
    spelling::{Shape, Spelling},
};
use crate::{Verdict, verdict::DeadReason};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use std::{borrow::Cow, fmt};
use watchfloor_shared::{EndpointId, Timestamp};

/// The longest name DNS allows.
const NAME_BYTES_MAX: usize = 253;

/// Keys for the computer in flattened records, best first.
pub(super) const FLATTENED_KEYS: [&str; 4] = ["Hostname", "Computer", "ComputerName", "computer_name"];

/// What a look at a raw record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognized {
    /// The machine that it names, else the sensor that it came from. `None` for what will be a dead letter.
    pub endpoint: Option<EndpointId>,
    pub kind: Kind,
}

/// The endpoint of a raw record, as [`recognize`] says it.
pub fn endpoint_of(raw: &[u8], origin: &Origin<'_>) -> Option<EndpointId> {
    recognize(raw, origin).endpoint
}

/// Whose a raw record is, and what.
pub fn recognize(raw: &[u8], origin: &Origin<'_>) -> Recognized {
    look(raw, origin).unwrap_or(Recognized {
        endpoint: None,
        kind: Kind::Other,
    })
}

fn look(raw: &[u8], origin: &Origin<'_>) -> Option<Recognized> {
    let text = super::text(raw).ok()?;
    let is_json = matches!(Form::of(text, origin.source), None | Some(Form::Json));
    let hinted = source::json_source_hinted(origin.source);
    if is_json && hinted.is_none() {
        let head: Head<'_> = serde_json::from_str(text).ok()?;
        if head.shape.is_windows() {
            return Some(Recognized {
                endpoint: [head.computer(), origin.sensor]
                    .into_iter()
                    .flatten()
                    .find_map(|name| endpoint_id(name).ok()),
                kind: Kind::Windows,
            });
        }
    }
    if is_json {
        let fields = super::fields(text).ok()?;
        let source = source::json_source(&fields, origin.source, origin.sensor.is_some());
        let is_wrapped = || source::wrapped(&fields, origin.source).is_some();
        if let Some(source) = source.filter(|source| source.name != generic::SOURCE.name || !is_wrapped()) {
            let endpoint = origin.endpoint((source.host)(&fields), source.unnamed);
            return Some(Recognized {
                endpoint: endpoint.ok().map(|(endpoint, _)| endpoint),
                kind: (source.kind)(&fields, origin.source),
            });
        }
    }
    let context = RawContext {
        received: Timestamp::EPOCH,
        position: 0,
        simulated: false,
        origin: *origin,
    };
    match super::normalize(raw, &context) {
        Verdict::Emit(event) => Some(Recognized {
            kind: Kind::of_event(&event),
            endpoint: Some(event.endpoint),
        }),
        Verdict::Drop(_) | Verdict::Dead(_) => None,
    }
}

/// The computer's name in lower case, if it can be one.
pub(super) fn endpoint_id(name: &str) -> Result<EndpointId, DeadReason> {
    let name = name.trim();
    if name.is_empty() || name == "-" || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
        return Err(DeadReason::EndpointMissing);
    }
    Ok(EndpointId::new(name.to_lowercase()))
}

/// What of the top level decides.
#[derive(Default)]
struct Head<'a> {
    shape: Shape,
    rendered: Option<Cow<'a, str>>,
    winlog: Option<Cow<'a, str>>,
    dotted: Option<Cow<'a, str>>,
    flattened: [Option<Cow<'a, str>>; 4],
}

impl Head<'_> {
    fn computer(&self) -> Option<&str> {
        match self.shape.spelling()? {
            Spelling::Rendered => self.rendered.as_deref(),
            Spelling::Winlogbeat => self.winlog.as_deref(),
            Spelling::WinlogbeatDotted => self.dotted.as_deref(),
            Spelling::Winlogbeat6 => self.flattened[3].as_deref(),
            Spelling::Flattened => self.flattened.iter().find_map(Option::as_deref),
        }
    }
}

impl<'de> Deserialize<'de> for Head<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadVisitor)
    }
}

struct HeadVisitor;

impl<'de> Visitor<'de> for HeadVisitor {
    type Value = Head<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head<'de>, A::Error> {
        let mut head = Head::default();
        while let Some(Text(key)) = map.next_key::<Text>()? {
            match key.as_deref().unwrap_or_default() {
                "Event" => {
                    let event: Nested<Nested<Text>> = map.next_value_seed(In("System", In("Computer", Leaf)))?;
                    head.shape.event_object = event.object;
                    head.rendered = event.found.and_then(|system| system.found).and_then(|text| text.0);
                }
                "winlog" => {
                    let winlog: Nested<Text> = map.next_value_seed(In("computer_name", Leaf))?;
                    head.shape.winlog_object = winlog.object;
                    head.winlog = winlog.found.and_then(|text| text.0);
                }
                "winlog.computer_name" => {
                    head.shape.winlog_dotted = true;
                    head.dotted = map.next_value::<Text>()?.0;
                }
                "event_id" => {
                    head.shape.event_id_lower = true;
                    map.next_value::<IgnoredAny>()?;
                }
                "EventID" | "EventId" | "EventCode" => {
                    head.shape.event_id = true;
                    map.next_value::<IgnoredAny>()?;
                }
                "Channel" | "SourceName" => {
                    head.shape.header = true;
                    map.next_value::<IgnoredAny>()?;
                }
                key => match FLATTENED_KEYS.iter().position(|known| *known == key) {
                    Some(slot) => head.flattened[slot] = map.next_value::<Text>()?.0,
                    None => {
                        map.next_value::<IgnoredAny>()?;
                    }
                },
            }
        }
        Ok(head)
    }
}

mod nested;
use nested::{In, Leaf, Nested, Text};
