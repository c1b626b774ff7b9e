//! Any bytes as a request's body in any content encoding: nothing panics, limits hold, and how the bytes arrive changes nothing.
#![no_main]

use axum::body::Body;
use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use std::time::Duration;
use watchfloor::{
    api::{
        ApiLimits,
        ingest::body::{Decoded, Encoding, Read},
    },
    ingest::{Frame, lines::Splitter},
};

const LINE_BYTES_MAX: usize = 4_096;
const BODY_BYTES_MAX: u64 = 1 << 20;

fn split(body: &[u8], piece: usize) -> Vec<Frame> {
    let mut splitter = Splitter::new(LINE_BYTES_MAX, 64);
    let mut items = Vec::new();
    body.chunks(piece).for_each(|bytes| splitter.push(bytes, &mut items));
    splitter.finish(&mut items);
    items
}

async fn decode(body: &[u8], encoding: Encoding) -> Vec<u8> {
    let mut limits = ApiLimits::default().ingest;
    limits.decompressed_bytes_max = BODY_BYTES_MAX;
    let mut decoded = Decoded::new(Body::from(body.to_vec()), encoding, &limits);
    let mut all = BytesMut::new();
    while let Ok(Read::Bytes) = decoded.read(&mut all, Duration::from_secs(5)).await {}
    assert!(all.len() as u64 <= BODY_BYTES_MAX + (64 << 10));
    all.to_vec()
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, body)) = bytes.split_first() else { return };
    let encoding = [Encoding::Identity, Encoding::Gzip, Encoding::Zstd][usize::from(first % 3)];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let decoded = runtime.block_on(decode(body, encoding));
    let whole = split(&decoded, usize::MAX);
    assert_eq!(split(&decoded, 1 + usize::from(*first)), whole);
    for item in whole {
        match item {
            Frame::Record(record) => assert!(record.len() <= LINE_BYTES_MAX),
            Frame::TooLong { kept, length_bytes } => assert!(kept.len() <= 64 && length_bytes > LINE_BYTES_MAX as u64),
        }
    }
});
