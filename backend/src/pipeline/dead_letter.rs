//! Dead letters: the original bytes with the reason, so that a person can see why and send them again.

use super::topology::{StageSpec, topic};
use crate::{
    bus::{Message, Record},
    ingest::header,
};
use bytes::Bytes;
use watchfloor_engine::verdict::DeadReason;

/// The record for `dead-letters`: key, payload, time and headers of the original, then reason, stage and topic.
pub fn dead_letter(spec: &StageSpec, message: &Message, reason: DeadReason) -> Record {
    let mut headers: Vec<(String, Bytes)> = message
        .record
        .headers
        .iter()
        .filter(|(name, _)| ![header::REASON, header::STAGE, header::TOPIC].contains(&name.as_str()))
        .cloned()
        .collect();
    headers.push((
        header::REASON.to_owned(),
        Bytes::from_static(reason.as_str().as_bytes()),
    ));
    headers.push((header::STAGE.to_owned(), Bytes::from_static(spec.name.as_bytes())));
    headers.push((
        header::TOPIC.to_owned(),
        Bytes::copy_from_slice(message.topic.as_bytes()),
    ));
    Record {
        key: message.record.key.clone(),
        headers,
        payload: message.record.payload.clone(),
        timestamp: message.record.timestamp,
    }
}

pub const TOPIC: &str = topic::DEAD_LETTERS;
