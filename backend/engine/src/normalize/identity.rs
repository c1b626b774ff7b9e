//! The deterministic event id: 32 hexadecimal digits of xxh3-128.
//!
//! Where the source numbers its records, the id is a hash of (computer, channel, record number, time in whole milliseconds),
//! so every sender and spelling of one event gives one id. The time is in it because a cleared log counts from one again; it
//! is cut to milliseconds because that is the coarsest that senders pass on, and never rounded by them. Computer and channel
//! are in lower case, as senders differ there.
//!
//! Where it does not, the id is a hash of the bytes as sent and their position in the sender's stream: two honest equal
//! events have two positions and stay two, the same one sent again has the same position and stays one.
//!
//! Neither the time of receipt nor the simulated mark is part of an id.

use super::record::Record;
use watchfloor_shared::{EventId, Timestamp};
use xxhash_rust::xxh3::Xxh3;

pub(super) fn event_id(record: &Record, raw: &[u8], position: u64) -> EventId {
    match record.number {
        Some(number) => {
            let mut hash = Xxh3::new();
            hash.update(b"record");
            part(&mut hash, record.computer.to_lowercase().as_bytes());
            part(&mut hash, record.channel.to_lowercase().as_bytes());
            hash.update(&number.to_le_bytes());
            hash.update(&record.timestamp.millis().to_le_bytes());
            id(&hash)
        }
        None => of_bytes(raw, position),
    }
}

/// For records whose source gives them no identity.
pub(super) fn of_bytes(raw: &[u8], position: u64) -> EventId {
    let mut hash = Xxh3::new();
    hash.update(b"bytes");
    part(&mut hash, raw.trim_ascii());
    hash.update(&position.to_le_bytes());
    id(&hash)
}

/// For records that their source names: the parts say what kind of name it is, whose, and the name.
pub(crate) fn of_parts(parts: &[&str], timestamp: Timestamp) -> EventId {
    let mut hash = Xxh3::new();
    hash.update(b"named");
    for text in parts {
        part(&mut hash, text.as_bytes());
    }
    hash.update(&timestamp.millis().to_le_bytes());
    id(&hash)
}

fn id(hash: &Xxh3) -> EventId {
    EventId::new(format!("{:032x}", hash.digest128()))
}

/// Length first, so that no two lists of parts are the same bytes.
fn part(hash: &mut Xxh3, bytes: &[u8]) {
    hash.update(&(bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}
