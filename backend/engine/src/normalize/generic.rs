//! JSON that is no source of its own: ECS documents of Beats, Logstash, Fluent Bit, Vector and OpenTelemetry, kept as they
//! are, and any other object that says when or where.
//!
//! Invariant: everything of the record is in the document, ECS fields in their places, what would be in the way of one under
//! `watchfloor.source`.

use super::{
    account,
    document::{Document, FiveTuple, Head, parse_ip},
    draft::{self, Related},
    identity, kind,
    node::{Fields, Node},
    source::{Input, JsonSource},
    syslog, time,
};
use crate::json::{Map, Value};
use crate::{Event, event::get, verdict::DeadReason};
use std::borrow::Cow;
use watchfloor_shared::Timestamp;

pub(super) const SOURCE: JsonSource = JsonSource {
    name: "ecs",
    unnamed: None,
    host,
    kind: |fields, _| kind::of_document(fields),
    read,
};

/// Names of the time, best first.
const TIME_KEYS: [&str; 14] = [
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "timeUnixNano",
    "observedTimeUnixNano",
    "event.created",
    "eventTime",
    "event_time",
    "datetime",
    "date",
    "_SOURCE_REALTIME_TIMESTAMP",
    "__REALTIME_TIMESTAMP",
    "TimeGenerated",
];

const HOST_TEXT_KEYS: [&str; 10] = [
    "host.name",
    "host.hostname",
    "host",
    "hostname",
    "Hostname",
    "_HOSTNAME",
    "computer",
    "Computer",
    "logsource",
    "agent.hostname",
];

/// Where documents of log daemons name the program.
const PROGRAM_KEYS: [&str; 6] = [
    "process.name",
    "log.syslog.appname",
    "programname",
    "syslogtag",
    "tag",
    "SYSLOG_IDENTIFIER",
];

/// ECS sections: a plain value under such a name would be in the way of its fields.
const SECTIONS: [&str; 22] = [
    "event",
    "host",
    "process",
    "user",
    "file",
    "registry",
    "dns",
    "source",
    "destination",
    "network",
    "dll",
    "rule",
    "related",
    "log",
    "agent",
    "observer",
    "url",
    "http",
    "tls",
    "client",
    "server",
    "watchfloor",
];

/// Whether the record says when it was or whose it is; else nothing can be made of it.
pub(super) fn is_usable(fields: &Fields<'_>) -> bool {
    time_of(fields).is_some() || host(fields).is_some()
}

/// The name in a shipper's objects: the host's, else the agent's.
pub(super) fn host_object<'f>(fields: &'f Fields<'_>) -> Option<&'f str> {
    let names = [
        ("host", "name"),
        ("host", "hostname"),
        ("observer", "name"),
        ("observer", "hostname"),
        ("agent", "hostname"),
        ("agent", "name"),
        ("beat", "hostname"),
    ];
    names.iter().find_map(|(section, name)| {
        let text = fields.get(section)?.object()?.text(name)?;
        (!text.trim().is_empty()).then_some(text)
    })
}

fn host<'f>(fields: &'f Fields<'_>) -> Option<&'f str> {
    let plain = || {
        HOST_TEXT_KEYS
            .iter()
            .find_map(|key| fields.text(key).filter(|text| !text.trim().is_empty()))
    };
    let resource = || {
        let attributes = fields.get("resource")?.object()?;
        attributes
            .text("host.name")
            .or_else(|| attributes.get("attributes")?.object()?.text("host.name"))
    };
    host_object(fields).or_else(plain).or_else(resource)
}

fn time_of(fields: &Fields<'_>) -> Option<Timestamp> {
    TIME_KEYS.iter().find_map(|key| time::of_node(fields.get(key)?).ok())
}

fn read(fields: Fields<'_>, input: Input<'_>) -> Result<Event, DeadReason> {
    let (endpoint, name) = input.context.origin.endpoint(host(&fields), SOURCE.unnamed)?;
    let mut document = input.document();
    let timestamp = time_of(&fields).unwrap_or_else(|| {
        document.marks.push("time");
        input.context.received
    });
    let mut doc = std::mem::take(&mut document.sender);
    let mut source = Map::new();
    for (key, node) in fields.0 {
        place(&mut doc, &mut source, key, node);
    }
    doc.remove("@timestamp");
    let own_id = own_id(&mut doc, &mut source);
    let text = |path: &str| get(&doc, path).and_then(Value::as_str);
    let id = match &own_id {
        Some(own) => identity::of_parts(
            &["ecs", endpoint.as_str(), text("event.dataset").unwrap_or_default(), own],
            timestamp,
        ),
        None => input.id(),
    };
    if let Some(Value::Object(host)) = doc.get_mut("host")
        && let Some(id) = host.remove("id")
    {
        source.insert("host.id", id);
    }
    let dataset = text_of(&doc, "event.dataset").unwrap_or("generic").to_owned();
    let module = text_of(&doc, "event.module").map(str::to_owned);
    let kind = text_of(&doc, "event.kind").unwrap_or("event").to_owned();
    understand(&mut document, &doc);
    document.set("event", "kind", kind);
    relate(&mut document, &mut doc);
    if !source.is_empty() {
        document.set("watchfloor", "source", source);
    }
    let simulated = get(&doc, "watchfloor.simulated").and_then(Value::as_bool) == Some(true);
    document.sender = doc;
    let head = Head {
        id,
        timestamp,
        endpoint,
        host: name,
        module: "generic",
        dataset: Cow::Owned(dataset),
    };
    let context = super::RawContext {
        simulated: input.context.simulated || simulated,
        ..*input.context
    };
    let mut event = document.finish(head, &context);
    if let Some(module) = module {
        draft::set(&mut event.doc, "event.module", module);
    }
    Ok(event)
}

fn text_of<'d>(doc: &'d Map, path: &str) -> Option<&'d str> {
    get(doc, path).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn place(doc: &mut Map, source: &mut Map, key: Cow<'_, str>, node: Node<'_>) {
    let is_section = SECTIONS.contains(&key.as_ref());
    if key == "@metadata"
        || is_section && !matches!(node, Node::Object(_))
        || key.starts_with('.')
        || key.ends_with('.')
    {
        source.insert(key.into_owned(), node.into_value());
    } else if key.contains('.') && !key.contains("..") {
        draft::set(doc, key.into_owned(), node.into_value());
    } else if let Some(Value::Object(known)) = doc.get_mut(key.as_ref())
        && let Node::Object(fields) = node
    {
        known.extend(fields.into_map());
    } else if !doc.contains_key(key.as_ref()) || !is_section {
        doc.insert(key.into_owned(), node.into_value());
    }
}

/// The sender's `event.id`; the document gets one of ours.
fn own_id(doc: &mut Map, source: &mut Map) -> Option<String> {
    let event = doc.get_mut("event")?.as_object_mut()?;
    let id = event.remove("id")?;
    let text = super::record::scalar(&id).filter(|text| !text.is_empty());
    source.insert("event.id", id);
    text
}

/// What a program of Linux says about log-ins, where nobody has taken its message apart: rsyslog's and journald's documents
/// name the program and no more.
fn understand(document: &mut Document, doc: &Map) {
    if ["event.action", "event.outcome", "user.name", "source.ip"]
        .iter()
        .any(|path| get(doc, path).is_some())
    {
        return;
    }
    let program = PROGRAM_KEYS.iter().find_map(|path| text_of(doc, path));
    // A tag is `sshd[812]:`.
    let program = program.and_then(|text| text.split(['[', ':']).next());
    let message = ["message", "MESSAGE"].iter().find_map(|path| text_of(doc, path));
    if let (Some(program), Some(message)) = (program, message) {
        syslog::understand(document, program, message);
    }
}

/// Pivots and the five-tuple from the fields that the sender filled in.
fn relate(document: &mut Document, doc: &mut Map) {
    if let Some(Value::Object(related)) = doc.remove("related") {
        let texts = |name: &str| -> Vec<String> {
            let list = related.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
            list.into_iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect()
        };
        document.related = Related {
            user: texts("user"),
            hosts: texts("hosts"),
            ip: texts("ip"),
            hash: texts("hash"),
        };
    }
    for path in ["source.ip", "destination.ip", "client.ip", "server.ip"] {
        if let Some(ip) = text_of(doc, path).and_then(parse_ip) {
            Related::add(&mut document.related.ip, &ip.to_string());
        }
    }
    document.endpoints = FiveTuple::of(doc);
    for path in ["network.type", "network.community_id"] {
        let (section, name) = ("network", path.trim_start_matches("network."));
        if let Some(text) = text_of(doc, path).map(str::to_owned) {
            document.set(section, name, text);
        }
    }
    for path in [
        "user.name",
        "user.target.name",
        "user.effective.name",
        "source.user.name",
        "destination.user.name",
    ] {
        if let Some(name) = text_of(doc, path) {
            Related::add(&mut document.related.user, account::split(name).1);
        }
    }
    for path in ["source.domain", "destination.domain", "dns.question.name", "url.domain"] {
        if let Some(name) = text_of(doc, path) {
            Related::add(&mut document.related.hosts, &name.to_lowercase());
        }
    }
    for path in ["file.hash", "process.hash"] {
        for digits in get(doc, path)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(_, v)| v.as_str())
        {
            Related::add(&mut document.related.hash, &digits.to_ascii_lowercase());
        }
    }
}
