//! Any bytes as the first chunk of an event log: nothing panics, and what comes out is a record like any other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchfloor_engine::normalize::{Origin, RawContext, evtx, normalize};
use watchfloor_shared::Timestamp;

const CONTEXT: RawContext<'static> = RawContext {
    received: Timestamp::EPOCH,
    position: 0,
    simulated: false,
    origin: Origin::UNKNOWN,
};

fuzz_target!(|chunk: &[u8]| {
    let mut log = b"ElfFile\0".to_vec();
    log.resize(4096, 0);
    log.extend(b"ElfChnk\0");
    log.extend(chunk);
    for json in evtx::records(&log).into_iter().flatten().flatten() {
        let _ = normalize(&json, &CONTEXT);
    }
});
