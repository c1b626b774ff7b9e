//! Datagrams to GELF messages: chunks put together, gzip and zlib undone.
//!
//! Invariant: what waits for its other chunks is bounded in number, bytes and time; so is what a message decompresses to.

use crate::ingest::Frame;
use bytes::Bytes;
use flate2::bufread::{GzDecoder, ZlibDecoder};
use std::{
    collections::{HashMap, VecDeque},
    io::Read,
    net::IpAddr,
    time::Duration,
};

const CHUNK_MAGIC: [u8; 2] = [0x1e, 0x0f];
const CHUNK_HEADER_BYTES: usize = 12;
const CHUNKS_MAX: u8 = 128;
/// All chunks of a message come within this time.
const MESSAGE_WAIT_MAX: Duration = Duration::from_secs(5);
const MESSAGES_MAX: usize = 4_096;
const WAITING_BYTES_MAX: usize = 32 << 20;
/// What a message may decompress to, so that the length of a long one can be said.
const DECOMPRESSED_BYTES_MAX: u64 = 64 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("a chunk without a message's id, number and count")]
    Header,
    #[error("a chunk that does not fit to the others of its message")]
    Chunk,
    #[error("a message whose compression is broken")]
    Compression,
}

/// Whose message it is and which.
type Key = (IpAddr, [u8; 8]);

struct Waiting {
    chunks: Vec<Option<Bytes>>,
    missing: usize,
    bytes: usize,
}

#[derive(Default)]
pub struct Assembler {
    waiting: HashMap<Key, Waiting>,
    /// Oldest first, also those that are complete by now.
    order: VecDeque<(Duration, Key)>,
    bytes: usize,
    lost: u64,
}

impl Assembler {
    /// Messages given up since this was asked last: chunks did not come, or there was no room to wait for them.
    pub fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// A datagram at `now`, which counts from any moment: the message that it makes or completes.
    pub fn push(&mut self, peer: IpAddr, datagram: Bytes, now: Duration) -> Result<Option<Bytes>, Malformed> {
        self.give_up(|age, assembler| {
            now.saturating_sub(age) > MESSAGE_WAIT_MAX
                || assembler.order.len() >= MESSAGES_MAX
                || assembler.bytes > WAITING_BYTES_MAX
        });
        if !datagram.starts_with(&CHUNK_MAGIC) {
            return Ok(Some(datagram));
        }
        let header: [u8; CHUNK_HEADER_BYTES] = datagram
            .get(..CHUNK_HEADER_BYTES)
            .and_then(|header| header.try_into().ok())
            .ok_or(Malformed::Header)?;
        let [_, _, id @ .., number, count] = header;
        if count == 0 || count > CHUNKS_MAX || number >= count {
            return Err(Malformed::Header);
        }
        self.add((peer, id), number, count, datagram.slice(CHUNK_HEADER_BYTES..), now)
    }

    fn add(&mut self, key: Key, number: u8, count: u8, part: Bytes, now: Duration) -> Result<Option<Bytes>, Malformed> {
        let waiting = self.waiting.entry(key).or_insert_with(|| {
            self.order.push_back((now, key));
            Waiting {
                chunks: vec![None; usize::from(count)],
                missing: usize::from(count),
                bytes: 0,
            }
        });
        if waiting.chunks.len() != usize::from(count) {
            return Err(Malformed::Chunk);
        }
        match waiting.chunks.get_mut(usize::from(number)) {
            Some(place @ None) => {
                self.bytes += part.len();
                waiting.bytes += part.len();
                waiting.missing -= 1;
                *place = Some(part);
            }
            // The network may bring a datagram twice.
            _ => return Ok(None),
        }
        if waiting.missing > 0 {
            return Ok(None);
        }
        let Some(complete) = self.waiting.remove(&key) else {
            return Ok(None);
        };
        self.bytes -= complete.bytes;
        let chunks: Vec<Bytes> = complete.chunks.into_iter().flatten().collect();
        Ok(Some(Bytes::from(chunks.concat())))
    }

    /// Gives up the oldest while `is_due` says so.
    fn give_up(&mut self, is_due: impl Fn(Duration, &Self) -> bool) {
        while let Some((began, key)) = self.order.front().copied() {
            let is_complete = !self.waiting.contains_key(&key);
            if !is_complete && !is_due(began, self) {
                return;
            }
            self.order.pop_front();
            if let Some(given_up) = self.waiting.remove(&key) {
                self.bytes -= given_up.bytes;
                self.lost += 1;
            }
        }
    }
}

/// A message's bytes as JSON: gzip and zlib are told by their first bytes.
pub fn decompressed(message: Bytes, record_bytes_max: usize) -> Result<Frame, Malformed> {
    match message[..] {
        [0x1f, 0x8b, ..] => inflated(GzDecoder::new(&message[..]), record_bytes_max),
        [first, second, ..] if first & 0x0f == 8 && u16::from_be_bytes([first, second]) % 31 == 0 => {
            inflated(ZlibDecoder::new(&message[..]), record_bytes_max)
        }
        _ => Ok(framed(message.to_vec(), message.len() as u64, record_bytes_max)),
    }
}

fn inflated(reader: impl Read, record_bytes_max: usize) -> Result<Frame, Malformed> {
    let mut limited = reader.take(DECOMPRESSED_BYTES_MAX);
    let mut kept = Vec::new();
    limited
        .by_ref()
        .take(record_bytes_max as u64 + 1)
        .read_to_end(&mut kept)
        .map_err(|_| Malformed::Compression)?;
    let rest = std::io::copy(&mut limited, &mut std::io::sink()).map_err(|_| Malformed::Compression)?;
    let length_bytes = kept.len() as u64 + rest;
    Ok(framed(kept, length_bytes, record_bytes_max))
}

fn framed(mut kept: Vec<u8>, length_bytes: u64, record_bytes_max: usize) -> Frame {
    match length_bytes > record_bytes_max as u64 {
        true => {
            kept.truncate(record_bytes_max);
            Frame::TooLong {
                kept: Bytes::from(kept),
                length_bytes,
            }
        }
        false => Frame::Record(Bytes::from(kept)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{io::Write, net::Ipv4Addr};

    const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn chunk(id: u8, number: u8, count: u8, part: &[u8]) -> Bytes {
        Bytes::from([&CHUNK_MAGIC[..], &[id; 8], &[number, count], part].concat())
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn chunks_in_any_order_make_a_message_and_late_ones_none() {
        let mut assembler = Assembler::default();
        let mut push = |datagram, now| assembler.push(PEER, datagram, at(now));
        assert_eq!(push(Bytes::from_static(b"{}"), 0), Ok(Some(Bytes::from_static(b"{}"))));
        assert_eq!(push(chunk(1, 1, 2, b"world"), 0), Ok(None));
        assert_eq!(push(chunk(2, 0, 2, b"lost "), 1), Ok(None));
        assert_eq!(push(chunk(1, 1, 2, b"world"), 1), Ok(None), "the same datagram again");
        let whole = Bytes::from_static(b"hello world");
        assert_eq!(push(chunk(1, 0, 2, b"hello "), 2), Ok(Some(whole)));
        assert_eq!(push(chunk(2, 1, 2, b"late"), 9), Ok(None));
        assert_eq!(
            (assembler.take_lost(), assembler.waiting.len(), assembler.bytes),
            (1, 1, 4)
        );
    }

    #[test]
    fn chunks_that_cannot_be_are_refused() {
        let mut assembler = Assembler::default();
        let mut push = |datagram| assembler.push(PEER, datagram, at(0));
        assert_eq!(push(Bytes::from_static(b"\x1e\x0fshort")), Err(Malformed::Header));
        assert_eq!(push(chunk(1, 2, 2, b"")), Err(Malformed::Header));
        assert_eq!(push(chunk(1, 0, 129, b"")), Err(Malformed::Header));
        assert_eq!(push(chunk(1, 0, 2, b"")), Ok(None));
        assert_eq!(push(chunk(1, 1, 3, b"")), Err(Malformed::Chunk));
    }

    #[test]
    fn a_flood_of_beginnings_is_bounded_and_counted() {
        let mut assembler = Assembler::default();
        for n in 0..20_000_u32 {
            let peer = IpAddr::V4(Ipv4Addr::from(n));
            assert_eq!(assembler.push(peer, chunk(1, 0, 2, &[0; 8_000]), at(0)), Ok(None));
            assert!(assembler.bytes <= WAITING_BYTES_MAX + 8_000 && assembler.order.len() <= MESSAGES_MAX);
        }
        assert_eq!(assembler.take_lost() as usize + assembler.waiting.len(), 20_000);
    }

    #[test]
    fn compression_is_told_by_its_first_bytes_and_a_bomb_is_cut() {
        let squeeze = |bytes: &[u8]| {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            gzip.write_all(bytes).unwrap();
            zlib.write_all(bytes).unwrap();
            [bytes.to_vec(), gzip.finish().unwrap(), zlib.finish().unwrap()]
        };
        for message in squeeze(b"{\"a\":1}") {
            assert_eq!(
                decompressed(Bytes::from(message), 64),
                Ok(Frame::Record(Bytes::from_static(b"{\"a\":1}")))
            );
        }
        for message in squeeze(&[b' '; 100_000]) {
            let cut = decompressed(Bytes::from(message), 64).unwrap();
            assert!(matches!(cut, Frame::TooLong { kept, length_bytes: 100_000 } if kept.len() == 64));
        }
        assert_eq!(
            decompressed(Bytes::from_static(b"\x1f\x8bnope"), 64),
            Err(Malformed::Compression)
        );
    }

    proptest! {
        #[test]
        fn the_order_of_chunks_changes_nothing(
            (parts, order) in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 1..20)
                .prop_flat_map(|parts| { let numbers: Vec<usize> = (0..parts.len()).collect(); (Just(parts), Just(numbers).prop_shuffle()) })
        ) {
            let mut assembler = Assembler::default();
            let count = u8::try_from(parts.len()).unwrap();
            let mut made = Vec::new();
            for number in order {
                let datagram = chunk(7, u8::try_from(number).unwrap(), count, &parts[number]);
                made.extend(assembler.push(PEER, datagram, at(0)).unwrap());
            }
            prop_assert_eq!(made, vec![Bytes::from(parts.concat())]);
            prop_assert_eq!(assembler.bytes, 0);
        }

        #[test]
        fn any_datagrams_are_messages_or_refusals(datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let mut assembler = Assembler::default();
            for datagram in datagrams {
                if let Ok(Some(message)) = assembler.push(PEER, Bytes::from(datagram), at(0)) {
                    let _ = decompressed(message, 64);
                }
            }
        }
    }
}
