//! Any bytes of a Lumberjack sender, compressed or not: nothing panics, limits hold, and how they are cut changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchfloor::{
    doors::lumberjack::frames::{Malformed, Parser, Said},
    ingest::Frame,
};

const RECORD_BYTES_MAX: usize = 256;

fn said(bytes: &[u8], piece: usize) -> (Vec<Said>, Option<Malformed>) {
    let mut parser = Parser::new(RECORD_BYTES_MAX);
    let mut all = Vec::new();
    for mut bytes in bytes.chunks(piece) {
        loop {
            match parser.next(&mut bytes) {
                Ok(Some(said)) => all.push(said),
                Ok(None) => break,
                Err(malformed) => return (all, Some(malformed)),
            }
        }
        assert!(bytes.is_empty());
    }
    (all, None)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let whole = said(bytes, usize::MAX);
    assert_eq!(said(bytes, 1 + usize::from(*first)), whole);
    for said in whole.0 {
        if let Said::Record {
            frame: Frame::Record(kept) | Frame::TooLong { kept, .. },
            ..
        } = said
        {
            assert!(kept.len() <= RECORD_BYTES_MAX);
        }
    }
});
