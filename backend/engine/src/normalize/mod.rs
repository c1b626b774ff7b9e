//! Raw records of any source → [`Event`]. Tables of plain functions; each sample file is a golden test.
//!
//! [`source`] tells what a record is. Windows takes two steps: a spelling ([`spelling`]) brings the sender's words into one [`Record`](record::Record), the table
//! ([`table`]) says what its event data means in ECS. Invariants: nothing of the source is lost (event data stays under
//! `winlog.event_data` by its own names, what has no place goes to `watchfloor.source`); the outcome depends on nothing but
//! the arguments; no input panics. Every other source fills a [`Document`](document::Document) by its own tables, and what ECS
//! has no name for stays under the source's name.

mod account;
pub mod auditd;
mod cef;
mod column;
mod community_id;
mod convert;
mod document;
mod draft;
mod ebpf;
mod ecs;
mod endpoint;
pub mod evtx;
mod flattened;
mod generic;
mod identity;
mod kind;
pub mod mata_elang;
mod node;
mod origin;
mod record;
mod rendered;
mod reverse;
mod snort;
pub mod source;
mod spelling;
mod suricata;
mod syslog;
mod table;
mod time;
mod winlogbeat;
mod xml;
pub mod zeek;

#[cfg(test)]
mod golden_test;
#[cfg(test)]
mod hostile_test;
#[cfg(test)]
mod recordings_test;
#[cfg(test)]
mod sources_test;
#[cfg(test)]
pub(crate) mod testing;

use crate::json::{Map, Value};
use crate::{Event, Verdict, verdict::DeadReason};
pub use endpoint::{Recognized, endpoint_of, recognize};
pub(crate) use identity::of_parts as id_of_parts;
pub use kind::Kind;
use node::Fields;
pub use origin::{Origin, RawContext};
use source::{Form, Input};
pub use syslog::sequence as syslog_sequence;

/// A record larger than this is a dead letter. Windows caps an event at 64 KiB in its own encoding.
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// One raw record to one event.
pub fn normalize(raw: &[u8], context: &RawContext<'_>) -> Verdict<Event> {
    match try_normalize(raw, context) {
        Ok(event) => Verdict::Emit(event),
        Err(reason) => Verdict::Dead(reason),
    }
}

fn try_normalize(raw: &[u8], context: &RawContext<'_>) -> Result<Event, DeadReason> {
    let text = text(raw)?;
    let form = Form::of(text, context.origin.source).unwrap_or(Form::Json);
    let input = Input {
        raw,
        context,
        sender: Map::new(),
        depth: 0,
    };
    let mut event = source::read_text(form, text, input)?;
    // As an escape it is valid JSON, but databases refuse it.
    if text.contains("\\u0000") || text.contains('\0') {
        event.doc.values_mut().for_each(replace_nul);
    }
    Ok(event)
}

fn windows(top: Map, input: &Input<'_>) -> Result<Event, DeadReason> {
    let record = spelling::read(top, &input.context.origin)?;
    let id = identity::event_id(&record, input.raw, input.context.position);
    ecs::event(record, id, input.context)
}

fn text(raw: &[u8]) -> Result<&str, DeadReason> {
    if raw.len() > RECORD_BYTES_MAX {
        return Err(DeadReason::RecordTooLarge);
    }
    let text = std::str::from_utf8(raw).map_err(|_| DeadReason::Utf8Invalid)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn fields(text: &str) -> Result<Fields<'_>, DeadReason> {
    serde_json::from_str(text).map_err(|_| why_not_an_object(text))
}

/// U+0000 becomes the symbol for it: registry data and command lines end in it now and then, and an event that a store
/// refuses is worth less than one that shows `␀`. Keys are left: no known source has it there.
fn replace_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{2400}").into(),
        Value::Array(list) => list.iter_mut().for_each(replace_nul),
        Value::Object(map) => map.values_mut().for_each(replace_nul),
        _ => {}
    }
}

/// Parses again, as any value, to tell a wrong shape from broken JSON. `serde_json` has no error codes for these.
fn why_not_an_object(text: &str) -> DeadReason {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => DeadReason::JsonNotAnObject,
        Err(_) if text.starts_with(evtx::UNREADABLE) => DeadReason::EvtxCorrupt,
        Err(error) if error.to_string().starts_with("recursion limit exceeded") => DeadReason::JsonTooDeep,
        Err(_) => DeadReason::JsonInvalid,
    }
}
