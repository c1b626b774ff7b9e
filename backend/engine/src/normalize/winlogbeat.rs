//! Winlogbeat: nested ECS with `winlog` (7 and later, before and after its Sysmon and Security modules), the same with dotted
//! keys, and the flat layout of version 6.

use super::{
    draft,
    origin::Origin,
    record::{self, Record, take_object, take_text},
    time,
};
use crate::json::{Map, Value};
use crate::verdict::DeadReason;

pub(super) fn read(mut top: Map, origin: &Origin<'_>) -> Result<Record, DeadReason> {
    let simulated = record::marked_simulated(&top);
    let mut winlog = take_object(&mut top, "winlog").ok_or(DeadReason::SpellingUnknown)?;
    let event = top.get("event");
    let field = |name: &str| event.and_then(|event| event.get(name)).and_then(record::scalar);
    let code = record::code(field("code").or_else(|| take_text(&mut winlog, "event_id")))?;
    let provider = take_text(&mut winlog, "provider_name").or_else(|| field("provider"));
    let computer = origin.computer(record::take_name(&mut winlog, "computer_name"))?;
    let timestamp = time::first_of(&top, &["@timestamp"])?;
    top.remove("@timestamp");
    let mut data = take_object(&mut winlog, "event_data").unwrap_or_default();
    user_data(&mut winlog, &mut data);
    record::spell_as_text(&mut data);
    let mut source = Map::new();
    for key in ["@metadata", "watchfloor", "host.id"] {
        if let Some(value) = top.remove(key) {
            source.insert(key, value);
        }
    }
    host(&mut top, &computer, &mut source);
    Ok(Record {
        channel: take_text(&mut winlog, "channel").unwrap_or_default(),
        number: record::number(take_text(&mut winlog, "record_id")),
        message: top.remove("message"),
        level: None,
        provider: provider.unwrap_or_default(),
        computer,
        code,
        timestamp,
        data,
        winlog,
        ecs: top,
        source,
        simulated,
    })
}

/// The fields of user data join the event data, by the same names as in the other spellings; what kind it was stays.
fn user_data(winlog: &mut Map, data: &mut Map) {
    let Some(mut user_data) = take_object(winlog, "user_data") else {
        return;
    };
    if let Some(kind) = user_data.remove("xml_name") {
        draft::set(winlog, "user_data.xml_name", kind);
    }
    for (name, value) in user_data {
        if !data.contains_key(&name) {
            data.insert(name, value);
        }
    }
}

/// `host` describes the machine that Winlogbeat runs on. With event forwarding that is the collector, so it is kept as the
/// event's computer only where the names agree, and as `observer` otherwise.
fn host(top: &mut Map, computer: &str, source: &mut Map) {
    let Some(mut host) = take_object(top, "host") else {
        return;
    };
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    let is_computer = ["name", "hostname"]
        .iter()
        .filter_map(|key| host.get(key)?.as_str())
        .any(|name| short(name) == short(computer));
    if is_computer {
        if let Some(id) = host.remove("id") {
            source.insert("host.id", id);
        }
        top.insert("host", Value::Object(host));
    } else if !top.contains_key("observer") {
        top.insert("observer", Value::Object(host));
    } else {
        source.insert("host", Value::Object(host));
    }
}

/// Dotted keys on one level → nested objects. A key whose path is taken by a plain value stays as it is.
pub(super) fn nested(top: Map) -> Map {
    let mut out = Map::new();
    for (key, value) in top {
        if key.contains('.') {
            draft::set(&mut out, key, value);
        } else {
            out.insert(key, value);
        }
    }
    out
}

/// Names of version 6 and what they became.
const RENAMED_SINCE_6: [(&str, &str); 9] = [
    ("task", "task"),
    ("opcode", "opcode"),
    ("keywords", "keywords"),
    ("version", "version"),
    ("provider_guid", "provider_guid"),
    ("activity_id", "activity_id"),
    ("process_id", "process.pid"),
    ("thread_id", "process.thread.id"),
    ("user", "user"),
];

pub(super) fn read_6(mut top: Map, origin: &Origin<'_>) -> Result<Record, DeadReason> {
    let simulated = record::marked_simulated(&top);
    let code = record::code(take_text(&mut top, "event_id"))?;
    let computer = origin.computer(record::take_name(&mut top, "computer_name"))?;
    let timestamp = time::first_of(&top, &["@timestamp"])?;
    top.remove("@timestamp");
    let mut winlog = Map::new();
    for (old, new) in RENAMED_SINCE_6 {
        if let Some(value) = top.remove(old) {
            draft::set(&mut winlog, new, value);
        }
    }
    if let Some(user_data) = top.remove("user_data") {
        winlog.insert("user_data", user_data);
    }
    let mut data = take_object(&mut top, "event_data").unwrap_or_default();
    user_data(&mut winlog, &mut data);
    record::spell_as_text(&mut data);
    let mut ecs = Map::new();
    for key in ["labels", "tags"] {
        if let Some(value) = top.remove(key) {
            ecs.insert(key, value);
        }
    }
    Ok(Record {
        channel: take_text(&mut top, "log_name").unwrap_or_default(),
        provider: take_text(&mut top, "source_name").unwrap_or_default(),
        number: record::number(take_text(&mut top, "record_number")),
        message: top.remove("message"),
        level: top.remove("level"),
        computer,
        code,
        timestamp,
        data,
        winlog,
        ecs,
        source: top,
        simulated,
    })
}
