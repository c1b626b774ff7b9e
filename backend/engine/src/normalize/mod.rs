//! Raw records of any spelling → [`Event`]. A table of plain functions; each sample file is a golden test.
//!
//! Two steps: a spelling ([`spelling`]) brings the sender's words into one [`Record`](record::Record), the table
//! ([`table`]) says what its event data means in ECS. Invariants: nothing of the source is lost (event data stays under
//! `winlog.event_data` by its own names, what has no place goes to `watchfloor.source`); the outcome depends on nothing but
//! the arguments; no input panics.

mod account;
mod convert;
mod draft;
mod ecs;
mod endpoint;
pub mod evtx;
mod flattened;
mod identity;
mod record;
mod rendered;
mod reverse;
mod spelling;
mod table;
mod time;
mod winlogbeat;

#[cfg(test)]
mod golden_test;
#[cfg(test)]
mod hostile_test;
#[cfg(test)]
mod recordings_test;
#[cfg(test)]
pub(crate) mod testing;

use crate::{Event, Verdict, verdict::DeadReason};
pub use endpoint::endpoint_of;
use serde_json::{Map, Value};
use watchfloor_shared::Timestamp;

/// A record larger than this is a dead letter. Windows caps an event at 64 KiB in its own encoding.
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// What the pipeline knows about a raw record besides its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawContext {
    /// When the front door had it. Goes into `event.ingested`, never into an id.
    pub received: Timestamp,
    /// Its place in the sender's stream; part of the id only where the source has no identity of its own.
    pub position: u64,
    pub simulated: bool,
}

/// One raw record to one event.
pub fn normalize(raw: &[u8], context: &RawContext) -> Verdict<Event> {
    let event = object(raw).and_then(spelling::read).and_then(|record| {
        let id = identity::event_id(&record, raw, context.position);
        ecs::event(record, id, context)
    });
    match event {
        Ok(event) => Verdict::Emit(event),
        Err(reason) => Verdict::Dead(reason),
    }
}

/// The record as a JSON object, within the limits on size, depth and encoding.
fn object(raw: &[u8]) -> Result<Map<String, Value>, DeadReason> {
    if raw.len() > RECORD_BYTES_MAX {
        return Err(DeadReason::RecordTooLarge);
    }
    let text = std::str::from_utf8(raw).map_err(|_| DeadReason::Utf8Invalid)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|_| why_not_an_object(text))
}

/// Parses again, as any value, to tell a wrong shape from broken JSON. `serde_json` has no error codes for these.
fn why_not_an_object(text: &str) -> DeadReason {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => DeadReason::JsonNotAnObject,
        Err(error) if error.to_string().starts_with("recursion limit exceeded") => DeadReason::JsonTooDeep,
        Err(_) => DeadReason::JsonInvalid,
    }
}
