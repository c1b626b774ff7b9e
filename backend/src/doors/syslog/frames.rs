//! Bytes of a TCP stream to syslog messages: octet-counted (RFC 6587 3.4.1) or ended by a line feed or NUL, told by the first byte
//! of each frame, however the bytes are cut into pieces.
//!
//! Invariant: memory is bounded by one message's limit; a longer message is cut, never mixed with the next.

use crate::ingest::Frame;
use bytes::BytesMut;

/// No length has more digits: a message of a gigabyte is a mistake.
const LENGTH_DIGITS_MAX: usize = 9;

pub struct Framer {
    message_bytes_max: usize,
    /// The frame so far, at most `message_bytes_max` of it.
    current: BytesMut,
    length_bytes: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between frames.
    Begin,
    /// In what may be a length.
    Digits,
    /// In a counted message, so many bytes before its end.
    Counted {
        left: u64,
    },
    Line,
}

impl Framer {
    pub fn new(message_bytes_max: usize) -> Self {
        Self {
            message_bytes_max,
            current: BytesMut::new(),
            length_bytes: 0,
            state: State::Begin,
        }
    }

    /// Whether a frame has begun and not ended.
    pub fn is_inside(&self) -> bool {
        self.state != State::Begin
    }

    pub fn push(&mut self, mut bytes: &[u8], out: &mut Vec<Frame>) {
        while let Some(first) = bytes.first() {
            bytes = match self.state {
                State::Begin => self.begin(*first, bytes),
                State::Digits => self.digits(*first, bytes),
                State::Counted { left } => self.counted(left, bytes, out),
                State::Line => self.line(bytes, out),
            };
        }
    }

    /// The stream ended: a line needs no end then, a counted message does.
    pub fn finish(&mut self, out: &mut Vec<Frame>) {
        let is_line = matches!(self.state, State::Digits | State::Line);
        match self.end() {
            Frame::Record(rest) => {
                let rest = rest.slice_ref(rest.trim_ascii());
                if is_line && !rest.is_empty() {
                    out.push(Frame::Record(rest));
                }
            }
            too_long => out.push(too_long),
        }
    }

    fn begin<'a>(&mut self, first: u8, bytes: &'a [u8]) -> &'a [u8] {
        self.state = match first {
            b'\n' | b'\r' | 0 => return &bytes[1..],
            b'1'..=b'9' => State::Digits,
            _ => State::Line,
        };
        bytes
    }

    /// `123 <34>1 …` is counted; any other digits begin a line.
    fn digits<'a>(&mut self, first: u8, bytes: &'a [u8]) -> &'a [u8] {
        if first.is_ascii_digit() && self.current.len() < LENGTH_DIGITS_MAX {
            self.append(&bytes[..1]);
            return &bytes[1..];
        }
        let digits = std::str::from_utf8(&self.current).ok();
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(left) if first == b' ' => {
                self.current.clear();
                self.length_bytes = 0;
                self.state = State::Counted { left };
                &bytes[1..]
            }
            _ => {
                self.state = State::Line;
                bytes
            }
        }
    }

    fn counted<'a>(&mut self, left: u64, bytes: &'a [u8], out: &mut Vec<Frame>) -> &'a [u8] {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        self.append(&bytes[..count]);
        match left - count as u64 {
            0 => out.push(self.end()),
            left => self.state = State::Counted { left },
        }
        &bytes[count..]
    }

    fn line<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<Frame>) -> &'a [u8] {
        let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | 0)) else {
            self.append(bytes);
            return &[];
        };
        self.append(&bytes[..end]);
        match self.end() {
            Frame::Record(line) => {
                let line = line.slice_ref(line.trim_ascii_end());
                if !line.is_empty() {
                    out.push(Frame::Record(line));
                }
            }
            too_long => out.push(too_long),
        }
        &bytes[end + 1..]
    }

    fn append(&mut self, bytes: &[u8]) {
        self.length_bytes = self.length_bytes.saturating_add(bytes.len() as u64);
        let room = self.message_bytes_max.saturating_sub(self.current.len());
        self.current.extend_from_slice(&bytes[..room.min(bytes.len())]);
    }

    fn end(&mut self) -> Frame {
        self.state = State::Begin;
        let length_bytes = std::mem::take(&mut self.length_bytes);
        let kept = self.current.split().freeze();
        match length_bytes > self.message_bytes_max as u64 {
            true => Frame::TooLong { kept, length_bytes },
            false => Frame::Record(kept),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn frames(bytes: &[u8], piece: usize) -> Vec<Frame> {
        let mut framer = Framer::new(16);
        let mut out = Vec::new();
        for piece in bytes.chunks(piece.max(1)) {
            framer.push(piece, &mut out);
        }
        framer.finish(&mut out);
        out
    }

    fn message(text: &'static str) -> Frame {
        Frame::Record(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn both_framings_are_read_on_one_connection() {
        let stream = b"5 <1>a\n<2>b\r\n\n3 <3>3 <4>\0<5>c\0<6>end";
        let expected = [
            message("<1>a\n"),
            message("<2>b"),
            message("<3>"),
            message("<4>"),
            message("<5>c"),
            message("<6>end"),
        ];
        for piece in [1, 2, 7, 100] {
            assert_eq!(frames(stream, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_long_message_is_cut_and_the_next_one_is_whole() {
        let long = format!("40 {}6 <1>abc<2>{}\n<3>d\n", "x".repeat(40), "y".repeat(50));
        for piece in [1, 5, 1_000] {
            let found = frames(long.as_bytes(), piece);
            let lengths: Vec<u64> = found
                .iter()
                .map(|frame| match frame {
                    Frame::Record(message) => message.len() as u64,
                    Frame::TooLong { length_bytes, .. } => *length_bytes,
                })
                .collect();
            assert_eq!(lengths, [40, 6, 53, 4], "in pieces of {piece}");
            assert!(matches!(&found[0], Frame::TooLong { kept, .. } if kept.len() <= 16));
        }
    }

    /// A connection takes frames away as they come.
    #[test]
    fn how_a_long_message_is_cut_changes_nothing() {
        let long = format!("40 {}<2>{}\n", "x".repeat(40), "y".repeat(50));
        let taken_away = |piece| {
            let mut framer = Framer::new(16);
            let mut taken = Vec::new();
            for bytes in long.as_bytes().chunks(piece) {
                let mut out = Vec::new();
                framer.push(bytes, &mut out);
                taken.extend(out);
            }
            taken
        };
        let whole = taken_away(1_000);
        assert!(matches!(
            whole[..],
            [
                Frame::TooLong { length_bytes: 40, .. },
                Frame::TooLong { length_bytes: 53, .. }
            ]
        ));
        for piece in [1, 7, 20] {
            assert_eq!(taken_away(piece), whole, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_counted_message_that_broke_off_is_none() {
        assert_eq!(frames(b"9 <1>half", 3), []);
    }

    proptest! {
        #[test]
        fn any_bytes_are_frames_within_the_limit(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b' '), Just(b'1'), Just(b'9'), any::<u8>()], 0..300), piece in 1_usize..40) {
            for frame in frames(&bytes, piece) {
                let (Frame::Record(kept) | Frame::TooLong { kept, .. }) = frame;
                prop_assert!(kept.len() <= 16);
            }
        }
    }
}
