//! Any bytes where the log expects frames, packed batches, records or a whole segment: nothing panics, nothing is taken for more
//! than it is.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use watchfloor::bus::{
    frame::{BatchHead, RAW_BYTES_MAX, decode_frame, put_batch, unpack},
    record::{decode_records, encode_record},
    scan::walk,
};

const SALT: u32 = 77;

fuzz_target!(|bytes: &[u8]| {
    let _ = decode_frame(bytes, SALT);
    if let Ok(records) = decode_records(Bytes::copy_from_slice(bytes), u32::from(bytes.first().copied().unwrap_or(0))) {
        let mut again = Vec::new();
        records.iter().for_each(|record| encode_record(record, &mut again));
        assert_eq!(again, bytes);
    }

    let head = BatchHead {
        topic: 1,
        partition: 0,
        base: 5,
        count: 1,
        timestamp_max: 0,
    };
    let mut frame = Vec::new();
    put_batch(&mut frame, SALT, 0, head, bytes);
    let Ok((header, body)) = decode_frame(&frame, SALT) else {
        panic!("what was written does not read");
    };
    assert_eq!(unpack(&header, body).as_deref(), Ok(bytes));
    if let Ok(raw) = unpack(&header, bytes) {
        assert!(raw.len() <= RAW_BYTES_MAX);
    }

    for whole in [false, true] {
        let walked = walk(bytes, SALT, whole, |position, header, body| {
            assert!(position + header.frame_bytes() <= bytes.len() && body.len() < bytes.len());
        });
        assert!(walked.end <= bytes.len());
        assert!(walked.damage.iter().all(|range| range.start < range.end && range.end <= bytes.len()));
    }
});
