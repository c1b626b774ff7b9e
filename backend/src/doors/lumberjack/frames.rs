//! Bytes of a connection to what Lumberjack 2 says: windows and JSON records, in compressed frames too, however the bytes are cut.
//!
//! Invariant: memory is bounded by one record's limit and one buffer, whatever lengths a frame claims and however well it is
//! compressed.

use crate::ingest::Frame;
use bytes::BytesMut;
use flate2::{Decompress, FlushDecompress, Status};

const VERSION: u8 = b'2';
/// No record is longer, not even one that is cut.
const PAYLOAD_BYTES_MAX: u32 = 64 << 20;
const DECOMPRESSED_BYTES_MAX: u64 = 256 << 20;
const BUFFER_BYTES: usize = 16 << 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// So many records come before an acknowledgement is waited for.
    Window(u32),
    Record {
        sequence: u32,
        frame: Frame,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("version {0:#04x} is not Lumberjack 2")]
    Version(u8),
    #[error("frames of type {0:#04x} are not taken: JSON, windows and compressed frames are")]
    Type(u8),
    #[error("a compressed frame is inside another one")]
    Nested,
    #[error("a compressed frame is not zlib")]
    Zlib,
    #[error("a compressed frame ends in the middle of another one")]
    Cut,
    #[error("a frame is larger than any record")]
    TooLarge,
    #[error("a record comes outside any window")]
    NoWindow,
    #[error("a window is larger than {} records", super::WINDOW_RECORDS_MAX)]
    WindowTooLarge,
}

pub struct Parser {
    outer: Cutter,
    inflating: Option<Inflating>,
    record_bytes_max: usize,
}

impl Parser {
    pub fn new(record_bytes_max: usize) -> Self {
        Self {
            outer: Cutter::new(record_bytes_max),
            inflating: None,
            record_bytes_max,
        }
    }

    /// Whether a frame has begun and not ended.
    pub fn is_inside(&self) -> bool {
        self.inflating.is_some() || !self.outer.is_between()
    }

    /// The next thing said, its bytes taken off the front; none until there are more.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<Said>, Malformed> {
        loop {
            let piece = match &mut self.inflating {
                None => self.outer.step(bytes)?,
                Some(inflating) => match inflating.step(bytes)? {
                    Inflated::Piece(Piece::Compressed { .. }) => return Err(Malformed::Nested),
                    Inflated::Piece(piece) => Some(piece),
                    Inflated::Starved => None,
                    Inflated::End => {
                        self.inflating = None;
                        continue;
                    }
                },
            };
            match piece {
                None => return Ok(None),
                Some(Piece::Said(said)) => return Ok(Some(said)),
                Some(Piece::Compressed { length }) => {
                    self.inflating = Some(Inflating::new(length, self.record_bytes_max));
                }
            }
        }
    }
}

/// Cuts frames out of bytes.
struct Cutter {
    state: State,
    /// Of the header that is being read.
    header: [u8; 8],
    filled: usize,
    record_bytes_max: usize,
    kept: BytesMut,
}

#[derive(Clone, Copy)]
enum State {
    /// Version and type.
    Begin,
    Fields(Kind),
    Payload {
        sequence: u32,
        length: u32,
        left: u32,
    },
}

#[derive(Clone, Copy)]
enum Kind {
    Window,
    Json,
    Compressed,
}

enum Piece {
    Said(Said),
    Compressed { length: u32 },
}

impl Cutter {
    fn new(record_bytes_max: usize) -> Self {
        Self {
            state: State::Begin,
            header: [0; 8],
            filled: 0,
            record_bytes_max,
            kept: BytesMut::new(),
        }
    }

    fn is_between(&self) -> bool {
        matches!(self.state, State::Begin) && self.filled == 0
    }

    fn step(&mut self, bytes: &mut &[u8]) -> Result<Option<Piece>, Malformed> {
        loop {
            match self.state {
                State::Begin => {
                    if !self.fill(bytes, 2) {
                        return Ok(None);
                    }
                    if self.header[0] != VERSION {
                        return Err(Malformed::Version(self.header[0]));
                    }
                    self.state = State::Fields(match self.header[1] {
                        b'W' => Kind::Window,
                        b'J' => Kind::Json,
                        b'C' => Kind::Compressed,
                        other => return Err(Malformed::Type(other)),
                    });
                    self.filled = 0;
                }
                State::Fields(kind) => {
                    let need = if matches!(kind, Kind::Json) { 8 } else { 4 };
                    if !self.fill(bytes, need) {
                        return Ok(None);
                    }
                    if let Some(piece) = self.begin(kind)? {
                        return Ok(Some(piece));
                    }
                }
                State::Payload { sequence, length, left } => return Ok(self.payload(bytes, sequence, length, left)),
            }
        }
    }

    /// What a frame's fields say; none for a record, whose payload follows.
    fn begin(&mut self, kind: Kind) -> Result<Option<Piece>, Malformed> {
        let [a, b, c, d, e, f, g, h] = self.header;
        let (first, second) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
        self.filled = 0;
        self.state = State::Begin;
        match kind {
            Kind::Window => Ok(Some(Piece::Said(Said::Window(first)))),
            Kind::Compressed => Ok(Some(Piece::Compressed { length: first })),
            Kind::Json if second > PAYLOAD_BYTES_MAX => Err(Malformed::TooLarge),
            Kind::Json => {
                self.state = State::Payload {
                    sequence: first,
                    length: second,
                    left: second,
                };
                Ok(None)
            }
        }
    }

    fn payload(&mut self, bytes: &mut &[u8], sequence: u32, length: u32, left: u32) -> Option<Piece> {
        let count = (left as usize).min(bytes.len());
        let (here, rest) = bytes.split_at(count);
        *bytes = rest;
        let room = self.record_bytes_max.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&here[..room.min(count)]);
        let left = left - u32::try_from(count).unwrap_or(left);
        if left > 0 {
            self.state = State::Payload { sequence, length, left };
            return None;
        }
        self.state = State::Begin;
        let kept = self.kept.split().freeze();
        let frame = match length as usize > self.record_bytes_max {
            true => Frame::TooLong {
                kept,
                length_bytes: u64::from(length),
            },
            false => Frame::Record(kept),
        };
        Some(Piece::Said(Said::Record { sequence, frame }))
    }

    /// Whether the header has so many bytes now.
    fn fill(&mut self, bytes: &mut &[u8], need: usize) -> bool {
        let count = (need - self.filled).min(bytes.len());
        let (here, rest) = bytes.split_at(count);
        self.header[self.filled..self.filled + count].copy_from_slice(here);
        self.filled += count;
        *bytes = rest;
        self.filled == need
    }
}

/// A compressed frame on its way out.
struct Inflating {
    inflate: Decompress,
    /// Compressed bytes still to come.
    left: u32,
    buffer: Box<[u8]>,
    from: usize,
    to: usize,
    inner: Cutter,
    has_ended: bool,
}

enum Inflated {
    Piece(Piece),
    /// More of the compressed bytes are needed.
    Starved,
    End,
}

impl Inflating {
    fn new(length: u32, record_bytes_max: usize) -> Self {
        Self {
            inflate: Decompress::new(true),
            left: length,
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            from: 0,
            to: 0,
            inner: Cutter::new(record_bytes_max),
            has_ended: false,
        }
    }

    fn step(&mut self, bytes: &mut &[u8]) -> Result<Inflated, Malformed> {
        loop {
            let mut ready = &self.buffer[self.from..self.to];
            let piece = self.inner.step(&mut ready)?;
            self.from = self.to - ready.len();
            if let Some(piece) = piece {
                return Ok(Inflated::Piece(piece));
            }
            if self.has_ended {
                return match (self.left, self.inner.is_between()) {
                    (0, true) => Ok(Inflated::End),
                    (0, false) => Err(Malformed::Cut),
                    _ => Err(Malformed::Zlib),
                };
            }
            if !self.inflate_more(bytes)? {
                return match self.left {
                    0 => Err(Malformed::Zlib),
                    _ if bytes.is_empty() => Ok(Inflated::Starved),
                    _ => Err(Malformed::Zlib),
                };
            }
        }
    }

    /// Refills the buffer; whether anything moved.
    fn inflate_more(&mut self, bytes: &mut &[u8]) -> Result<bool, Malformed> {
        let input = &bytes[..bytes.len().min(self.left as usize)];
        let (taken, made) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(input, &mut self.buffer, FlushDecompress::None)
            .map_err(|_| Malformed::Zlib)?;
        self.has_ended = status == Status::StreamEnd;
        let taken = self.inflate.total_in() - taken;
        let made = self.inflate.total_out() - made;
        if self.inflate.total_out() > DECOMPRESSED_BYTES_MAX {
            return Err(Malformed::TooLarge);
        }
        let taken = usize::try_from(taken).unwrap_or(input.len()).min(input.len());
        *bytes = &bytes[taken..];
        self.left -= u32::try_from(taken).unwrap_or(self.left);
        self.from = 0;
        self.to = usize::try_from(made).unwrap_or(BUFFER_BYTES).min(BUFFER_BYTES);
        Ok(taken > 0 || made > 0 || self.has_ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;
    use std::io::Write;

    const RECORD_BYTES_MAX: usize = 64;

    fn window(count: u32) -> Vec<u8> {
        [&b"2W"[..], &count.to_be_bytes()].concat()
    }

    fn json(sequence: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap();
        [&b"2J"[..], &sequence.to_be_bytes(), &length.to_be_bytes(), payload].concat()
    }

    fn compressed(inner: &[u8]) -> Vec<u8> {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(inner).unwrap();
        let zlib = zlib.finish().unwrap();
        [&b"2C"[..], &u32::try_from(zlib.len()).unwrap().to_be_bytes(), &zlib].concat()
    }

    fn said(bytes: &[u8], piece: usize) -> Result<Vec<Said>, Malformed> {
        let mut parser = Parser::new(RECORD_BYTES_MAX);
        let mut all = Vec::new();
        for mut bytes in bytes.chunks(piece.max(1)) {
            while let Some(said) = parser.next(&mut bytes)? {
                all.push(said);
            }
            assert!(bytes.is_empty());
        }
        Ok(all)
    }

    fn record(sequence: u32, text: &'static str) -> Said {
        Said::Record {
            sequence,
            frame: Frame::Record(Bytes::from_static(text.as_bytes())),
        }
    }

    #[test]
    fn plain_and_compressed_frames_are_read_however_they_are_cut() {
        let inner = [json(2, b"{\"b\":2}"), json(3, b""), json(4, &[b'x'; 100])].concat();
        let stream = [window(5), json(1, b"{\"a\":1}"), compressed(&inner), json(5, b"{}")].concat();
        let too_long = Said::Record {
            sequence: 4,
            frame: Frame::TooLong {
                kept: Bytes::from(vec![b'x'; RECORD_BYTES_MAX]),
                length_bytes: 100,
            },
        };
        let expected = [
            Said::Window(5),
            record(1, "{\"a\":1}"),
            record(2, "{\"b\":2}"),
            record(3, ""),
            too_long,
            record(5, "{}"),
        ];
        for piece in [1, 2, 7, 1_000] {
            assert_eq!(said(&stream, piece).unwrap(), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_is_not_the_protocol_is_refused_by_its_name() {
        assert_eq!(said(b"\x16\x03\x01", 1), Err(Malformed::Version(0x16)));
        assert_eq!(said(b"2D\0\0", 1), Err(Malformed::Type(b'D')));
        assert_eq!(said(b"2J\0\0\0\x01\xff\xff\xff\xff", 3), Err(Malformed::TooLarge));
        assert_eq!(said(&compressed(&compressed(b"")), 9), Err(Malformed::Nested));
        assert_eq!(said(&compressed(&json(1, b"{}")[..9]), 9), Err(Malformed::Cut));
        assert_eq!(said(b"2C\0\0\0\x04nope", 2), Err(Malformed::Zlib));
        let mut longer = compressed(&json(1, b"{}"));
        longer[5] += 1;
        longer.push(0);
        assert_eq!(said(&longer, 100), Err(Malformed::Zlib));
    }

    #[test]
    fn a_bomb_ends_at_its_limit_and_is_never_held() {
        let mut parser = Parser::new(RECORD_BYTES_MAX);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        for sequence in 0..5 {
            zlib.write_all(&json(sequence, &vec![b' '; PAYLOAD_BYTES_MAX as usize]))
                .unwrap();
        }
        let zlib = zlib.finish().unwrap();
        let bomb = [&b"2C"[..], &u32::try_from(zlib.len()).unwrap().to_be_bytes(), &zlib].concat();
        let mut bytes = &bomb[..];
        let outcome = loop {
            match parser.next(&mut bytes) {
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(malformed) => break Err(malformed),
            }
        };
        assert_eq!(outcome, Err(Malformed::TooLarge));
    }

    proptest! {
        #[test]
        fn how_the_bytes_are_cut_changes_nothing(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..100), 0..8),
            noise in proptest::collection::vec(any::<u8>(), 0..40),
            squeeze in any::<bool>(),
            piece in 1_usize..50,
        ) {
            let frames: Vec<u8> = (1..).zip(&payloads).flat_map(|(sequence, payload)| json(sequence, payload)).collect();
            let frames = if squeeze { compressed(&frames) } else { frames };
            let stream = [window(8), frames, noise].concat();
            prop_assert_eq!(said(&stream, piece), said(&stream, usize::MAX));
        }
    }
}
