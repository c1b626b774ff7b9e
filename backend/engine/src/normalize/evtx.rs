//! EVTX files → rendered JSON, one record at a time, which [`super::normalize`] takes like any other record.
//!
//! Invariant: what can be read is read. A broken record or chunk is reported in its place and the rest goes on; no input
//! panics.

use evtx::{EvtxChunkData, ParserSettings};
use std::{collections::VecDeque, panic::AssertUnwindSafe, sync::Arc};

const FILE_HEADER_BYTES: usize = 4096;
const CHUNK_BYTES: usize = 65_536;

/// How the stand-in for a part of an event log that cannot be read begins, in the stream of its records; why follows.
pub const UNREADABLE: &str = "unreadable EVTX: ";

/// What cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Nothing can be read: no event log begins here.
    #[error("not an EVTX file")]
    NotEvtx,
    /// The rest of a chunk of 64 KiB, or all of it.
    #[error("chunk {chunk}: {reason}")]
    Chunk { chunk: usize, reason: String },
    /// One record.
    #[error("a record in chunk {chunk}: {reason}")]
    Record { chunk: usize, reason: String },
    /// The file ends inside a chunk. The records before its end are read.
    #[error("the file ends inside chunk {chunk}")]
    Truncated { chunk: usize },
}

/// The records of an event log in the order of the file, as rendered JSON. Fails if the bytes are not an event log at all.
pub fn records(bytes: &[u8]) -> Result<Records<'_>, Unreadable> {
    if !bytes.starts_with(b"ElfFile\0") || bytes.len() < FILE_HEADER_BYTES {
        return Err(Unreadable::NotEvtx);
    }
    Ok(Records {
        rest: bytes.get(FILE_HEADER_BYTES..).unwrap_or_default(),
        chunk: 0,
        ready: VecDeque::new(),
        settings: Arc::new(ParserSettings::new().indent(false)),
    })
}

/// See [`records`]. Holds one chunk's records at a time.
#[derive(Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
    chunk: usize,
    ready: VecDeque<Result<Vec<u8>, Unreadable>>,
    settings: Arc<ParserSettings>,
}

impl Iterator for Records<'_> {
    type Item = Result<Vec<u8>, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() {
            if self.rest.is_empty() {
                return None;
            }
            let (chunk, rest) = self.rest.split_at(self.rest.len().min(CHUNK_BYTES));
            self.rest = rest;
            self.read_chunk(chunk);
            self.chunk += 1;
        }
        self.ready.pop_front()
    }
}

impl Records<'_> {
    fn read_chunk(&mut self, bytes: &[u8]) {
        let chunk = self.chunk;
        // A log preallocates its chunks.
        if bytes.iter().all(|byte| *byte == 0) {
            return;
        }
        let mut data = bytes.to_vec();
        data.resize(CHUNK_BYTES, 0);
        let mut out = Vec::new();
        let settings = Arc::clone(&self.settings);
        // The parser takes bytes apart that an attacker may have written; should it ever panic, the chunk is what is lost.
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| render(data, chunk, settings, &mut out)));
        self.ready.extend(out);
        if outcome.is_err() {
            let reason = "the parser gave up".to_owned();
            self.ready.push_back(Err(Unreadable::Chunk { chunk, reason }));
        }
        if bytes.len() < CHUNK_BYTES {
            self.ready.push_back(Err(Unreadable::Truncated { chunk }));
        }
    }
}

fn render(data: Vec<u8>, chunk: usize, settings: Arc<ParserSettings>, out: &mut Vec<Result<Vec<u8>, Unreadable>>) {
    let broken = |reason: String| Err(Unreadable::Chunk { chunk, reason });
    let mut data = match EvtxChunkData::new(data, false) {
        Ok(data) => data,
        Err(error) => return out.push(broken(causes(&error))),
    };
    let mut parsed = match data.parse(settings) {
        Ok(parsed) => parsed,
        Err(error) => return out.push(broken(causes(&error))),
    };
    for record in parsed.iter() {
        let json = record.and_then(evtx::EvtxRecord::into_json_bytes);
        out.push(json.map(|json| json.data).map_err(|error| Unreadable::Record {
            chunk,
            reason: causes(&error),
        }));
    }
}

/// The error and what caused it: the outermost text alone says only which record it was.
fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = chain.map(ToString::to_string).collect();
    texts.join(": ")
}
