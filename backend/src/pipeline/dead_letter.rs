//! Dead letters: the original bytes with the reason, so that a person can see why and send them again.

use super::topology::{StageSpec, TOPICS, topic};
use crate::{
    bus::{Message, Record},
    ingest::header,
};
use bytes::Bytes;
use watchfloor_engine::verdict::DeadReason;
use watchfloor_shared::Timestamp;

pub const TOPIC: &str = topic::DEAD_LETTERS;

/// What [`dead_letter`] adds to the original's headers.
const ADDED: [&str; 4] = [header::REASON, header::STAGE, header::TOPIC, header::LETTER_ID];

/// The record for `dead-letters`: key, payload, time and headers of the original, then reason, stage, topic and the letter's
/// id, which is where the original lies: a stage that writes the letter again after a crash writes the same one.
pub fn dead_letter(spec: &StageSpec, message: &Message, reason: DeadReason) -> Record {
    let mut headers = originals(message);
    let (topic, partition, offset) = (&message.topic, message.partition, message.offset);
    let id = format!("{}/{topic}/{partition}/{offset}", spec.name);
    headers.extend([
        (
            header::REASON.to_owned(),
            Bytes::from_static(reason.as_str().as_bytes()),
        ),
        (header::STAGE.to_owned(), Bytes::from_static(spec.name.as_bytes())),
        (header::TOPIC.to_owned(), Bytes::copy_from_slice(topic.as_bytes())),
        (header::LETTER_ID.to_owned(), Bytes::from(id)),
    ]);
    if message.record.header(header::POSITION).is_none() {
        // What the normalizer takes in its place; sent again, the record lies elsewhere but must stay the same event.
        headers.push((header::POSITION.to_owned(), Bytes::from(offset.to_string())));
    }
    Record {
        headers,
        ..message.record.clone()
    }
}

/// The record as it was before it died, and the topic that it died in; `None` where the door kept only a part of it.
pub fn original(letter: &Message) -> Option<(&'static str, Record)> {
    let from = letter.record.header(header::TOPIC)?;
    let (topic, _) = TOPICS.iter().find(|(name, _)| name.as_bytes() == from)?;
    let record = Record {
        headers: originals(letter),
        ..letter.record.clone()
    };
    Some((topic, record))
}

/// What is put beside a letter that was sent again.
pub fn redriven(letter: &Message, at: Timestamp) -> Record {
    let tenant = letter.record.header(header::TENANT_ID).cloned().unwrap_or_default();
    Record {
        key: letter.record.key.clone(),
        headers: vec![
            (header::TENANT_ID.to_owned(), tenant),
            (header::REDRIVEN.to_owned(), Bytes::from(id(letter))),
        ],
        payload: Bytes::new(),
        timestamp: at,
    }
}

/// The letter's id; of one without, where it lies.
pub fn id(letter: &Message) -> Vec<u8> {
    match letter.record.header(header::LETTER_ID) {
        Some(id) => id.to_vec(),
        None => format!("{}/{}", letter.partition, letter.offset).into_bytes(),
    }
}

fn originals(message: &Message) -> Vec<(String, Bytes)> {
    let headers = message.record.headers.iter();
    headers
        .filter(|(name, _)| !ADDED.contains(&name.as_str()))
        .cloned()
        .collect()
}
