//! JSON records in a stream: one per line, or values one after the other, with or without a list around them.

use super::{Input, KEPT_BYTES_MAX};
use std::io::{self, BufRead};

const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

fn trimmed(head: &[u8]) -> &[u8] {
    head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start()
}

pub(super) fn looks_like_json(head: &[u8]) -> bool {
    trimmed(head).starts_with(b"{") || trimmed(head).starts_with(b"[")
}

/// Whether each line is a record. A list is not, nor an object that goes on below its first line; a broken first line is.
pub(super) fn is_lines(head: &[u8]) -> bool {
    let head = trimmed(head);
    if head.starts_with(b"[") {
        return false;
    }
    let mut lines = head.splitn(2, |byte| *byte == b'\n');
    let (first, second) = (lines.next().unwrap_or_default(), lines.next());
    let mut depth = Depth::default();
    first.iter().for_each(|byte| depth.step(*byte));
    match second {
        Some(second) if head.starts_with(b"{") && depth.level > 0 => second.starts_with(b"{"),
        _ => true,
    }
}

/// One record per line; empty lines are none.
pub(super) struct Lines {
    input: Input,
}

impl Lines {
    pub(super) fn new(input: Input) -> Self {
        Self { input }
    }
}

impl Iterator for Lines {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut line = Vec::new();
            match read_line(&mut self.input, &mut line) {
                Ok(false) if line.is_empty() => return None,
                Ok(_) => {
                    let record = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&line).trim_ascii();
                    if !record.is_empty() {
                        return Some(Ok(record.to_vec()));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Reads to the end of the line and keeps the start of it. Whether there was a line end.
fn read_line(input: &mut Input, line: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        let ready = input.fill_buf()?;
        if ready.is_empty() {
            return Ok(false);
        }
        let end = ready.iter().position(|byte| *byte == b'\n');
        let part = ready.get(..end.unwrap_or(ready.len())).unwrap_or_default();
        let room = KEPT_BYTES_MAX.saturating_sub(line.len()).min(part.len());
        line.extend_from_slice(part.get(..room).unwrap_or_default());
        let read = part.len() + usize::from(end.is_some());
        input.consume(read);
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// How deep in brackets a place in JSON is.
#[derive(Debug, Default, Clone, Copy)]
struct Depth {
    level: u64,
    in_text: bool,
    escaped: bool,
}

impl Depth {
    fn step(&mut self, byte: u8) {
        if self.escaped {
            self.escaped = false;
        } else if self.in_text {
            match byte {
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
        } else {
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.level += 1,
                b'}' | b']' => self.level = self.level.saturating_sub(1),
                _ => {}
            }
        }
    }
}

/// Values with commas, line ends or nothing between them. The brackets of a list around them are not theirs.
pub(super) struct Values {
    input: Input,
}

impl Values {
    pub(super) fn new(input: Input) -> Self {
        Self { input }
    }
}

impl Iterator for Values {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut value = Vec::new();
        match read_value(&mut self.input, &mut value) {
            Ok(()) if value.is_empty() => None,
            Ok(()) => Some(Ok(value)),
            Err(error) => Some(Err(error)),
        }
    }
}

fn read_value(input: &mut Input, value: &mut Vec<u8>) -> io::Result<()> {
    let mut depth = Depth::default();
    loop {
        let ready = input.fill_buf()?;
        if ready.is_empty() {
            return Ok(());
        }
        let mut read = 0;
        let mut done = false;
        for byte in ready {
            let outside = depth.level == 0 && !depth.in_text;
            let between = byte.is_ascii_whitespace() || b",[]\xef\xbb\xbf".contains(byte);
            if outside && between && value.is_empty() {
                read += 1;
                continue;
            }
            if outside && between {
                done = true;
                break;
            }
            depth.step(*byte);
            read += 1;
            if value.len() < KEPT_BYTES_MAX {
                value.push(*byte);
            }
            if depth.level == 0 && *byte == b'}' {
                done = true;
                break;
            }
        }
        input.consume(read);
        if done {
            return Ok(());
        }
    }
}
