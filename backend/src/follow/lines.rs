//! A log's bytes as records: one per line, and Zeek's TSV as the JSON that travels on.
//!
//! Invariant: a line's place is the byte at which it begins, however the bytes are cut; memory is bounded by one record.

use crate::ingest::Frame;
use bytes::{Bytes, BytesMut};
use watchfloor_engine::normalize::{RECORD_BYTES_MAX, zeek::Header};

/// What is kept of a longer line.
const KEPT_BYTES: usize = 64 << 10;
const TSV: &[u8] = b"#separator ";

/// A record and where its line begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub frame: Frame,
    pub offset: u64,
}

/// Cuts lines from bytes that come in order.
#[derive(Debug, Default)]
pub struct Lines {
    /// Where the line begins that is not complete yet, and how much of it came.
    begins: u64,
    length: u64,
    /// Its beginning.
    held: BytesMut,
    /// In a Zeek log of the TSV kind; where its header begins.
    tsv: Option<(Header, u64)>,
}

impl Lines {
    /// From `offset` on, the beginning of a line; under `header`, if there is one, which begins at its own offset.
    pub fn new(offset: u64, header: Option<(Header, u64)>) -> Self {
        Self {
            begins: offset,
            tsv: header,
            ..Self::default()
        }
    }

    /// The end of the last complete line.
    pub fn complete(&self) -> u64 {
        self.begins
    }

    /// Where the header in force begins.
    pub fn header_at(&self) -> Option<u64> {
        self.tsv.as_ref().map(|(_, at)| *at)
    }

    /// Where the next byte to push stands.
    pub fn end(&self) -> u64 {
        self.begins + self.length
    }

    pub fn push(&mut self, mut bytes: &[u8], out: &mut Vec<Line>) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.hold(&bytes[..end]);
            let took = self.length + 1;
            self.end_line(out);
            self.begins += took;
            bytes = &bytes[end + 1..];
        }
        self.hold(bytes);
    }

    /// Forgets a line that is not complete, unless it is too long to be read again and again: its bytes come again.
    pub fn rest(&mut self) {
        if self.length <= RECORD_BYTES_MAX as u64 {
            self.length = 0;
            self.held = BytesMut::new();
        }
    }

    /// Nothing more will come: what is left is a line too.
    pub fn finish(&mut self, out: &mut Vec<Line>) {
        let took = self.length;
        self.end_line(out);
        self.begins += took;
    }

    fn hold(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let limit = match self.length > RECORD_BYTES_MAX as u64 {
            true => KEPT_BYTES,
            false => RECORD_BYTES_MAX,
        };
        let room = limit.saturating_sub(self.held.len()).min(bytes.len());
        self.held.extend_from_slice(&bytes[..room]);
        self.held.truncate(limit);
    }

    fn end_line(&mut self, out: &mut Vec<Line>) {
        let length_bytes = std::mem::take(&mut self.length);
        let held = self.held.split().freeze();
        let offset = self.begins;
        if length_bytes > RECORD_BYTES_MAX as u64 {
            self.held = BytesMut::new();
            let kept = Bytes::copy_from_slice(&held);
            let frame = Frame::TooLong { kept, length_bytes };
            return out.push(Line { frame, offset });
        }
        let line = held.slice(..held.trim_ascii_end().len());
        if line.trim_ascii_start().is_empty() {
            return;
        }
        if let Some(record) = self.record(line, offset) {
            let frame = Frame::Record(record);
            out.push(Line { frame, offset });
        }
    }

    /// The record of a line; none for a line of a header.
    fn record(&mut self, line: Bytes, offset: u64) -> Option<Bytes> {
        if line.starts_with(TSV) {
            self.tsv = Some((Header::default(), offset));
        }
        let Some((header, _)) = &mut self.tsv else {
            return Some(line);
        };
        // Text that is none is for the pipeline to say.
        let Ok(text) = std::str::from_utf8(&line) else {
            return Some(line);
        };
        if Header::is_header(text) {
            header.take(text);
            return None;
        }
        // So is a line that does not fit its header.
        Some(header.record(text).map_or_else(|_| line.clone(), Bytes::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(bytes: &[u8], piece: usize) -> Vec<Line> {
        let (mut lines, mut out) = (Lines::default(), Vec::new());
        for bytes in bytes.chunks(piece) {
            lines.push(bytes, &mut out);
        }
        lines.finish(&mut out);
        out
    }

    fn texts(lines: &[Line]) -> Vec<(u64, String)> {
        let text = |line: &Line| match &line.frame {
            Frame::Record(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Frame::TooLong { length_bytes, .. } => format!("<{length_bytes}>"),
        };
        lines.iter().map(|line| (line.offset, text(line))).collect()
    }

    #[test]
    fn a_line_stands_where_it_begins() {
        let expected = [(0, "a".to_owned()), (4, "bc".to_owned()), (7, "d".to_owned())];
        for piece in 1..9 {
            assert_eq!(texts(&cut(b"a\r\n\nbc\nd", piece)), expected);
        }
    }

    #[test]
    fn zeeks_table_becomes_json_under_its_header() {
        let log = "#separator \\x09\n#path\tconn\n#fields\tuid\tn\n#types\tstring\tcount\nC1\t7\nshort\n#close\tx\n";
        let found = texts(&cut(log.as_bytes(), 5));
        let records: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(records, ["{\"_path\":\"conn\",\"uid\":\"C1\",\"n\":7}", "short"]);
        let mut lines = Lines::default();
        let mut out = Vec::new();
        lines.push(log.as_bytes(), &mut out);
        assert_eq!((lines.header_at(), lines.complete()), (Some(0), log.len() as u64));
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_an_incomplete_one_comes_again() {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        lines.push(b"a\nhal", &mut out);
        lines.rest();
        assert_eq!((lines.complete(), lines.end()), (2, 2));
        lines.push(&vec![b'x'; RECORD_BYTES_MAX + 1], &mut out);
        lines.rest();
        assert_eq!(
            lines.end(),
            RECORD_BYTES_MAX as u64 + 3,
            "a long line is not read twice"
        );
        lines.push(b"yz\nb\n", &mut out);
        let long = RECORD_BYTES_MAX as u64 + 3;
        assert_eq!(
            texts(&out),
            [
                (0, "a".to_owned()),
                (2, format!("<{long}>")),
                (long + 3, "b".to_owned())
            ]
        );
    }

    proptest! {
        #[test]
        fn how_the_bytes_are_cut_changes_nothing(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\t'), Just(b'#'), any::<u8>()], 0..300),
            piece in 1_usize..50,
        ) {
            let mut log = b"#separator \\x09\n#fields\ta\tb\n".to_vec();
            log.extend(&bytes);
            prop_assert_eq!(cut(&log, piece), cut(&log, log.len()));
        }
    }
}
