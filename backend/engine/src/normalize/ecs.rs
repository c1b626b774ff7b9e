//! A [`Record`] and its row of the table → the finished [`Event`].

use super::{
    RawContext, community_id, convert,
    document::FiveTuple,
    draft::{self, Draft, Related},
    endpoint,
    record::{Record, scalar},
    reverse,
    table::{self, Log, Row},
};
use crate::json::{Map, Value};
use crate::{Event, event::SCHEMA_VERSION, verdict::DeadReason};
use watchfloor_shared::EventId;

/// Sections that are filled here; a sender's plain value of such a name would be in the way.
const SECTIONS: [&str; 14] = [
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
];

pub(super) fn event(mut record: Record, id: EventId, context: &RawContext<'_>) -> Result<Event, DeadReason> {
    let endpoint = endpoint::endpoint_id(&record.computer)?;
    let timestamp = record.timestamp;
    let log = table::log(&record.provider, &record.channel);
    let row = log.row(&record.code);
    let doc = sender_fields(&mut record);
    let fields = || log.common.iter().chain(row.fields.iter().copied().flatten());
    if reverse::was_moved(&doc) {
        for field in fields() {
            reverse::restore(&mut record.data, &doc, field);
        }
    }
    let mut draft = Draft::new(doc, endpoint.as_str());
    describe(&mut draft, &record, &id, log, row, context);
    for field in fields() {
        if let Some(value) = record.data.get(field.from) {
            convert::apply(field, &mut draft, value);
        }
    }
    if let Some(refine) = row.refine {
        refine(&mut draft, &record.data);
    }
    if log.writer_is_actor {
        writer_as_user(&mut draft, &record.winlog);
    }
    let Draft { mut doc, related, .. } = draft;
    related.write(&mut doc);
    if let Some(id) = community_id::of(&FiveTuple::of(&doc)) {
        draft::set(&mut doc, "network.community_id", id);
    }
    let simulated = context.simulated || record.simulated;
    finish(&mut doc, record, simulated);
    Ok(Event {
        id,
        timestamp,
        endpoint,
        doc,
    })
}

/// What the sender said in ECS, as far as it has ECS's shape.
fn sender_fields(record: &mut Record) -> Map {
    let mut doc = std::mem::take(&mut record.ecs);
    for section in SECTIONS {
        if doc.get(section).is_some_and(|value| !value.is_object())
            && let Some(value) = doc.remove(section)
        {
            record.source.insert(section, value);
        }
    }
    if let Some(Value::Object(event)) = doc.get_mut("event") {
        event.remove("id");
    }
    doc.remove("related");
    doc
}

/// `@timestamp`, `event.*` and `host.*`.
fn describe(draft: &mut Draft<'_>, record: &Record, id: &EventId, log: &Log, row: &Row, context: &RawContext<'_>) {
    draft.set("@timestamp", record.timestamp.to_string());
    draft.set_under("event", "id", id.as_str().to_owned());
    draft.set_under("event", "kind", row.kind);
    if !row.category.is_empty() {
        draft.set_under("event", "category", row.category);
        draft.set_under("event", "type", row.kinds);
    }
    if !row.action.is_empty() {
        draft.set_under("event", "action", row.action);
    }
    draft.set_under("event", "code", record.code.clone());
    draft.set_under("event", "provider", record.provider.clone());
    draft.set_under("event", "dataset", log.dataset);
    draft.set_under("event", "ingested", context.received.to_string());
    if let Some(outcome) = outcome(record).or(row.outcome) {
        draft.set_under("event", "outcome", outcome);
    }
    draft.set_under("host", "id", draft.host.to_owned());
    draft.set_under("host", "name", draft.host.to_owned());
    draft.set_under("host", "hostname", record.computer.trim().to_owned());
    Related::add(&mut draft.related.hosts, draft.host);
    if let Some(level) = record.level.as_ref().and_then(scalar) {
        draft.set_under("log", "level", level_name(&level));
    }
}

/// The audit bits of the keywords, however the sender writes them.
fn outcome(record: &Record) -> Option<&'static str> {
    const SUCCESS: u64 = 0x0020_0000_0000_0000;
    const FAILURE: u64 = 0x0010_0000_0000_0000;
    let bits = match record.winlog.get("keywords")? {
        Value::String(text) => match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok()?,
            None => return outcome_of_words(text),
        },
        Value::Number(number) => number.as_u64().or_else(|| number.as_i64().map(i64::cast_unsigned))?,
        Value::Array(words) => return words.iter().filter_map(Value::as_str).find_map(outcome_of_words),
        _ => return None,
    };
    match (bits & SUCCESS != 0, bits & FAILURE != 0) {
        (true, false) => Some("success"),
        (false, true) => Some("failure"),
        _ => None,
    }
}

fn outcome_of_words(text: &str) -> Option<&'static str> {
    match text {
        "Audit Success" => Some("success"),
        "Audit Failure" => Some("failure"),
        _ => None,
    }
}

fn level_name(level: &str) -> String {
    match level {
        "0" | "4" => "information".to_owned(),
        "1" => "critical".to_owned(),
        "2" => "error".to_owned(),
        "3" => "warning".to_owned(),
        "5" => "verbose".to_owned(),
        other => other.to_lowercase(),
    }
}

/// Accounts that are the same on every Windows, by SID: domain and name.
fn well_known(sid: &str) -> Option<(&'static str, &'static str)> {
    let name = match sid {
        "S-1-5-18" => "SYSTEM",
        "S-1-5-19" => "LOCAL SERVICE",
        "S-1-5-20" => "NETWORK SERVICE",
        _ => return None,
    };
    Some(("NT AUTHORITY", name))
}

/// Where events do not name the actor, it is the account of the process that wrote the event.
fn writer_as_user(draft: &mut Draft<'_>, winlog: &Map) {
    if draft.has("user.name") || draft.has("user.id") {
        return;
    }
    let part = |name: &str| crate::event::get(winlog, name).and_then(Value::as_str);
    let sid = part("user.identifier");
    let known = sid.and_then(well_known);
    let domain = part("user.domain").or(known.map(|(domain, _)| domain));
    let name = part("user.name").or(known.map(|(_, name)| name));
    for (text, to) in [(sid, "id"), (domain, "domain"), (name, "name")] {
        if let Some(text) = text {
            draft.set_under("user", to, text.to_owned());
        }
    }
    if let Some(name) = name {
        Related::add(&mut draft.related.user, name);
    }
}

/// `message`, `winlog.*` and `watchfloor.*`.
fn finish(doc: &mut Map, record: Record, simulated: bool) {
    let Record {
        computer,
        channel,
        provider,
        code,
        number,
        data,
        mut winlog,
        source,
        message,
        ..
    } = record;
    if let Some(message) = message {
        doc.insert("message", message);
    }
    spell_header(&mut winlog);
    winlog.insert("channel", channel);
    winlog.insert("provider_name", provider);
    winlog.insert("event_id", code);
    winlog.insert("computer_name", computer);
    if let Some(number) = number {
        winlog.insert("record_id", number);
    }
    // What the table put under `winlog` (logon type and id) joins the header.
    if let Some(Value::Object(mapped)) = doc.remove("winlog") {
        winlog.extend(mapped);
    }
    winlog.insert("event_data", data);
    doc.insert("winlog", winlog);
    draft::set(doc, "watchfloor.schema", Value::from(SCHEMA_VERSION));
    if simulated {
        draft::set(doc, "watchfloor.simulated", Value::Bool(true));
    }
    if !source.is_empty() {
        draft::set(doc, "watchfloor.source", Value::Object(source));
    }
}

/// Header fields that senders give as numbers or as words become text: one field, one type.
fn spell_header(winlog: &mut Map) {
    for name in ["task", "opcode"] {
        if let Some(value) = winlog.get_mut(name)
            && let Some(text) = scalar(value)
        {
            *value = Value::from(text);
        }
    }
    if let Some(value) = winlog.get_mut("keywords")
        && let Some(bits) = value.as_u64().or_else(|| value.as_i64().map(i64::cast_unsigned))
    {
        *value = Value::from(format!("{bits:#x}"));
    }
}
