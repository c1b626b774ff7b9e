//! Raw records of any spelling → [`Event`](crate::Event). A table of plain functions; each sample file is a golden test.

use crate::{Event, Verdict, verdict::DeadReason};
use watchfloor_shared::{EndpointId, Timestamp};

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
pub fn normalize(_raw: &[u8], _context: &RawContext) -> Verdict<Event> {
    Verdict::Dead(DeadReason::SpellingUnknown)
}

/// The endpoint a raw record names, found without parsing all of it; `None` when it cannot be found cheaply.
pub fn endpoint_of(_raw: &[u8]) -> Option<EndpointId> {
    None
}
