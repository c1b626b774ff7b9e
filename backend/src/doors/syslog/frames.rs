//! Bytes of a TCP stream to syslog messages: octet-counted (RFC 6587 3.4.1) or ended by a line feed or NUL, told by the first byte
//! of each frame, however the bytes are cut into pieces.
//!
//! Invariant: memory is bounded by one message's limit; a longer message is cut, never mixed with the next.

use bytes::{Buf, Bytes, BytesMut};

/// No length has more digits: a message of a gigabyte is a mistake.
const LENGTH_DIGITS_MAX: usize = 9;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    Message(Bytes),
    /// Longer than the limit: its beginning, and how long it was.
    TooLong {
        kept: Bytes,
        length_bytes: u64,
    },
}

pub struct Framer {
    message_bytes_max: usize,
    buffer: BytesMut,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between frames.
    Begin,
    /// Of a counted message that is too long, so many bytes are still to be passed over.
    Skip { left: u64 },
    /// Of a line that is too long, so many bytes were passed over.
    SkipLine { passed: u64 },
}

impl Framer {
    pub fn new(message_bytes_max: usize) -> Self {
        Self {
            message_bytes_max,
            buffer: BytesMut::new(),
            state: State::Begin,
        }
    }

    /// Whether a frame has begun and not ended.
    pub fn is_inside(&self) -> bool {
        !self.buffer.is_empty() || self.state != State::Begin
    }

    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Frame>) {
        self.buffer.extend_from_slice(bytes);
        while self.step(out) {}
    }

    /// The stream ended: a line needs no end then.
    pub fn finish(&mut self, out: &mut Vec<Frame>) {
        let rest = self.buffer.split().freeze();
        let is_counted = counted(&rest).is_some();
        let rest = rest.slice_ref(rest.trim_ascii());
        if self.state == State::Begin && !rest.is_empty() && !is_counted {
            out.push(Frame::Message(rest));
        }
        self.state = State::Begin;
    }

    /// One frame, or nothing more to do with these bytes.
    fn step(&mut self, out: &mut Vec<Frame>) -> bool {
        match self.state {
            State::Begin => self.begin(out),
            State::Skip { left } => {
                let skipped = left.min(self.buffer.len() as u64);
                self.buffer.advance(skipped as usize);
                self.state = match left - skipped {
                    0 => State::Begin,
                    left => State::Skip { left },
                };
                self.state == State::Begin
            }
            State::SkipLine { passed } => match line_end(&self.buffer) {
                Some(end) => {
                    self.buffer.advance(end + 1);
                    self.state = State::Begin;
                    if let Some(Frame::TooLong { length_bytes, .. }) = out.last_mut() {
                        *length_bytes = (*length_bytes).max(passed + end as u64);
                    }
                    true
                }
                None => {
                    let passed = passed + self.buffer.len() as u64;
                    self.buffer.clear();
                    self.state = State::SkipLine { passed };
                    false
                }
            },
        }
    }

    fn begin(&mut self, out: &mut Vec<Frame>) -> bool {
        let blank = self
            .buffer
            .iter()
            .take_while(|byte| matches!(byte, b'\n' | b'\r' | 0))
            .count();
        self.buffer.advance(blank);
        match counted(&self.buffer) {
            Some((digits, length)) => self.counted(digits, length, out),
            None => self.line(out),
        }
    }

    fn counted(&mut self, digits: usize, length: u64, out: &mut Vec<Frame>) -> bool {
        let fits = usize::try_from(length)
            .ok()
            .filter(|length| *length <= self.message_bytes_max);
        let Some(length_usize) = fits else {
            self.buffer.advance(digits + 1);
            let kept = self
                .buffer
                .split_to(self.buffer.len().min(self.message_bytes_max))
                .freeze();
            self.state = State::Skip {
                left: length - kept.len() as u64,
            };
            out.push(Frame::TooLong {
                kept,
                length_bytes: length,
            });
            return true;
        };
        if self.buffer.len() < digits + 1 + length_usize {
            return false;
        }
        self.buffer.advance(digits + 1);
        out.push(Frame::Message(self.buffer.split_to(length_usize).freeze()));
        true
    }

    fn line(&mut self, out: &mut Vec<Frame>) -> bool {
        match line_end(&self.buffer) {
            Some(end) if end <= self.message_bytes_max => {
                let line = self.buffer.split_to(end).freeze();
                self.buffer.advance(1);
                let line = line.slice_ref(line.trim_ascii_end());
                if !line.is_empty() {
                    out.push(Frame::Message(line));
                }
                true
            }
            Some(_) => self.cut(out),
            None if self.buffer.len() > self.message_bytes_max => self.cut(out),
            None => false,
        }
    }

    fn cut(&mut self, out: &mut Vec<Frame>) -> bool {
        let kept = self.buffer.split_to(self.message_bytes_max).freeze();
        let passed = kept.len() as u64;
        self.state = State::SkipLine { passed };
        out.push(Frame::TooLong {
            kept,
            length_bytes: passed,
        });
        true
    }
}

fn line_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| matches!(byte, b'\n' | 0))
}

/// How many digits the frame's length has, and the length: `123 <34>1 …`.
fn counted(bytes: &[u8]) -> Option<(usize, u64)> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > LENGTH_DIGITS_MAX || bytes[0] == b'0' || bytes.get(digits) != Some(&b' ') {
        return None;
    }
    let length = std::str::from_utf8(&bytes[..digits]).ok()?.parse().ok()?;
    Some((digits, length))
}

#[cfg(test)]
mod tests {
    use super::*;
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
        Frame::Message(Bytes::from_static(text.as_bytes()))
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
                    Frame::Message(message) => message.len() as u64,
                    Frame::TooLong { length_bytes, .. } => *length_bytes,
                })
                .collect();
            assert_eq!(lengths, [40, 6, 53, 4], "in pieces of {piece}");
            assert!(matches!(&found[0], Frame::TooLong { kept, .. } if kept.len() <= 16));
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
                let (Frame::Message(kept) | Frame::TooLong { kept, .. }) = frame;
                prop_assert!(kept.len() <= 16);
            }
        }
    }
}
