//! Syslog: RFC 5424, RFC 3164 and what passes for it; what a program of Linux says about log-ins; and other formats inside.

mod header;
mod message;

use super::{
    RawContext, cef,
    document::{Head, base_name},
    source::{self, Form, Input, WRAPPERS_MAX},
    xml,
};
use crate::json::{Map, Value};
use crate::{Event, verdict::DeadReason};
use header::Line;
pub(super) use header::named_month;
pub(super) use message::understand;
use std::borrow::Cow;

const UNNAMED: &str = "syslog";

/// Whether a text without priority begins with a date as syslog writes them.
pub(super) fn is_dated(text: &str) -> bool {
    header::is_dated(text)
}

/// The host that wrote a message and the number that it gave it, where it numbers its messages (RFC 5424, `meta`).
pub fn sequence(message: &[u8]) -> Option<(&str, u64)> {
    header::sequence(std::str::from_utf8(message).ok()?)
}

pub(super) fn read(text: &str, input: Input<'_>) -> Result<Event, DeadReason> {
    let line = header::parse(text.trim_end_matches(['\r', '\n', '\0']), input.context.received);
    if let Some(form) = inside(&line).filter(|_| input.depth < WRAPPERS_MAX) {
        return unwrap(form, &line, input);
    }
    let (endpoint, host) = input.context.origin.endpoint(line.host, Some(UNNAMED))?;
    let mut document = input.document();
    let timestamp = line.timestamp.unwrap_or_else(|| {
        document.marks.push("time");
        input.context.received
    });
    document.section("log.syslog").extend(envelope(&line));
    if let Some(severity) = line.priority.map(header::severity) {
        document.set("log", "level", severity);
    }
    if let Some(program) = line.program {
        document.set("process", "name", base_name(program).to_owned());
    }
    document.set_some("process", "pid", line.process.and_then(|text| text.parse::<i64>().ok()));
    document.set("", "message", line.message.to_owned());
    message::understand(&mut document, line.program.unwrap_or_default(), line.message);
    let head = Head {
        id: input.id(),
        timestamp,
        endpoint,
        host,
        module: "syslog",
        dataset: Cow::Borrowed("syslog.log"),
    };
    Ok(document.finish(head, input.context))
}

/// `log.syslog.*`.
fn envelope(line: &Line<'_>) -> Map {
    let mut fields = Map::with_capacity(8);
    let mut set = |name: &'static str, value: Value| {
        fields.insert(name, value);
    };
    if let Some(priority) = line.priority {
        let pair = |code: u16, name: &str| {
            let pair = [("code", Value::from(code)), ("name", Value::from(name.to_owned()))];
            Value::Object(pair.into_iter().collect())
        };
        set("priority", priority.into());
        set("facility", pair(priority / 8, header::facility(priority)));
        set("severity", pair(priority % 8, header::severity(priority)));
    }
    for (name, text) in [
        ("hostname", line.host),
        ("appname", line.program),
        ("procid", line.process),
        ("msgid", line.message_id),
        ("version", line.version),
    ] {
        if let Some(text) = text {
            set(name, text.to_owned().into());
        }
    }
    if !line.data.is_empty() {
        let elements = line.data.iter().map(|(id, params)| {
            let params = params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Value::from(value.to_string())));
            // A name with dots would become a path.
            (id.replace('.', "_"), Value::Object(params.collect()))
        });
        set("structured_data", Value::Object(elements.collect()));
    }
    fields
}

/// A record of another source as the message.
fn inside(line: &Line<'_>) -> Option<Form> {
    let message = body(line);
    match Form::of(message, None)? {
        Form::Json => message
            .starts_with('{')
            .then_some(Form::Json)
            .filter(|_| is_known_json(message)),
        Form::Xml => xml::is_event(message).then_some(Form::Xml),
        Form::Syslog => None,
        form => Some(form),
    }
}

fn body<'a>(line: &Line<'a>) -> &'a str {
    let message = line.message.trim_start();
    message.strip_prefix("@cee:").map_or(message, str::trim_start)
}

fn is_known_json(text: &str) -> bool {
    let fields = serde_json::from_str(text).ok();
    fields.is_some_and(|fields| {
        source::json_source(&fields, None, true).is_some() || super::spelling::Shape::of_fields(&fields).is_windows()
    })
}

fn unwrap(form: Form, line: &Line<'_>, input: Input<'_>) -> Result<Event, DeadReason> {
    let mut sender = input.sender;
    let mut log = Map::with_capacity(1);
    log.insert("syslog", Value::Object(envelope(line)));
    sender.insert_if_new("log", log);
    let mut context: RawContext<'_> = *input.context;
    context.origin.sensor = line.host.or(context.origin.sensor);
    // The hint spoke of the envelope.
    context.origin.source = context
        .origin
        .source
        .filter(|hint| !source::hinted(Some(hint), "syslog"));
    let inner = Input {
        raw: input.raw,
        context: &context,
        sender,
        depth: input.depth + 1,
    };
    match form {
        Form::Cef => cef::read_at(body(line), inner, line.timestamp),
        form => source::read_text(form, body(line), inner),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Origin, endpoint_of,
        testing::{emitted, emitted_from},
    };

    #[test]
    fn syslog_in_a_document_is_read_where_the_door_says_that_it_is_there() {
        let record = br#"{"host":{"name":"relay-1"},"log":{"file":{"path":"/var/log/auth.log"}},"labels":{"appname":"x"},
            "message":"<34>1 2024-01-01T00:00:00Z web-1 sshd 7 - - Accepted publickey for root from 192.0.2.1 port 4 ssh2"}"#;
        let origin = Origin {
            source: Some("syslog"),
            sensor: Some("relay-1"),
        };
        let event = emitted_from(record, origin);
        let said = [
            "host.name",
            "log.file.path",
            "labels.appname",
            "process.name",
            "user.name",
        ]
        .map(|path| event.text(path));
        let wanted = ["web-1", "/var/log/auth.log", "x", "sshd", "root"].map(Some);
        assert_eq!(said, wanted);
        assert_eq!(endpoint_of(record, &origin), Some(event.endpoint));
        assert_eq!(emitted(record).text("host.name"), Some("relay-1"));
    }
}
