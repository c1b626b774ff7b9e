//! EVTX, one chunk of 64 KiB at a time.

use super::Input;
use std::{collections::VecDeque, io};
use watchfloor_engine::normalize::evtx::{self, Unreadable};

const HEADER_BYTES: usize = 4_096;
const CHUNK_BYTES: usize = 65_536;

/// The records as rendered JSON. What cannot be read comes as a line that says so: it will be a dead letter.
pub(super) fn records(mut input: Input) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>> + Send> {
    let mut header = vec![0; HEADER_BYTES];
    let read = fill(&mut input, &mut header)?;
    header.truncate(read);
    Ok(Chunks {
        input,
        header,
        number: 0,
        ready: VecDeque::new(),
    })
}

struct Chunks {
    input: Input,
    header: Vec<u8>,
    number: usize,
    ready: VecDeque<Vec<u8>>,
}

impl Iterator for Chunks {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() {
            match self.read_chunk() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
        self.ready.pop_front().map(Ok)
    }
}

impl Chunks {
    /// Whether there was one.
    fn read_chunk(&mut self) -> io::Result<bool> {
        let mut file = self.header.clone();
        file.resize(self.header.len() + CHUNK_BYTES, 0);
        let (header, chunk) = file.split_at_mut(self.header.len());
        let read = fill(&mut self.input, chunk)?;
        let bytes = header.len() + read;
        file.truncate(bytes);
        if read == 0 && self.number > 0 {
            return Ok(false);
        }
        let number = self.number;
        self.number += 1;
        match evtx::records(&file) {
            Ok(records) => {
                let records = records.map(|record| record.unwrap_or_else(|error| said(number, &error)));
                self.ready.extend(records);
            }
            Err(error) => self.ready.push_back(said(number, &error)),
        }
        Ok(read > 0)
    }
}

fn said(chunk: usize, error: &Unreadable) -> Vec<u8> {
    let text = match error {
        Unreadable::NotEvtx => "the file ends inside its header".to_owned(),
        Unreadable::Chunk { reason, .. } => format!("chunk {chunk}: {reason}"),
        Unreadable::Record { reason, .. } => format!("a record in chunk {chunk}: {reason}"),
        Unreadable::Truncated { .. } => format!("the file ends inside chunk {chunk}"),
    };
    format!("{}{text}", evtx::UNREADABLE).into_bytes()
}

/// Reads until the buffer is full or the input ends.
fn fill(input: &mut Input, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
