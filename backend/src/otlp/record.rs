//! One OTLP log record as one raw record: the body itself where it is a record of a known source, an ECS document otherwise.
//!
//! Invariant: nothing that the sender said is left out but copies of what stands in the body, and the time of observation of a
//! record that has a time of its own.

use crate::ingest::BatchOrigin;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use watchfloor_engine::normalize::source;
use watchfloor_protocol::otlp::{
    AnyValue, ExportLogsServiceRequest, InstrumentationScope, KeyValue, LogRecord, any_value,
};
use watchfloor_shared::Timestamp;

/// The endpoint of records whose sender says neither host nor service, and has no name of its own.
pub(super) const UNNAMED: &str = "otlp";

/// OpenTelemetry's names where ECS has another.
const NAMES: [(&str, &str); 34] = [
    ("host.arch", "host.architecture"),
    ("os.type", "host.os.type"),
    ("os.name", "host.os.name"),
    ("os.version", "host.os.version"),
    ("os.description", "host.os.full"),
    ("service.instance.id", "service.node.name"),
    ("deployment.environment", "service.environment"),
    ("deployment.environment.name", "service.environment"),
    ("process.executable.name", "process.name"),
    ("process.executable.path", "process.executable"),
    ("process.command_args", "process.args"),
    ("process.owner", "user.name"),
    ("process.parent_pid", "process.parent.pid"),
    ("thread.id", "process.thread.id"),
    ("thread.name", "process.thread.name"),
    ("k8s.cluster.name", "orchestrator.cluster.name"),
    ("k8s.namespace.name", "kubernetes.namespace"),
    ("k8s.node.name", "kubernetes.node.name"),
    ("k8s.pod.name", "kubernetes.pod.name"),
    ("k8s.pod.uid", "kubernetes.pod.uid"),
    ("k8s.container.name", "kubernetes.container.name"),
    ("k8s.deployment.name", "kubernetes.deployment.name"),
    ("log.record.original", "event.original"),
    ("exception.type", "error.type"),
    ("exception.message", "error.message"),
    ("exception.stacktrace", "error.stack_trace"),
    ("code.file.path", "log.origin.file.name"),
    ("code.line.number", "log.origin.file.line"),
    ("code.function.name", "log.origin.function"),
    ("enduser.id", "user.id"),
    ("network.protocol.name", "network.protocol"),
    ("http.status_code", "http.response.status_code"),
    ("http.url", "url.full"),
    ("http.user_agent", "user_agent.original"),
];

/// ECS's own sections, whose fields keep their names.
const SECTIONS: [&str; 24] = [
    "client",
    "cloud",
    "container",
    "destination",
    "dns",
    "error",
    "event",
    "file",
    "host",
    "http",
    "log",
    "network",
    "process",
    "server",
    "service",
    "source",
    "tls",
    "url",
    "user",
    "user_agent",
    "kubernetes",
    "orchestrator",
    "device",
    "faas",
];

/// What an envelope around a known record may say; see the engine's reading of envelopes.
const ENVELOPE: [&str; 5] = ["host", "log", "cloud", "container", "kubernetes"];

/// A log record on its way to the raw topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawLog {
    pub bytes: Bytes,
    pub origin: BatchOrigin,
}

/// What all records of a resource share.
struct Resource {
    /// Attributes with a place in ECS.
    ecs: Map<String, Value>,
    others: Map<String, Value>,
    name: String,
}

/// The raw records of a request, in its order.
pub fn records(request: ExportLogsServiceRequest, unnamed: &str) -> impl Iterator<Item = RawLog> {
    request.resource_logs.into_iter().flat_map(move |logs| {
        let resource = Resource::of(
            logs.resource.map(|resource| resource.attributes).unwrap_or_default(),
            unnamed,
        );
        let scopes = logs.scope_logs.into_iter();
        scopes.flat_map(move |scope| {
            let named = scope.scope.unwrap_or_default();
            let records = scope.log_records.into_iter();
            let raw: Vec<_> = records.map(|record| raw_log(&resource, &named, record)).collect();
            raw
        })
    })
}

impl Resource {
    fn of(attributes: Vec<KeyValue>, unnamed: &str) -> Self {
        let (mut ecs, mut others) = (Map::new(), Map::new());
        for KeyValue { key, value } in attributes {
            let value = plain(value);
            if let Some(value) = value.and_then(|value| place(&mut ecs, &key, value)) {
                others.insert(key, value);
            }
        }
        let text = |section: &str| {
            let text = ecs.get(section)?.get("name")?.as_str()?;
            (!text.trim().is_empty()).then(|| text.to_owned())
        };
        let name = text("host").or_else(|| text("service"));
        Self {
            name: name.unwrap_or_else(|| unnamed.to_owned()),
            ecs,
            others,
        }
    }
}

fn raw_log(resource: &Resource, scope: &InstrumentationScope, mut record: LogRecord) -> RawLog {
    let body = record.body.take().and_then(|body| plain(Some(body)));
    let text = match &body {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Object(_)) => body.as_ref().map(Value::to_string),
        _ => None,
    };
    // The machine may stand with the record alone, as a collector that reads many machines' logs has it.
    let own_host = record.attributes.iter().find(|pair| pair.key == "host.name");
    let own_host = own_host.and_then(|pair| match plain(pair.value.clone())? {
        Value::String(name) if !name.trim().is_empty() => Some(name),
        _ => None,
    });
    let sensor = own_host.unwrap_or_else(|| resource.name.clone());
    let raw = |bytes: Bytes, source: Option<&'static [u8]>| RawLog {
        bytes,
        origin: BatchOrigin {
            source: source.map(Bytes::from_static),
            sensor: Some(Bytes::from(sensor)),
        },
    };
    match text {
        Some(text) if source::is_syslog(&text) => {
            let is_bare = record.attributes.is_empty() && resource.ecs.is_empty() && resource.others.is_empty();
            let bytes = match is_bare {
                true => Bytes::from(text),
                false => enveloped(resource, record, None, text),
            };
            raw(bytes, Some(b"syslog"))
        }
        Some(text) if source::is_record(&text) => raw(enveloped(resource, record, body.as_ref(), text), None),
        _ => raw(document(resource, scope, record, body.map(parsed)), None),
    }
}

/// An object where the text is one: what reads files hands on their lines.
fn parsed(body: Value) -> Value {
    match &body {
        Value::String(text) if text.trim_start().starts_with('{') => serde_json::from_str(text).unwrap_or(body),
        _ => body,
    }
}

/// A known record, with what its sender says of it around it; `body` says which attributes are copies of its own fields.
fn enveloped(resource: &Resource, record: LogRecord, body: Option<&Value>, text: String) -> Bytes {
    let parsed: Option<Value> = match body {
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        _ => None,
    };
    let fields = parsed.as_ref().or(body).and_then(Value::as_object);
    let mut document = Map::new();
    set_time(&mut document, record.time_unix_nano);
    let mut labels = Map::new();
    let mut take = |key: &str, value: Value| {
        let mut ecs = Map::new();
        match place(&mut ecs, key, value.clone()) {
            None if ecs.keys().all(|section| ENVELOPE.contains(&section.as_str())) => merge(&mut document, ecs),
            _ => _ = labels.insert(key.replace('.', "_"), value),
        }
    };
    for (key, value) in leaves(&resource.ecs) {
        take(&key, value);
    }
    for (key, value) in &resource.others {
        take(key, value.clone());
    }
    let copied = |key: &str| fields.is_some_and(|fields| fields.contains_key(key));
    for KeyValue { key, value } in record.attributes {
        if let Some(value) = plain(value).filter(|_| !copied(&key)) {
            take(&key, value);
        }
    }
    if !labels.is_empty() {
        document.insert("labels".to_owned(), Value::Object(labels));
    }
    document.insert("message".to_owned(), Value::String(text));
    Bytes::from(Value::Object(document).to_string())
}

/// Anything else, in ECS's words.
fn document(resource: &Resource, scope: &InstrumentationScope, record: LogRecord, body: Option<Value>) -> Bytes {
    let mut document = Map::new();
    let time = match record.time_unix_nano {
        0 => record.observed_time_unix_nano,
        time => time,
    };
    set_time(&mut document, time);
    merge(&mut document, resource.ecs.clone());
    let level = match record.severity_text.as_str() {
        "" => level(record.severity_number).map(str::to_owned),
        text => Some(text.to_owned()),
    };
    let known = [
        ("log.level", level.map(Value::String)),
        (
            "event.severity",
            (record.severity_number > 0).then(|| json!(record.severity_number)),
        ),
        ("event.action", named(record.event_name)),
        ("trace.id", id(&record.trace_id, 16)),
        ("span.id", id(&record.span_id, 8)),
        ("otel.scope.name", named(scope.name.clone())),
        ("otel.scope.version", named(scope.version.clone())),
    ];
    for (path, value) in known {
        if let Some(value) = value {
            set(&mut document, path, value);
        }
    }
    let mut own = Map::new();
    match body {
        Some(Value::Object(fields)) => own.extend(fields),
        Some(Value::String(text)) => _ = document.insert("message".to_owned(), Value::String(text)),
        Some(other) => _ = document.insert("message".to_owned(), Value::String(other.to_string())),
        None => {}
    }
    for KeyValue { key, value } in record.attributes {
        if let Some(value) = plain(value).and_then(|value| place(&mut document, &key, value)) {
            own.entry(key).or_insert(value);
        }
    }
    // The record's own fields, by their own names; what would be in the way of ECS's keeps out of it.
    let mut in_the_way = Map::new();
    for (key, value) in own {
        match document.contains_key(&key) {
            false => _ = document.insert(key, value),
            true => _ = in_the_way.insert(key, value),
        }
    }
    if !in_the_way.is_empty() {
        set(&mut document, "otel.attributes", Value::Object(in_the_way));
    }
    if !resource.others.is_empty() {
        document.insert("resource".to_owned(), json!({ "attributes": resource.others }));
    }
    Bytes::from(Value::Object(document).to_string())
}

fn set_time(document: &mut Map<String, Value>, unix_nano: u64) {
    if let Ok(nanos @ 1..) = i64::try_from(unix_nano) {
        let time = Timestamp::from_nanos(nanos).to_string();
        document.insert("@timestamp".to_owned(), Value::String(time));
    }
}

/// `SeverityNumber`: four steps for each level.
fn level(severity_number: i32) -> Option<&'static str> {
    const LEVELS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "fatal"];
    let step = usize::try_from(severity_number.checked_sub(1)?).ok()?;
    LEVELS.get(step / 4).copied()
}

fn named(text: String) -> Option<Value> {
    (!text.is_empty()).then_some(Value::String(text))
}

/// An id of another length, or of zeros alone, is none.
fn id(bytes: &[u8], length: usize) -> Option<Value> {
    if bytes.len() != length || bytes.iter().all(|byte| *byte == 0) {
        return None;
    }
    let mut text = String::with_capacity(2 * length);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    Some(Value::String(text))
}

/// As JSON; none for a value that is not there.
fn plain(value: Option<AnyValue>) -> Option<Value> {
    use any_value::Value as Any;
    Some(match value?.value? {
        Any::StringValue(text) => Value::String(text),
        Any::BoolValue(flag) => Value::Bool(flag),
        Any::IntValue(number) => Value::from(number),
        Any::DoubleValue(number) => {
            serde_json::Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
        }
        Any::BytesValue(bytes) => Value::String(BASE64_STANDARD.encode(bytes)),
        Any::ArrayValue(list) => {
            let values = list.values.into_iter();
            Value::Array(values.map(|value| plain(Some(value)).unwrap_or(Value::Null)).collect())
        }
        Any::KvlistValue(list) => {
            let pairs = list.values.into_iter();
            Value::Object(
                pairs
                    .map(|pair| (pair.key, plain(pair.value).unwrap_or(Value::Null)))
                    .collect(),
            )
        }
    })
}

/// Puts an attribute where ECS has it; gives back what has no place there.
fn place(document: &mut Map<String, Value>, key: &str, value: Value) -> Option<Value> {
    let renamed = NAMES.iter().find(|(theirs, _)| *theirs == key).map(|(_, ours)| *ours);
    let is_ecs = || {
        let mut parts = key.split('.');
        let section = parts.next().is_some_and(|section| SECTIONS.contains(&section));
        let mut rest = parts.peekable();
        section && rest.peek().is_some() && rest.all(|part| !part.is_empty())
    };
    match renamed.or_else(|| is_ecs().then_some(key)) {
        Some(path) => set(document, path, value),
        None => Some(value),
    }
}

/// Puts a value at a dotted path; gives it back where something else is in the way.
fn set(document: &mut Map<String, Value>, path: &str, value: Value) -> Option<Value> {
    match path.split_once('.') {
        None if document.contains_key(path) => Some(value),
        None => {
            document.insert(path.to_owned(), value);
            None
        }
        Some((section, rest)) => {
            let inner = document.entry(section).or_insert_with(|| Value::Object(Map::new()));
            match inner {
                Value::Object(inner) => set(inner, rest, value),
                _ => Some(value),
            }
        }
    }
}

fn merge(document: &mut Map<String, Value>, more: Map<String, Value>) {
    for (path, value) in leaves(&more) {
        set(document, &path, value);
    }
}

/// Dotted paths of what are no objects.
fn leaves(document: &Map<String, Value>) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (key, value) in document {
        match value {
            Value::Object(inner) => {
                let inner = leaves(inner).into_iter();
                found.extend(inner.map(|(path, value)| (format!("{key}.{path}"), value)));
            }
            value => found.push((key.clone(), value.clone())),
        }
    }
    found
}

#[cfg(test)]
mod tests;
