//! The registry: what a raw record is. One look at its first bytes, then at the names of its fields; a hint decides where
//! neither does.
//!
//! Invariant: a record is parsed once, and what it is depends on nothing but its bytes and its [`Origin`](super::Origin).

use super::{
    RawContext, auditd, cef,
    document::Document,
    ebpf, generic, identity,
    kind::Kind,
    mata_elang,
    node::{Fields, Node},
    snort,
    spelling::Shape,
    suricata, syslog, xml, zeek,
};
use crate::json::Map;
use crate::{Event, verdict::DeadReason};
use watchfloor_shared::EventId;

/// The hints that are known: exactly so, or followed by a dot and more (`zeek.conn`).
pub const NAMES: [&str; 13] = [
    "windows",
    "sysmon",
    "zeek",
    "suricata",
    "snort3",
    "mata_elang",
    "auditd",
    "syslog",
    "cef",
    "leef",
    "ebpf",
    "ecs",
    "json",
];

/// A source whose records are JSON objects.
pub(super) struct JsonSource {
    /// Its hint.
    pub name: &'static str,
    /// The endpoint of records that name none, where nothing else is known of the sender.
    pub unnamed: Option<&'static str>,
    /// The machine that the record names.
    pub host: for<'f> fn(&'f Fields<'_>) -> Option<&'f str>,
    /// Of a record, and what the door knows it to be.
    pub kind: fn(&Fields<'_>, Option<&str>) -> Kind,
    pub read: fn(Fields<'_>, Input<'_>) -> Result<Event, DeadReason>,
}

/// Wrapped records are looked into this often: syslog in a Beat's message, JSON in syslog.
pub(super) const WRAPPERS_MAX: u8 = 3;

/// One record on its way to a reader.
pub(super) struct Input<'a> {
    /// As sent, whatever was unwrapped since: the id is made of it.
    pub raw: &'a [u8],
    pub context: &'a RawContext<'a>,
    /// What an envelope around the record said in ECS.
    pub sender: Map,
    /// Envelopes taken off so far.
    pub depth: u8,
}

impl Input<'_> {
    /// For records whose source gives them no identity.
    pub fn id(&self) -> EventId {
        identity::of_bytes(self.raw, self.context.position)
    }

    pub fn document(&self) -> Document {
        let mut document = Document::default();
        document.sender.clone_from(&self.sender);
        document
    }
}

/// What the text of a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Xml,
    Auditd,
    Cef,
    Syslog,
}

impl Form {
    /// `None` for text that is nothing known; with a hint it is a message.
    pub fn of(text: &str, hint: Option<&str>) -> Option<Self> {
        let start = text.trim_start();
        let bytes = start.as_bytes();
        match bytes.first()? {
            b'{' | b'[' | b'"' => Some(Self::Json),
            b'<' if bytes.get(1).is_some_and(u8::is_ascii_digit) => Some(Self::Syslog),
            b'<' => Some(Self::Xml),
            _ if auditd::is_record(start) => Some(Self::Auditd),
            b'C' | b'L' if cef::is_record(start) => Some(Self::Cef),
            _ if hinted(hint, "auditd") => Some(Self::Auditd),
            _ if hinted(hint, "syslog") || syslog::is_dated(start) => Some(Self::Syslog),
            _ => None,
        }
    }
}

pub(super) fn hinted(hint: Option<&str>, name: &str) -> bool {
    let rest = hint.and_then(|hint| hint.strip_prefix(name));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Any record that is no JSON object.
pub(super) fn read_text(form: Form, text: &str, input: Input<'_>) -> Result<Event, DeadReason> {
    match form {
        Form::Json => read_json(super::fields(text)?, input),
        Form::Xml => xml::read(text, input),
        Form::Auditd => auditd::read(text, input),
        Form::Cef => cef::read(text, input),
        Form::Syslog => syslog::read(text, input),
    }
}

fn read_json(fields: Fields<'_>, input: Input<'_>) -> Result<Event, DeadReason> {
    match json_source(
        &fields,
        input.context.origin.source,
        input.context.origin.sensor.is_some(),
    ) {
        Some(source) => read_as(source, fields, input),
        None => super::windows(fields.into_map(), &input),
    }
}

pub(super) fn read_as(source: &JsonSource, fields: Fields<'_>, input: Input<'_>) -> Result<Event, DeadReason> {
    if source.name == generic::SOURCE.name
        && input.depth < WRAPPERS_MAX
        && let Some(form) = wrapped(&fields, input.context.origin.source)
    {
        return unwrap(form, fields, input);
    }
    (source.read)(fields, input)
}

/// Fields that tell a source, each with its bit.
const TELLING: [(&str, u32); 23] = [
    ("event_type", EVENT_TYPE),
    ("timestamp", TIMESTAMP),
    ("flow_id", FLOW_ID),
    ("src_ip", FLOW_ID),
    ("stats", FLOW_ID),
    ("ts", TS),
    ("_path", ZEEK | STREAM),
    ("@stream", ZEEK | STREAM),
    ("uid", ZEEK),
    ("fuid", ZEEK),
    ("id.orig_h", ZEEK),
    ("id_orig_h", ZEEK),
    ("note", ZEEK),
    ("conn_uids", ZEEK),
    ("certificate.serial", ZEEK),
    ("rule", RULE),
    ("pkt_gen", PACKET),
    ("src_ap", PACKET),
    ("snort_rule", MATA_ELANG),
    ("snort_message", MATA_ELANG),
    ("snortRule", MATA_ELANG),
    ("snortMessage", MATA_ELANG),
    ("watchfloor_sensor", EBPF),
];
const EVENT_TYPE: u32 = 1;
const TIMESTAMP: u32 = 2;
const FLOW_ID: u32 = 4;
const TS: u32 = 8;
const ZEEK: u32 = 16;
const RULE: u32 = 32;
const PACKET: u32 = 64;
const MATA_ELANG: u32 = 128;
const EBPF: u32 = 256;
/// Streaming writers name the log.
const STREAM: u32 = 512;

/// Sources by the bits that a record must have.
const BY_FIELDS: [(u32, &JsonSource); 7] = [
    (EBPF, &ebpf::SOURCE),
    (EVENT_TYPE | TIMESTAMP | FLOW_ID, &suricata::SOURCE),
    (TS | ZEEK, &zeek::SOURCE),
    (STREAM, &zeek::SOURCE),
    (RULE | PACKET, &snort::SOURCE),
    (MATA_ELANG, &mata_elang::SOURCE),
    (0, &generic::SOURCE),
];

/// Sources that a hint alone decides on.
const BY_HINT: [&JsonSource; 5] = [
    &suricata::SOURCE,
    &zeek::SOURCE,
    &snort::SOURCE,
    &mata_elang::SOURCE,
    &ebpf::SOURCE,
];

pub(super) fn json_source_hinted(hint: Option<&str>) -> Option<&'static JsonSource> {
    BY_HINT.into_iter().find(|source| hinted(hint, source.name))
}

/// The source of a JSON object; `None` for Windows, whose spellings have their own table, and for what is nothing.
pub(super) fn json_source(fields: &Fields<'_>, hint: Option<&str>, has_sensor: bool) -> Option<&'static JsonSource> {
    if let Some(source) = json_source_hinted(hint)
        && !is_envelope(fields)
    {
        return Some(source);
    }
    if Shape::of_fields(fields).is_windows() {
        return None;
    }
    let mut bits = 0;
    for (key, _) in &fields.0 {
        if let Some((_, bit)) = TELLING.iter().find(|(name, _)| *name == key) {
            bits |= bit;
        }
    }
    let (wanted, source) = BY_FIELDS.iter().find(|(wanted, _)| bits & wanted == *wanted)?;
    let is_known = *wanted != 0 || ["ecs", "json"].iter().any(|name| hinted(hint, name));
    (is_known || has_sensor && !fields.0.is_empty() || generic::is_usable(fields)).then_some(*source)
}

/// A shipper's document around a line: the hint speaks of the line.
fn is_envelope(fields: &Fields<'_>) -> bool {
    let has = |key: &str| fields.get(key).is_some();
    has("@timestamp") && message(fields).is_some() && !has("ts") && !has("event_type")
}

/// Whether `message` (or a log driver's name for it) is a record of its own.
pub(super) fn wrapped(fields: &Fields<'_>, hint: Option<&str>) -> Option<Form> {
    record_in(message(fields)?, hint)
}

/// Whether a text that another record carries as its message is read as a record of its own.
pub fn is_record(text: &str) -> bool {
    record_in(text, None).is_some()
}

/// Whether a line is syslog by its beginning.
pub fn is_syslog(text: &str) -> bool {
    Form::of(text, None) == Some(Form::Syslog)
}

fn record_in(text: &str, hint: Option<&str>) -> Option<Form> {
    match Form::of(text, None)? {
        // A message that merely looks like JSON stays one.
        Form::Json => {
            let inner: Fields<'_> = serde_json::from_str(text).ok()?;
            let source = json_source(&inner, None, false);
            let is_windows = source.is_none() && Shape::of_fields(&inner).spelling().is_some();
            (is_windows || source.is_some_and(|source| source.name != generic::SOURCE.name)).then_some(Form::Json)
        }
        Form::Xml => xml::is_event(text).then_some(Form::Xml),
        // Syslog in a document has been taken apart by who made it, unless the door knows better.
        Form::Syslog => hinted(hint, "syslog").then_some(Form::Syslog),
        form => Some(form),
    }
}

fn message<'f>(fields: &'f Fields<'_>) -> Option<&'f str> {
    ["message", "log", "body", "MESSAGE"]
        .iter()
        .find_map(|key| fields.text(key))
}

/// What a shipper says about its own record and the machine goes along.
fn unwrap(form: Form, mut fields: Fields<'_>, input: Input<'_>) -> Result<Event, DeadReason> {
    let sensor = (generic::SOURCE.host)(&fields).map(str::to_owned);
    let name = ["message", "log", "body", "MESSAGE"]
        .into_iter()
        .find(|key| fields.text(key).is_some());
    let Some(Node::Text(text)) = name.and_then(|name| fields.take(name)) else {
        return Err(DeadReason::SpellingUnknown);
    };
    let mut document = input.document();
    document.take_sender(&mut fields);
    let mut context = *input.context;
    context.origin.sensor = sensor.as_deref().or(context.origin.sensor);
    let inner = Input {
        raw: input.raw,
        context: &context,
        sender: document.sender,
        depth: input.depth + 1,
    };
    read_text(form, &text, inner)
}
