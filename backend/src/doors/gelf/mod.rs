//! Graylog's GELF: JSON ended by NUL over TCP and TLS, in datagrams over UDP. The protocol has no credential but the certificate
//! of TLS, and no acknowledgement.

pub mod chunks;
mod record;

use super::{
    admission::Admitted,
    listener::Connection,
    unanswered::{self, Framing, Protocol, Reading},
};
use crate::ingest::{Door, Frame, Ingestor, Refusal, Refusals};
use bytes::{Bytes, BytesMut};
use chunks::{Assembler, Malformed, decompressed};
use std::net::IpAddr;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use watchfloor_engine::normalize::RECORD_BYTES_MAX;

pub const PROTOCOL: Protocol = Protocol {
    door: Door::Gelf,
    source: None,
};

pub async fn connection(ingest: Ingestor, stream: Connection, admitted: Admitted, end: CancellationToken) {
    unanswered::connection(PROTOCOL, Framer::new(RECORD_BYTES_MAX), ingest, stream, admitted, end).await;
}

/// Bytes to messages that end with NUL, however they are cut.
pub struct Framer {
    message_bytes_max: usize,
    current: BytesMut,
    length_bytes: u64,
}

impl Framer {
    pub fn new(message_bytes_max: usize) -> Self {
        Self {
            message_bytes_max,
            current: BytesMut::new(),
            length_bytes: 0,
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        self.length_bytes = self.length_bytes.saturating_add(bytes.len() as u64);
        let room = self.message_bytes_max.saturating_sub(self.current.len());
        self.current.extend_from_slice(&bytes[..room.min(bytes.len())]);
    }

    fn end(&mut self, out: &mut Vec<Frame>) {
        let length_bytes = std::mem::take(&mut self.length_bytes);
        let kept = self.current.split().freeze();
        if length_bytes > self.message_bytes_max as u64 {
            out.push(Frame::TooLong { kept, length_bytes });
        } else if !kept.trim_ascii().is_empty() {
            out.push(Frame::Record(record::to_ecs(kept)));
        }
    }
}

impl Framing for Framer {
    fn is_inside(&self) -> bool {
        self.length_bytes > 0
    }

    fn push(&mut self, mut bytes: &[u8], out: &mut Vec<Frame>) {
        while let Some(end) = bytes.iter().position(|byte| *byte == 0) {
            self.append(&bytes[..end]);
            self.end(out);
            bytes = &bytes[end + 1..];
        }
        self.append(bytes);
    }

    fn finish(&mut self, out: &mut Vec<Frame>) {
        self.end(out);
    }
}

/// Datagrams of all senders.
pub struct Datagrams {
    assembler: Assembler,
    began: Instant,
}

impl Default for Datagrams {
    fn default() -> Self {
        Self {
            assembler: Assembler::default(),
            began: Instant::now(),
        }
    }
}

impl Reading for Datagrams {
    fn read(&mut self, peer: IpAddr, datagram: Bytes, refusals: &Refusals) -> Option<Frame> {
        let door = PROTOCOL.door.as_str();
        let message = self.assembler.push(peer, datagram, self.began.elapsed());
        for _ in 0..self.assembler.take_lost() {
            refusals.note(door, Refusal::Silence, &"chunks that never came");
        }
        let read = |message: Option<Bytes>| -> Result<Option<Frame>, Malformed> {
            let Some(message) = message else { return Ok(None) };
            decompressed(message, RECORD_BYTES_MAX).map(Some)
        };
        match message.and_then(read) {
            Ok(Some(Frame::Record(message))) if message.trim_ascii().is_empty() => None,
            Ok(Some(Frame::Record(message))) => Some(Frame::Record(record::to_ecs(message))),
            Ok(other) => other,
            Err(malformed) => {
                refusals.note(door, Refusal::Malformed, &format_args!("{peer}: {malformed}"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(bytes: &[u8], piece: usize) -> Vec<Frame> {
        let mut framer = Framer::new(64);
        let mut out = Vec::new();
        bytes.chunks(piece).for_each(|piece| framer.push(piece, &mut out));
        framer.finish(&mut out);
        out
    }

    #[test]
    fn messages_end_with_nul_and_a_long_one_does_not_spoil_the_next() {
        let stream = [&b"{\"a\":1}\0\0"[..], &[b'x'; 100], b"\0{\"b\":2}"].concat();
        let record = |text: &'static str| Frame::Record(Bytes::from_static(text.as_bytes()));
        let too_long = Frame::TooLong {
            kept: Bytes::from(vec![b'x'; 64]),
            length_bytes: 100,
        };
        for piece in [1, 7, 1_000] {
            assert_eq!(
                frames(&stream, piece),
                [record("{\"a\":1}"), too_long.clone(), record("{\"b\":2}")]
            );
        }
    }

    proptest! {
        #[test]
        fn how_the_bytes_are_cut_changes_nothing(bytes in proptest::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..300), piece in 1_usize..40) {
            prop_assert_eq!(frames(&bytes, piece), frames(&bytes, 1_000));
        }
    }
}
