//! Bytes to records: lines, or the elements of one JSON array, however the bytes are cut into pieces.
//!
//! Invariant: memory is bounded by one record's limit, and nothing but white space, a byte order mark and the array's own
//! brackets and commas is left out. Whether a record is valid is not asked here: the pipeline says so, and keeps what is not.

use super::Frame;
use bytes::{Bytes, BytesMut};

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

pub struct Splitter {
    shape: Shape,
    record_bytes_max: usize,
    kept_bytes: usize,
    current: BytesMut,
    length_bytes: u64,
}

enum Shape {
    /// Before the first byte that says what it is; how much of a byte order mark was seen.
    Unknown {
        mark: usize,
    },
    Lines,
    Array(Element),
}

/// Where in an array's element the next byte is.
#[derive(Default)]
struct Element {
    depth: u64,
    in_string: bool,
    is_escaped: bool,
}

/// What a byte does to an element.
enum Role {
    Content,
    /// White space or a comma between elements.
    Between,
    EndsElement,
    EndsArray,
}

impl Splitter {
    pub fn new(record_bytes_max: usize, kept_bytes: usize) -> Self {
        Self {
            shape: Shape::Unknown { mark: 0 },
            record_bytes_max,
            kept_bytes: kept_bytes.min(record_bytes_max),
            current: BytesMut::new(),
            length_bytes: 0,
        }
    }

    /// Adds bytes; complete records go to `out`.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut Vec<Frame>) {
        while !bytes.is_empty() {
            bytes = match &mut self.shape {
                Shape::Unknown { .. } => self.begin(bytes),
                Shape::Lines => self.line(bytes, out),
                Shape::Array(_) => self.element(bytes, out),
            };
        }
    }

    /// The body ended: what is left is a record too, even one that was cut.
    pub fn finish(&mut self, out: &mut Vec<Frame>) {
        if let Shape::Unknown { mark: mark @ 1..=2 } = self.shape {
            self.append(&BYTE_ORDER_MARK[..mark]);
        }
        self.end_record(out);
    }

    fn begin<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Shape::Unknown { mark } = &mut self.shape else {
            return bytes;
        };
        let Some((first, rest)) = bytes.split_first() else {
            return bytes;
        };
        if BYTE_ORDER_MARK.get(*mark) == Some(first) {
            *mark += 1;
            return rest;
        }
        let mark = *mark;
        if (1..BYTE_ORDER_MARK.len()).contains(&mark) {
            self.shape = Shape::Lines;
            self.append(&BYTE_ORDER_MARK[..mark]);
            return bytes;
        }
        match first {
            b if b.is_ascii_whitespace() => rest,
            b'[' => {
                self.shape = Shape::Array(Element::default());
                rest
            }
            _ => {
                self.shape = Shape::Lines;
                bytes
            }
        }
    }

    fn line<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<Frame>) -> &'a [u8] {
        match bytes.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                self.append(&bytes[..end]);
                self.end_record(out);
                &bytes[end + 1..]
            }
            None => {
                self.append(bytes);
                &[]
            }
        }
    }

    fn element<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<Frame>) -> &'a [u8] {
        let is_begun = self.length_bytes > 0;
        let Shape::Array(element) = &mut self.shape else {
            return bytes;
        };
        let mut end = 0;
        let mut role = Role::Content;
        for byte in bytes {
            role = element.take(*byte, is_begun || end > 0);
            if !matches!(role, Role::Content) {
                break;
            }
            end += 1;
        }
        self.append(&bytes[..end]);
        match role {
            Role::Content => return &[],
            Role::Between => {}
            Role::EndsElement => self.end_record(out),
            Role::EndsArray => {
                self.end_record(out);
                // What follows an array is not telemetry, but it is kept for whoever looks for what went wrong.
                self.shape = Shape::Lines;
            }
        }
        &bytes[end + 1..]
    }

    fn append(&mut self, bytes: &[u8]) {
        self.length_bytes = self.length_bytes.saturating_add(bytes.len() as u64);
        if self.is_too_long() {
            let room = self.kept_bytes.saturating_sub(self.current.len()).min(bytes.len());
            self.current.extend_from_slice(&bytes[..room]);
            self.current.truncate(self.kept_bytes);
        } else {
            self.current.extend_from_slice(bytes);
        }
    }

    fn is_too_long(&self) -> bool {
        self.length_bytes > self.record_bytes_max as u64
    }

    fn end_record(&mut self, out: &mut Vec<Frame>) {
        let is_too_long = self.is_too_long();
        let length_bytes = std::mem::take(&mut self.length_bytes);
        let record = self.current.split().freeze();
        if is_too_long {
            // Its buffer had grown to the limit.
            self.current = BytesMut::new();
            let kept = Bytes::copy_from_slice(&record);
            out.push(Frame::TooLong { kept, length_bytes });
            return;
        }
        let trimmed = record.trim_ascii_end();
        if !trimmed.trim_ascii_start().is_empty() {
            out.push(Frame::Record(record.slice(..trimmed.len())));
        }
    }
}

impl Element {
    fn take(&mut self, byte: u8, is_begun: bool) -> Role {
        if self.in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return Role::Content;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b']' if self.depth == 0 => return Role::EndsArray,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b',' if self.depth == 0 && is_begun => return Role::EndsElement,
            b',' if self.depth == 0 => return Role::Between,
            byte if !is_begun && byte.is_ascii_whitespace() => return Role::Between,
            _ => {}
        }
        Role::Content
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(body: &[u8], piece: usize) -> Vec<Frame> {
        let mut splitter = Splitter::new(64, 8);
        let mut out = Vec::new();
        for bytes in body.chunks(piece.max(1)) {
            splitter.push(bytes, &mut out);
        }
        splitter.finish(&mut out);
        out
    }

    fn records(body: &str) -> Vec<String> {
        let texts = split(body.as_bytes(), 7).into_iter().map(|item| match item {
            Frame::Record(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Frame::TooLong { length_bytes, .. } => format!("<{length_bytes}>"),
        });
        texts.collect()
    }

    #[test]
    fn lines_keep_their_bytes_and_blank_ones_are_no_records() {
        assert_eq!(records("{\"a\":1}\r\n\n  \n{\"b\":2}"), ["{\"a\":1}", "{\"b\":2}"]);
        assert_eq!(records("\u{feff}{\"a\":1}\n{\"b\""), ["{\"a\":1}", "{\"b\""]);
        assert_eq!(records(""), [""; 0]);
        assert_eq!(split(b"\xef\xbbx\n\0\xff\n", 1), split(b"\xef\xbbx\n\0\xff\n", 99));
        assert_eq!(split(b"\0\xff\n", 1), [Frame::Record(Bytes::from_static(b"\0\xff"))]);
    }

    #[test]
    fn an_array_gives_its_elements() {
        let body = r#" [ {"a":"],[\"{"} , {"b":[1,2]},3 ] "#;
        assert_eq!(records(body), [r#"{"a":"],[\"{"}"#, r#"{"b":[1,2]}"#, "3"]);
        assert_eq!(records("[]"), [""; 0]);
        assert_eq!(records("[{\"a\":1},{\"b\""), ["{\"a\":1}", "{\"b\""]);
        assert_eq!(records("[1]\nrest"), ["1", "rest"]);
        assert_eq!(records(&"[".repeat(40)), ["[".repeat(39)]);
    }

    #[test]
    fn a_long_record_is_cut_and_the_next_one_is_whole() {
        let body = format!("{}\n{}\nz", "x".repeat(64), "y".repeat(100_000));
        for piece in [1, 63, 1_000_000] {
            let out = split(body.as_bytes(), piece);
            let kept = Bytes::from_static(b"yyyyyyyy");
            assert_eq!(
                out[1..],
                [
                    Frame::TooLong {
                        kept,
                        length_bytes: 100_000
                    },
                    Frame::Record(Bytes::from_static(b"z"))
                ]
            );
        }
    }

    proptest! {
        #[test]
        fn how_the_bytes_are_cut_changes_nothing(body in proptest::collection::vec(prop_oneof![Just(b'['), Just(b']'), Just(b'"'), Just(b'\\'), Just(b','), Just(b'\n'), any::<u8>()], 0..300), piece in 1_usize..40) {
            prop_assert_eq!(split(&body, piece), split(&body, 1_000));
        }
    }
}
