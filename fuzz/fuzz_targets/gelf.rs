//! Any datagrams and any stream of a GELF sender: nothing panics, limits hold, and how a stream is cut changes nothing.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use std::{net::Ipv4Addr, time::Duration};
use watchfloor::{
    doors::{
        gelf::{
            Framer,
            chunks::{Assembler, decompressed},
        },
        unanswered::Framing,
    },
    ingest::Frame,
};

const MESSAGE_BYTES_MAX: usize = 256;

fn frames(bytes: &[u8], piece: usize) -> Vec<Frame> {
    let mut framer = Framer::new(MESSAGE_BYTES_MAX);
    let mut out = Vec::new();
    bytes.chunks(piece).for_each(|piece| framer.push(piece, &mut out));
    framer.finish(&mut out);
    out
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    assert_eq!(frames(bytes, 1 + usize::from(*first)), frames(bytes, usize::MAX));

    // Each datagram's length stands before it.
    let (mut rest, mut assembler, mut now) = (bytes, Assembler::default(), Duration::ZERO);
    while let Some((length, after)) = rest.split_first() {
        let (datagram, after) = after.split_at(after.len().min(usize::from(*length)));
        rest = after;
        now += Duration::from_millis(u64::from(*length) * 10);
        let peer = Ipv4Addr::from([127, 0, 0, length % 3]).into();
        let Ok(Some(message)) = assembler.push(peer, Bytes::copy_from_slice(datagram), now) else { continue };
        if let Ok(Frame::Record(kept) | Frame::TooLong { kept, .. }) = decompressed(message, MESSAGE_BYTES_MAX) {
            assert!(kept.len() <= MESSAGE_BYTES_MAX);
        }
    }
});
