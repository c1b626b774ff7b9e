//! The stages' shells: bytes to engine calls and back.

pub mod aggregate;
pub mod alert;
pub mod detect;
pub mod index;
pub mod infer;
pub mod join;
pub mod normalize;

use super::progress::Progress;
use crate::{
    bus::{BusError, EventBus, Message, TopicPartition},
    ingest::header,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use watchfloor_shared::{TenantId, Timestamp};

/// The tenant a record belongs to; a record without a valid one belongs to nobody and is dead.
pub fn tenant_of(message: &Message) -> Option<TenantId> {
    text(message, header::TENANT_ID)?.parse().ok()
}

/// When the front door had it; the record's own time for producers that do not say.
fn received_of(message: &Message) -> Timestamp {
    text(message, header::RECEIVED)
        .and_then(|nanos| nanos.parse().ok())
        .map_or(message.record.timestamp, Timestamp::from_nanos)
}

/// Whether it is a window's score rather than a detection.
fn is_score(message: &Message) -> bool {
    message
        .record
        .header(header::RECORD)
        .is_some_and(|mark| mark == header::SCORE)
}

fn text<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    std::str::from_utf8(message.record.header(name)?).ok()
}

/// When the door had the latest record of each partition in a batch: how far time has come there.
fn times(batch: &[Message]) -> HashMap<u32, Timestamp> {
    let mut times = HashMap::new();
    for message in batch {
        let received = received_of(message);
        let time = times.entry(message.partition).or_insert(received);
        *time = received.max(*time);
    }
    times
}

/// Those of the partitions in which nothing waits to be read: only there may the clock end what a fold has open.
async fn caught_up(
    bus: &dyn EventBus,
    progress: &Progress,
    topic: &str,
    partitions: BTreeSet<u32>,
) -> Result<BTreeSet<u32>, BusError> {
    let mut read = BTreeSet::new();
    for partition in partitions {
        let place = TopicPartition {
            topic: Arc::from(topic),
            partition,
        };
        let high = bus.watermarks(&place).await?.high;
        if progress.has_read(&place, high) {
            read.insert(partition);
        }
    }
    Ok(read)
}
