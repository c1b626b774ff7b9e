//! The stages' shells: bytes to engine calls and back.

pub mod alert;
pub mod detect;
pub mod index;
pub mod normalize;

use crate::{bus::Message, ingest::header};
use watchfloor_shared::{TenantId, Timestamp};

/// The tenant a record belongs to; a record without a valid one belongs to nobody and is dead.
fn tenant_of(message: &Message) -> Option<TenantId> {
    text(message, header::TENANT_ID)?.parse().ok()
}

/// When the front door had it; the record's own time for producers that do not say.
fn received_of(message: &Message) -> Timestamp {
    text(message, header::RECEIVED)
        .and_then(|nanos| nanos.parse().ok())
        .map_or(message.record.timestamp, Timestamp::from_nanos)
}

fn text<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    std::str::from_utf8(message.record.header(name)?).ok()
}
