//! What waits on the disk until the server has it.
//!
//! Invariants: a record has its position for ever; positions only grow, and what was appended and flushed survives the end of
//! the process however it ends (`write` before it is sent; `fdatasync` once a second, so a power cut costs at most that
//! second). At the limit the oldest segment goes, counted. An unreadable part is counted, never sent.

pub(crate) mod frame;
mod segment;
mod state;

use crate::lost::Reason;
pub use frame::{Label, Place};
use segment::{Header, Segment, Writing};
use state::State;
use std::{
    collections::VecDeque,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// A frame that cannot fit is refused when it is appended.
pub const RECORD_BYTES_MAX: usize = 1 << 20;
const BUFFER_BYTES_MAX: usize = 256 << 10;

#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    #[error("another sensor uses {0}")]
    Locked(PathBuf),
    #[error("{path}: {error}")]
    Io { path: PathBuf, error: io::Error },
}

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub bytes_max: u64,
    pub segment_bytes_max: u64,
}

#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    limits: Limits,
    boot_id: String,
    /// Sealed ones, oldest first; their ends are known.
    sealed: VecDeque<Segment>,
    writing: Writing,
    buffer: Vec<u8>,
    state: State,
    /// Where the next read begins.
    cursor: Cursor,
    /// Next number of this boot's own records.
    sequence: u64,
    next: u64,
    /// Positions below are in a file.
    flushed: u64,
    dirty: bool,
    places: Vec<Place>,
    _lock: File,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cursor {
    /// First position of the segment that is read.
    segment: u64,
    offset: u64,
    position: u64,
}

/// Records of one stream and one source with consecutive positions.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub stream: String,
    pub source: String,
    pub first: u64,
    pub records: Vec<Vec<u8>>,
}

impl Spool {
    /// Opens what is there, cuts off what a crash left half written, and goes on behind it.
    pub fn open(dir: &Path, limits: Limits, boot_id: &str) -> Result<Self, SpoolError> {
        let failed = |error| SpoolError::Io {
            path: dir.to_owned(),
            error,
        };
        fs::create_dir_all(dir).map_err(failed)?;
        let lock = lock(dir)?;
        let mut state = State::open(dir).map_err(failed)?;
        let mut sealed = segment::list(dir).map_err(failed)?;
        let mut next = state.acked();
        let mut sequence = 0;
        let mut places = Vec::new();
        // What was read from followed files since their checkpoints is in the last two.
        for last in sealed.iter_mut().rev().take(2).rev() {
            next = next.max(last.first);
            let Some(tail) = last.recover().map_err(failed)? else {
                continue;
            };
            next = next.max(tail.next);
            places.extend(tail.places);
            sequence = if tail.header.boot_id == Header::boot(boot_id) {
                tail.sequence
            } else {
                0
            };
        }
        segment::set_ends(&mut sealed, next);
        let writing = Writing::create(dir, &Header::new(next, sequence, state.id(), boot_id)).map_err(failed)?;
        // A segment without a record was begun here before.
        sealed.retain(|segment| segment.first != writing.segment.first);
        state.forget_below(sealed.front().map_or(next, |segment| segment.first));
        let mut spool = Self {
            dir: dir.to_owned(),
            limits,
            boot_id: boot_id.to_owned(),
            sealed,
            writing,
            buffer: Vec::new(),
            state,
            cursor: Cursor::default(),
            sequence,
            next,
            flushed: next,
            dirty: true,
            places,
            _lock: lock,
        };
        spool.state.save().map_err(failed)?;
        spool.tidy().map_err(failed)?;
        spool.rewind();
        Ok(spool)
    }

    /// The number that the next record of this boot carries.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// How far followed files had been read at the start, newest last.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Bytes on the disk and in the buffer.
    pub fn bytes(&self) -> u64 {
        let sealed: u64 = self.sealed.iter().map(|segment| segment.bytes).sum();
        sealed + self.writing.segment.bytes + self.buffer.len() as u64
    }

    /// Whether what can wait elsewhere should come in.
    pub fn has_room(&self) -> bool {
        self.bytes() < self.limits.bytes_max / 4 * 3
    }

    /// The numbering that the next read begins in, and where.
    pub fn reading(&self) -> (String, u64) {
        let segment = self.segment_at_cursor();
        match segment.stream.as_str() {
            "" => (self.writing.segment.stream.clone(), self.writing.segment.first),
            stream => (stream.to_owned(), self.cursor.position),
        }
    }

    /// Records that no acknowledgement covers yet.
    pub fn waiting(&self) -> u64 {
        self.next.saturating_sub(self.state.acked())
    }

    pub fn dropped(&self, reason: Reason) -> u64 {
        self.state.dropped(reason)
    }

    /// Counts something that never got a place.
    pub fn give_up(&mut self, reason: Reason, count: u64) {
        self.state.drop(reason, count);
    }

    /// Takes a record. One that is numbered carries [`Self::sequence`].
    pub fn append(&mut self, label: Label<'_>, record: &[u8]) -> io::Result<()> {
        if record.len() > RECORD_BYTES_MAX || label.source.len() > frame::SOURCE_BYTES_MAX {
            self.state.drop(Reason::TooLong, 1);
            return Ok(());
        }
        frame::encode(&mut self.buffer, self.next, label, record);
        self.next += 1;
        self.sequence += u64::from(label.numbered);
        if self.buffer.len() >= BUFFER_BYTES_MAX {
            self.flush()?;
        }
        Ok(())
    }

    /// Hands the buffer to the kernel: from here on the end of this process loses nothing.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let mut written = self.writing.write(&self.buffer);
        if written.as_ref().is_err_and(is_full) && self.drop_oldest() {
            written = self.writing.write(&self.buffer);
        }
        if let Err(error) = written {
            // Nobody has seen their positions yet.
            self.state.drop(Reason::DiskFull, self.next - self.flushed);
            self.next = self.flushed;
            self.buffer.clear();
            self.state.save()?;
            return Err(error);
        }
        self.buffer.clear();
        self.flushed = self.next;
        self.dirty = true;
        if self.writing.segment.bytes >= self.limits.segment_bytes_max {
            self.roll()?;
        }
        while self.bytes() > self.limits.bytes_max && self.drop_oldest() {}
        Ok(())
    }

    /// Makes what was flushed survive a power cut.
    pub fn sync(&mut self) -> io::Result<()> {
        if self.dirty {
            self.writing.sync()?;
            self.dirty = false;
        }
        self.state.save()
    }

    /// The next records, at most so many and about so many bytes; empty when all were read.
    pub fn read(&mut self, records_max: usize, bytes_max: usize) -> io::Result<Batch> {
        loop {
            // The one that was read may be acknowledged as a whole and gone.
            let here = self.segment_at_cursor().first;
            if here != self.cursor.segment {
                self.cursor = Cursor {
                    segment: here,
                    offset: 0,
                    position: self.cursor.position.max(here),
                };
            }
            let segment = self.segment_at_cursor();
            let (batch, end) = segment.read(self.cursor.offset, self.cursor.position, records_max, bytes_max)?;
            let (first, sealed_end) = (segment.first, segment.end);
            if let Some(batch) = batch {
                self.cursor.position = batch.first + batch.records.len() as u64;
                self.cursor.offset = end;
                return Ok(batch);
            }
            let Some(sealed_end) = sealed_end.filter(|_| first != self.writing.segment.first) else {
                return Ok(Batch::default());
            };
            // What the segment should still hold and does not.
            let missing = sealed_end.saturating_sub(self.cursor.position);
            if missing > 0 {
                self.state.drop(Reason::SpoolDamaged, missing);
            }
            self.cursor = Cursor {
                segment: sealed_end,
                offset: 0,
                position: sealed_end,
            };
        }
    }

    /// The server has everything below `next` of what was sent to it.
    pub fn ack(&mut self, stream: &str, next: u64) -> io::Result<()> {
        let is_ours = self
            .sealed
            .iter()
            .chain([&self.writing.segment])
            .any(|segment| segment.stream == stream);
        if !is_ours || next <= self.state.acked() || next > self.cursor.position {
            return Ok(());
        }
        self.state.ack(next);
        self.state.save()?;
        self.tidy()
    }

    /// Reads again from the first record that is not acknowledged.
    pub fn rewind(&mut self) {
        let acked = self.state.acked();
        let at = self
            .sealed
            .iter()
            .find(|segment| segment.end.is_some_and(|end| end > acked));
        let segment = at.unwrap_or(&self.writing.segment);
        self.cursor = Cursor {
            segment: segment.first,
            offset: 0,
            position: acked.max(segment.first),
        };
    }

    fn segment_at_cursor(&self) -> &Segment {
        self.sealed
            .iter()
            .find(|segment| segment.first >= self.cursor.segment)
            .unwrap_or(&self.writing.segment)
    }

    fn roll(&mut self) -> io::Result<()> {
        let fresh = Writing::create(
            &self.dir,
            &Header::new(self.next, self.sequence, self.state.id(), &self.boot_id),
        )?;
        self.writing.sync()?;
        let mut full = std::mem::replace(&mut self.writing, fresh).segment;
        full.end = Some(self.next);
        self.sealed.push_back(full);
        self.tidy()
    }

    /// Deletes what is acknowledged as a whole.
    fn tidy(&mut self) -> io::Result<()> {
        let acked = self.state.acked();
        while let Some(segment) = self.sealed.front() {
            if segment.end.is_none_or(|end| end > acked) {
                break;
            }
            segment.delete()?;
            self.sealed.pop_front();
        }
        Ok(())
    }

    /// Gives up the oldest segment, unless it is the only one.
    fn drop_oldest(&mut self) -> bool {
        let Some(oldest) = self.sealed.pop_front() else {
            return false;
        };
        if let Err(error) = oldest.delete() {
            tracing::warn!(%error, "a full segment of the spool cannot be deleted");
        }
        let end = oldest.end.unwrap_or(oldest.first);
        let waiting = end.saturating_sub(self.state.acked().max(oldest.first));
        self.state.drop(Reason::SpoolFull, waiting);
        self.state.ack(end);
        if let Err(error) = self.state.save() {
            tracing::warn!(%error, "what was given up cannot be noted");
        }
        if self.cursor.position < end {
            self.rewind();
        }
        true
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn lock(dir: &Path) -> Result<File, SpoolError> {
    let path = dir.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| SpoolError::Io {
            path: path.clone(),
            error,
        })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(SpoolError::Locked(dir.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(SpoolError::Io { path, error }),
    }
}

#[cfg(test)]
mod tests;
