//! Records as Kafka has them, and back. Kafka's time has milliseconds, and its client takes zero for now: the earliest time that can
//! be written is a millisecond after the epoch.

use crate::bus::Record;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use bytes::Bytes;
use rdkafka::{
    Message as _,
    message::{BorrowedMessage, Header, Headers, OwnedHeaders},
    producer::FutureRecord,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use watchfloor_shared::Timestamp;

/// A commit's text from this length on is packed: a broker takes 4,096 bytes unless it is told otherwise.
const METADATA_PLAIN_MAX: usize = 1_024;
const PACKED: &str = "zstd:";
const METADATA_UNPACKED_MAX: usize = 1 << 20;

pub fn to_kafka<'a>(record: &'a Record, topic: &'a str, partition: u32) -> FutureRecord<'a, [u8], [u8]> {
    let mut out = FutureRecord::to(topic)
        .partition(i32::try_from(partition).unwrap_or(i32::MAX))
        .payload(&record.payload[..])
        .timestamp(millis(record.timestamp).max(1));
    if let Some(key) = &record.key {
        out = out.key(&key[..]);
    }
    if !record.headers.is_empty() {
        let headers = OwnedHeaders::new_with_capacity(record.headers.len());
        let add = |headers: OwnedHeaders, (key, value): &(String, Bytes)| {
            headers.insert(Header {
                key,
                value: Some(&value[..]),
            })
        };
        out = out.headers(record.headers.iter().fold(headers, add));
    }
    out
}

pub fn from_kafka(message: &BorrowedMessage<'_>) -> Record {
    Record {
        key: message.key().map(Bytes::copy_from_slice),
        headers: headers(message),
        payload: message.payload().map(Bytes::copy_from_slice).unwrap_or_default(),
        timestamp: Timestamp::from_millis(message.timestamp().to_millis().unwrap_or_default()),
    }
}

/// The client's library panics over a name that is not UTF-8, which any producer may send: such a record has no headers.
fn headers(message: &BorrowedMessage<'_>) -> Vec<(String, Bytes)> {
    let Some(headers) = message.headers() else {
        return Vec::new();
    };
    let header = |header: Header<'_, &[u8]>| {
        let value = header.value.map(Bytes::copy_from_slice).unwrap_or_default();
        (header.key.to_owned(), value)
    };
    catch_unwind(AssertUnwindSafe(|| headers.iter().map(header).collect())).unwrap_or_default()
}

pub fn millis(time: Timestamp) -> i64 {
    time.nanos().div_euclid(1_000_000)
}

/// A commit's text, shorter where it is long.
pub fn pack(metadata: &str) -> String {
    if metadata.len() < METADATA_PLAIN_MAX && !metadata.starts_with(PACKED) {
        return metadata.to_owned();
    }
    match zstd::bulk::compress(metadata.as_bytes(), 9) {
        Ok(packed) => PACKED.to_owned() + &STANDARD_NO_PAD.encode(packed),
        Err(_) => metadata.to_owned(),
    }
}

/// What was packed; a text that was not is given back as it is.
pub fn unpack(text: &str) -> String {
    let unpacked = || {
        let packed = STANDARD_NO_PAD.decode(text.strip_prefix(PACKED)?).ok()?;
        (!packed.is_empty()).then_some(())?;
        let metadata = zstd::bulk::decompress(&packed, METADATA_UNPACKED_MAX).ok()?;
        String::from_utf8(metadata).ok()
    };
    unpacked().unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_commits_text_comes_back(text in ".{0,40}", times in 1usize..100) {
            let text = text.repeat(times);
            prop_assert_eq!(unpack(&pack(&text)), text);
        }

        #[test]
        fn any_text_of_another_product_is_given_back(text in "(zstd:)?.{0,60}") {
            prop_assert_eq!(unpack(&text), text);
        }
    }

    #[test]
    fn a_ledger_of_many_senders_fits_a_brokers_default() {
        let sender = |n: u64| {
            format!(
                r#"{{"tenant":"default","sensor":"ws-{:04}.corp.example","door":"ingest","emitted":{},"suppressed":{},"last_ns":{}}}"#,
                n * 37 % 1000,
                n * 7_919 % 100_000,
                n * 31,
                1_763_000_000_000_000_000 + n * 1_234_567_891
            )
        };
        let ledger = format!(
            r#"{{"emitted":1234567,"senders":[{}]}}"#,
            (0..33).map(sender).collect::<Vec<_>>().join(",")
        );
        assert!(ledger.len() > 4_096, "{}", ledger.len());
        assert!(pack(&ledger).len() < 2_048, "{}", pack(&ledger).len());
    }

    #[test]
    fn times_before_the_epoch_round_down() {
        assert_eq!(millis(Timestamp::from_nanos(-1)), -1);
        assert_eq!(millis(Timestamp::from_nanos(1_999_999)), 1);
    }
}
