//! Recordings of any size, record by record: lines of JSON or of text, JSON arrays or pretty-printed objects, Zeek's TSV, EVTX,
//! each plain, gzip or zstd (told by their first bytes), or a folder of them.
//!
//! Invariant: positions count the records from 0 without a gap, so reading the same path again gives the same positions. What
//! cannot be read as a record still comes as one, which the pipeline then keeps as a dead letter; the rest goes on.

mod evtx;
mod json;
mod tsv;

use crate::ingest::RawLine;
use bytes::Bytes;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::{Path, PathBuf},
};
use watchfloor_engine::normalize::{RECORD_BYTES_MAX, source};

/// Of a longer record only this much is read: enough for the pipeline to say that it is too long.
const KEPT_BYTES_MAX: usize = RECORD_BYTES_MAX + 1;
/// What is looked at to tell the format.
const HEAD_BYTES: usize = 64 << 10;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const EVTX: &[u8] = b"ElfFile\0";

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read {path}: {cause}")]
    Io { path: PathBuf, cause: io::Error },
    #[error("{path} holds no recording: neither JSON nor EVTX, nor a log of a known source")]
    NoRecording { path: PathBuf },
}

impl ReadError {
    fn io(path: &Path, cause: io::Error) -> Self {
        ReadError::Io {
            path: path.to_owned(),
            cause,
        }
    }
}

type Records = Box<dyn Iterator<Item = io::Result<Vec<u8>>> + Send>;

/// The records of a file, or of a folder's files in the order of their names.
pub struct Lines {
    /// Files that are still to come, the next one last.
    files: Vec<PathBuf>,
    /// Whether they come from a folder, where other things may lie too.
    folder: bool,
    open: Option<(PathBuf, Records)>,
    position: u64,
}

/// What a recording is called, for records that name no computer: its file's name without what says the format.
pub fn name(path: &Path) -> &str {
    let name = path.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    let stem = name.split('.').find(|part| !part.is_empty());
    stem.unwrap_or("recording")
}

/// Opens a file or folder. A folder without any recording is an error, too.
pub fn open(path: &Path) -> Result<Lines, ReadError> {
    let folder = std::fs::metadata(path)
        .map_err(|cause| ReadError::io(path, cause))?
        .is_dir();
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| ReadError::Io {
            path: error.path().unwrap_or(path).to_owned(),
            cause: error.into(),
        })?;
        if entry.file_type().is_file() || !folder {
            files.push(entry.into_path());
        }
    }
    files.reverse();
    let mut lines = Lines {
        files,
        folder,
        open: None,
        position: 0,
    };
    lines.advance()?;
    if lines.open.is_none() {
        return Err(ReadError::NoRecording { path: path.to_owned() });
    }
    Ok(lines)
}

impl Lines {
    /// The file that the last record came from.
    pub fn path(&self) -> Option<&Path> {
        self.open.as_ref().map(|(path, _)| path.as_path())
    }

    /// Opens the next file that holds records.
    fn advance(&mut self) -> Result<(), ReadError> {
        self.open = None;
        while let Some(path) = self.files.pop() {
            let records = records(&path, self.folder).map_err(|cause| ReadError::io(&path, cause))?;
            if let Some(records) = records {
                self.open = Some((path, records));
                break;
            }
        }
        Ok(())
    }
}

impl Iterator for Lines {
    type Item = Result<RawLine, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (path, records) = self.open.as_mut()?;
            match records.next() {
                Some(Ok(record)) => {
                    let line = RawLine {
                        bytes: Bytes::from(record),
                        position: self.position,
                    };
                    self.position += 1;
                    return Some(Ok(line));
                }
                Some(Err(cause)) => {
                    let error = ReadError::io(path, cause);
                    // The rest of this file is lost; the other files are not.
                    return Some(Err(self.advance().err().unwrap_or(error)));
                }
                None if self.files.is_empty() => return None,
                None => {
                    if let Err(error) = self.advance() {
                        return Some(Err(error));
                    }
                }
            }
        }
    }
}

/// The file's records; `None` for something else in a folder. A file that was named is taken at its word: its lines are records.
fn records(path: &Path, folder: bool) -> io::Result<Option<Records>> {
    let (head, input) = headed(Box::new(File::open(path)?))?;
    let (head, input) = if head.starts_with(&GZIP) {
        headed(Box::new(flate2::read::MultiGzDecoder::new(input)))?
    } else if head.starts_with(&ZSTD) {
        headed(Box::new(zstd::Decoder::with_buffer(input)?))?
    } else {
        (head, input)
    };
    if head.starts_with(EVTX) {
        return Ok(Some(Box::new(evtx::records(input)?)));
    }
    if head.starts_with(tsv::BEGINNING) {
        return Ok(Some(Box::new(tsv::Table::new(input))));
    }
    if folder && !json::looks_like_json(&head) && !is_known_text(&head) {
        return Ok(None);
    }
    if json::is_lines(&head) {
        return Ok(Some(Box::new(json::Lines::new(input))));
    }
    Ok(Some(Box::new(json::Values::new(input))))
}

fn is_known_text(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    std::str::from_utf8(line).is_ok_and(source::is_record)
}

type Input = Box<dyn BufRead + Send>;

/// The first bytes, and the whole again.
fn headed(mut input: Box<dyn Read + Send>) -> io::Result<(Vec<u8>, Input)> {
    let mut head = Vec::new();
    input.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let whole = BufReader::with_capacity(HEAD_BYTES, Cursor::new(head.clone()).chain(input));
    Ok((head, Box::new(whole)))
}

#[cfg(test)]
mod tests;
