//! One followed file: bytes → lines, in the words of its source.

use crate::spool::{Label, Place, RECORD_BYTES_MAX};
use std::{
    fs::{self, File},
    hash::{Hash, Hasher},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};
use watchfloor_engine::normalize::{auditd::Assembler, zeek::Header};
use watchfloor_shared::Timestamp;

/// What the audit system itself waits for the rest of an event.
const AUDIT_WAIT: Duration = Duration::from_secs(2);
const AUDIT_EVENTS_MAX: usize = 256;
const HEADER_LINES_MAX: usize = 16;

/// A record with the place in its file that is read when it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub source: String,
    pub text: Vec<u8>,
    pub place: Place,
}

impl Line {
    pub fn label(&self) -> Label<'_> {
        Label {
            source: &self.source,
            numbered: false,
            place: self.place,
        }
    }
}

/// Of a regular file: its device and number. 0 is no file.
pub fn identity(path: &Path) -> io::Result<Option<u64>> {
    let metadata = fs::metadata(path)?;
    let mut hasher = rustc_hash::FxHasher::default();
    (metadata.dev(), metadata.ino()).hash(&mut hasher);
    Ok(metadata.is_file().then(|| hasher.finish().max(1)))
}

#[derive(Debug)]
pub struct Followed {
    pub path: PathBuf,
    /// Nothing was left to read.
    pub at_end: bool,
    id: u64,
    source: String,
    file: File,
    offset: u64,
    /// The beginning of a line whose end is not written yet.
    part: Vec<u8>,
    /// How long that line is so far; of a long one only the beginning is kept.
    part_bytes: u64,
    joins: Option<Assembler>,
    header: Option<Header>,
}

impl Followed {
    pub fn open(id: u64, path: &Path, source: String, offset: u64) -> io::Result<Self> {
        let file = File::open(path)?;
        let is_shorter = file.metadata()?.len() < offset;
        let mut followed = Self {
            path: path.to_owned(),
            at_end: false,
            id,
            joins: (source == "auditd").then(|| Assembler::new(AUDIT_WAIT, AUDIT_EVENTS_MAX)),
            header: None,
            source,
            file,
            offset: if is_shorter { 0 } else { offset },
            part: Vec::new(),
            part_bytes: 0,
        };
        if followed.offset > 0 && followed.source.starts_with("zeek") {
            followed.read_header()?;
        }
        followed.file.seek(SeekFrom::Start(followed.offset))?;
        Ok(followed)
    }

    /// What a table says of itself stands at its beginning.
    fn read_header(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        let beginning = BufReader::new(&self.file).take(RECORD_BYTES_MAX as u64);
        for line in beginning.lines().take(HEADER_LINES_MAX) {
            let Ok(line) = line else { break };
            if !Header::is_header(&line) {
                break;
            }
            self.header.get_or_insert_with(Header::default).take(&line);
        }
        Ok(())
    }

    /// Reads up to so many bytes and gives their whole lines; how many bytes it read.
    pub fn read(&mut self, bytes_max: usize, now: Timestamp, into: &mut Vec<Line>) -> io::Result<usize> {
        if self.file.metadata()?.len() < self.offset + self.part_bytes {
            tracing::info!(path = %self.path.display(), "was emptied: read from its start");
            self.file.seek(SeekFrom::Start(0))?;
            (self.offset, self.part_bytes, self.header) = (0, 0, None);
            self.part.clear();
        }
        let mut bytes = Vec::new();
        Read::by_ref(&mut self.file)
            .take(bytes_max as u64)
            .read_to_end(&mut bytes)?;
        self.at_end = bytes.len() < bytes_max;
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = RECORD_BYTES_MAX.saturating_sub(self.part.len());
            self.part.extend(&piece[..piece.len().min(room)]);
            self.part_bytes += piece.len() as u64;
            if piece.last() == Some(&b'\n') {
                self.line(now, into);
            }
        }
        if let Some(joins) = &mut self.joins {
            let late = joins.on_deadline(now);
            into.extend(late.into_iter().map(|event| self.joined(event.lines)));
        }
        Ok(bytes.len())
    }

    fn line(&mut self, now: Timestamp, into: &mut Vec<Line>) {
        let line = std::mem::take(&mut self.part);
        self.offset += std::mem::take(&mut self.part_bytes);
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            return;
        }
        if let Some(joins) = &mut self.joins {
            let whole = joins.on_line(now, &String::from_utf8_lossy(text));
            into.extend(whole.into_iter().map(|text| self.joined(text)));
            return;
        }
        let text = match self.table(text) {
            Table::Header => return,
            Table::Record(record) => record,
            Table::None => text.to_vec(),
        };
        into.push(Line {
            source: self.source.clone(),
            text,
            place: self.place(),
        });
    }

    /// A Zeek table's line as the record that travels on.
    fn table(&mut self, text: &[u8]) -> Table {
        let Ok(text) = std::str::from_utf8(text) else {
            return Table::None;
        };
        if !self.source.starts_with("zeek") || text.starts_with('{') {
            return Table::None;
        }
        if Header::is_header(text) {
            self.header.get_or_insert_with(Header::default).take(text);
            return Table::Header;
        }
        let record = self.header.as_ref().map(|header| header.record(text));
        // One that does not fit its header goes as it is: a dead letter shows it.
        record.and_then(Result::ok).map_or(Table::None, Table::Record)
    }

    const fn place(&self) -> Place {
        Place {
            file: self.id,
            offset: self.offset,
        }
    }

    /// While other events are open, a restart must read their lines again; the same event twice is one at the server.
    fn joined(&self, text: String) -> Line {
        let is_open = self.joins.as_ref().is_some_and(|joins| joins.next_deadline().is_some());
        Line {
            source: self.source.clone(),
            text: text.into_bytes(),
            place: if is_open { Place::default() } else { self.place() },
        }
    }
}

enum Table {
    None,
    Header,
    Record(Vec<u8>),
}
