//! How records lie in a batch: little-endian, one after the other, nothing between them. Decoding never trusts a length.

use super::Record;
use bytes::{Buf, Bytes};
use watchfloor_shared::Timestamp;

const KEY_ABSENT: u32 = u32::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("a record ends early")]
    Short,
    #[error("a header's name is not UTF-8")]
    HeaderName,
    #[error("bytes follow the last record")]
    Surplus,
}

/// Bytes that `encode_record` will add.
pub fn encoded_len(record: &Record) -> usize {
    let headers: usize = record
        .headers
        .iter()
        .map(|(name, value)| 6 + name.len() + value.len())
        .sum();
    8 + 4 + record.key.as_ref().map_or(0, Bytes::len) + 4 + record.payload.len() + 2 + headers
}

/// The caller has checked the record against the size limit, so every length fits. Header names beyond 64 KiB and headers
/// beyond 65,535 would not: `fits` says so first.
pub fn encode_record(record: &Record, out: &mut Vec<u8>) {
    out.extend_from_slice(&record.timestamp.nanos().to_le_bytes());
    match &record.key {
        None => out.extend_from_slice(&KEY_ABSENT.to_le_bytes()),
        Some(key) => put_bytes(out, key),
    }
    put_bytes(out, &record.payload);
    out.extend_from_slice(&(record.headers.len() as u16).to_le_bytes());
    for (name, value) in &record.headers {
        out.extend_from_slice(&(name.len() as u16).to_le_bytes());
        out.extend_from_slice(name.as_bytes());
        put_bytes(out, value);
    }
}

/// Whether the counts of this record can be written down at all.
pub fn fits(record: &Record) -> bool {
    record.headers.len() <= usize::from(u16::MAX)
        && record
            .headers
            .iter()
            .all(|(name, _)| name.len() <= usize::from(u16::MAX))
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Takes one record off the front. Key, header values and payload are slices of `raw`, not copies.
pub fn decode_record(raw: &mut Bytes) -> Result<Record, RecordError> {
    let timestamp = Timestamp::from_nanos(raw.try_get_i64_le().map_err(|_| RecordError::Short)?);
    let key = match raw.try_get_u32_le().map_err(|_| RecordError::Short)? {
        KEY_ABSENT => None,
        length => Some(take(raw, length as usize)?),
    };
    let payload = take_sized(raw)?;
    let header_count = raw.try_get_u16_le().map_err(|_| RecordError::Short)?;
    let mut headers = Vec::with_capacity(usize::from(header_count).min(raw.len() / 6 + 1));
    for _ in 0..header_count {
        let name_length = raw.try_get_u16_le().map_err(|_| RecordError::Short)?;
        let name = take(raw, usize::from(name_length))?;
        let name = std::str::from_utf8(&name)
            .map_err(|_| RecordError::HeaderName)?
            .to_owned();
        headers.push((name, take_sized(raw)?));
    }
    Ok(Record {
        key,
        headers,
        payload,
        timestamp,
    })
}

/// All records of a batch; exactly `count` of them and nothing else.
pub fn decode_records(mut raw: Bytes, count: u32) -> Result<Vec<Record>, RecordError> {
    let mut records = Vec::with_capacity((count as usize).min(raw.len() / 18 + 1));
    for _ in 0..count {
        records.push(decode_record(&mut raw)?);
    }
    if raw.is_empty() {
        Ok(records)
    } else {
        Err(RecordError::Surplus)
    }
}

fn take_sized(raw: &mut Bytes) -> Result<Bytes, RecordError> {
    let length = raw.try_get_u32_le().map_err(|_| RecordError::Short)?;
    take(raw, length as usize)
}

fn take(raw: &mut Bytes, length: usize) -> Result<Bytes, RecordError> {
    if length > raw.len() {
        Err(RecordError::Short)
    } else {
        Ok(raw.split_to(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_record() -> impl Strategy<Value = Record> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..80).prop_map(Bytes::from);
        let headers = proptest::collection::vec((".{0,12}", bytes()), 0..4);
        (proptest::option::of(bytes()), headers, bytes(), any::<i64>()).prop_map(|(key, headers, payload, nanos)| {
            Record {
                key,
                headers,
                payload,
                timestamp: Timestamp::from_nanos(nanos),
            }
        })
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(records in proptest::collection::vec(any_record(), 0..8)) {
            let mut raw = Vec::new();
            for record in &records {
                let before = raw.len();
                encode_record(record, &mut raw);
                prop_assert_eq!(raw.len() - before, encoded_len(record));
            }
            prop_assert_eq!(decode_records(Bytes::from(raw), records.len() as u32), Ok(records));
        }

        #[test]
        fn arbitrary_bytes_are_an_error_or_records(raw in proptest::collection::vec(any::<u8>(), 0..300), count in any::<u32>()) {
            let _ = decode_records(Bytes::from(raw), count);
        }
    }
}
