//! Zeek's TSV logs, each line as the JSON that travels on.

use super::{Input, KEPT_BYTES_MAX};
use crate::{
    follow::lines::{Line, Lines},
    ingest::Frame,
};
use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

/// How such a log begins.
pub(super) const BEGINNING: &[u8] = b"#separator ";

pub(super) struct Table {
    input: Input,
    lines: Lines,
    ready: VecDeque<Line>,
    is_over: bool,
}

impl Table {
    pub(super) fn new(input: Input) -> Self {
        Self {
            input,
            lines: Lines::default(),
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    fn read(&mut self) -> io::Result<()> {
        let mut out = Vec::new();
        let bytes = self.input.fill_buf()?;
        let count = bytes.len();
        match count {
            0 => {
                self.lines.finish(&mut out);
                self.is_over = true;
            }
            _ => self.lines.push(bytes, &mut out),
        }
        self.input.consume(count);
        self.ready.extend(out);
        Ok(())
    }
}

impl Iterator for Table {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.ready.pop_front().map(|line| line.frame) {
                Some(Frame::Record(record)) => return Some(Ok(record.to_vec())),
                Some(Frame::TooLong { kept, .. }) => {
                    let mut cut = kept.to_vec();
                    cut.resize(KEPT_BYTES_MAX, b' ');
                    return Some(Ok(cut));
                }
                None if self.is_over => return None,
                None => match self.read() {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Some(Err(error)),
                },
            }
        }
    }
}
