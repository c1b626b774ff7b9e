//! The Linux audit system: the records of one event → one document.
//!
//! A raw record is one line or the lines of one event, which [`Assembler`] joins. Every field of every record stays under
//! `auditd.<record type>`, decoded; what they mean together is in ECS.

mod assembler;
mod carried;
mod facts;
mod fill;
#[cfg(test)]
mod oracle_test;
mod record;
mod sockaddr;
mod table;

use super::{document::Head, identity, source::Input};
use crate::json::{Map, Value};
use crate::{Event, verdict::DeadReason};
pub use assembler::{Assembler, Joined};
pub use carried::{Carried, carried};
use record::Record;
use std::borrow::Cow;

/// The endpoint where neither node nor sensor is known.
const UNNAMED: &str = "linux";

/// Whether a text begins with an audit record.
pub(super) fn is_record(text: &str) -> bool {
    let start = text
        .strip_prefix("node=")
        .map_or(text, |rest| rest.split_once(' ').map_or(rest, |(_, rest)| rest));
    (start.starts_with("type=") && start.contains("audit(")) || start.starts_with("audit(")
}

pub(super) fn read(text: &str, input: Input<'_>) -> Result<Event, DeadReason> {
    let mut records = Vec::with_capacity(8);
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let record = Record::parse(line.trim()).ok_or(DeadReason::SpellingUnknown)?;
        if record.kind != "EOE" || records.is_empty() {
            records.push(record);
        }
    }
    let first = records.first().ok_or(DeadReason::SpellingUnknown)?;
    let stamp = first.stamp;
    // One group is one event; anything else was joined by somebody who does not know.
    if records.iter().any(|record| record.stamp != stamp) {
        return Err(DeadReason::SpellingUnknown);
    }
    let timestamp = stamp.time().ok_or(DeadReason::TimestampUnparseable)?;
    let named = first.node;
    let (endpoint, host) = input.context.origin.endpoint(named, Some(UNNAMED))?;
    let serial = stamp.serial.to_string();
    let id = identity::of_parts(
        &["auditd", endpoint.as_str(), stamp.seconds, &serial, text.trim()],
        timestamp,
    );
    let mut document = input.document();
    document.set("event", "sequence", stamp.serial);
    fill::fill(&mut document, &records);
    document.set("host.os", "type", "linux");
    document.section("auditd").extend(kept(records));
    let head = Head {
        id,
        timestamp,
        endpoint,
        host,
        module: "auditd",
        dataset: Cow::Borrowed("auditd.log"),
    };
    Ok(document.finish(head, input.context))
}

/// Every record's fields by its type in lower case; several of one type become a list.
fn kept(records: Vec<Record<'_>>) -> Map {
    let mut kept = Map::with_capacity(records.len());
    for record in records {
        let mut fields = Map::with_capacity(record.fields.len());
        for (key, value) in record.fields {
            fields.insert(key.to_owned(), value.replace('\0', " "));
        }
        let kind: String = record.kind.to_ascii_lowercase().replace(['.', '[', ']'], "_");
        match kept.get_mut(&kind) {
            None => {
                let is_list = matches!(kind.as_str(), "path" | "obj_pid");
                let value = Value::Object(fields);
                kept.insert(kind, if is_list { Value::Array(vec![value]) } else { value });
            }
            Some(Value::Array(list)) => list.push(Value::Object(fields)),
            // A long command line has several records of arguments; their names differ.
            Some(Value::Object(known)) if kind == "execve" => known.extend(fields),
            Some(other) => {
                let first = other.take();
                *other = Value::Array(vec![first, Value::Object(fields)]);
            }
        }
    }
    kept
}
