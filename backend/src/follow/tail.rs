//! One file that is followed, through renaming, truncation and restarts.
//!
//! Invariant: what [`Tail::checkpoint`] says is behind it is on the bus.

use super::{
    checkpoint::Checkpoint,
    lines::{Line, Lines},
};
use std::{
    fs::{File, Metadata},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
};
use watchfloor_engine::normalize::zeek::Header;
use watchfloor_shared::Timestamp;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// The first line, or this much of it, tells a file.
const HEAD_BYTES_MAX: usize = 1_024;
/// Bytes before the offset that tell whether the file is still the one that was read.
const TAIL_BYTES: u64 = 256;
const HEADER_BYTES_MAX: u64 = 64 << 10;

pub struct Tail {
    file: File,
    lines: Lines,
    checkpoint: Checkpoint,
}

/// What a file is, by its beginning.
pub enum Begun {
    /// Its first line is not there yet.
    NotYet,
    /// Packed by a rotation, and read before that.
    Packed,
    /// By the hash of its first line.
    Log(u64),
}

/// Looks at a file's beginning.
pub fn begun(file: &File) -> io::Result<Begun> {
    let mut head = vec![0; HEAD_BYTES_MAX];
    let count = read_at(file, &mut head, 0)?;
    head.truncate(count);
    if head.starts_with(&[0x1f, 0x8b]) || head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) || head.starts_with(b"BZh") {
        return Ok(Begun::Packed);
    }
    let end = head.iter().position(|byte| *byte == b'\n');
    match end {
        None if count < HEAD_BYTES_MAX => Ok(Begun::NotYet),
        end => Ok(Begun::Log(xxh3_64(&head[..end.unwrap_or(count)]))),
    }
}

/// How a file stands to a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinship {
    Same,
    /// A rotation copied the file that the checkpoint was made of.
    Copy,
    None,
}

pub fn kinship(
    checkpoint: &Checkpoint,
    file: &File,
    metadata: &Metadata,
    path: &Path,
    head: u64,
) -> io::Result<Kinship> {
    if checkpoint.head != head
        || metadata.len() < checkpoint.offset
        || tail_of(file, checkpoint.offset)? != checkpoint.tail
    {
        return Ok(Kinship::None);
    }
    let is_same =
        checkpoint.inode == metadata.ino() && (checkpoint.device == metadata.dev() || checkpoint.path == path);
    Ok(match is_same {
        true => Kinship::Same,
        // Less than this, and two files may have begun alike.
        false if checkpoint.offset > TAIL_BYTES => Kinship::Copy,
        false => Kinship::None,
    })
}

impl Tail {
    /// A file that was never read, from its beginning.
    pub fn new(file: File, metadata: &Metadata, path: &Path, head: u64, generation: u64, now: Timestamp) -> Self {
        let mut seed = Xxh3::new();
        [metadata.ino(), head, generation]
            .iter()
            .for_each(|part| seed.update(&part.to_le_bytes()));
        let checkpoint = Checkpoint {
            path: path.to_owned(),
            device: metadata.dev(),
            inode: metadata.ino(),
            head,
            // Half of the numbers are left for offsets.
            seed: seed.digest() >> 1,
            generation,
            offset: 0,
            tail: xxh3_64(b""),
            header_at: None,
            seen: now,
        };
        Self {
            file,
            lines: Lines::default(),
            checkpoint,
        }
    }

    /// Goes on where `checkpoint` says.
    pub fn resume(
        file: File,
        metadata: &Metadata,
        path: &Path,
        mut checkpoint: Checkpoint,
        now: Timestamp,
    ) -> io::Result<Self> {
        let header = match checkpoint.header_at {
            Some(at) => Some((header(&file, at)?, at)),
            None => None,
        };
        checkpoint.path = path.to_owned();
        (checkpoint.device, checkpoint.inode, checkpoint.seen) = (metadata.dev(), metadata.ino(), now);
        Ok(Self {
            lines: Lines::new(checkpoint.offset, header),
            file,
            checkpoint,
        })
    }

    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    pub fn is(&self, metadata: &Metadata) -> bool {
        (self.checkpoint.device, self.checkpoint.inode) == (metadata.dev(), metadata.ino())
    }

    pub fn seen_at(&mut self, path: &Path, now: Timestamp) {
        if self.checkpoint.path != path {
            path.clone_into(&mut self.checkpoint.path);
        }
        self.checkpoint.seen = now;
    }

    /// Whether the file no longer has what was read of it: it was emptied, and perhaps filled again.
    pub fn was_emptied(&self) -> io::Result<bool> {
        let length = self.file.metadata()?.len();
        if length < self.lines.end() {
            return Ok(true);
        }
        // Without anything new there is nothing to get wrong.
        Ok(length > self.lines.end() && tail_of(&self.file, self.checkpoint.offset)? != self.checkpoint.tail)
    }

    /// Begins anew, with the next generation. None while its first line is not there yet.
    pub fn anew(&self, now: Timestamp) -> io::Result<Option<Self>> {
        let Begun::Log(head) = begun(&self.file)? else {
            return Ok(None);
        };
        let generation = next_generation(&self.checkpoint, head);
        let metadata = self.file.metadata()?;
        let file = self.file.try_clone()?;
        Ok(Some(Self::new(
            file,
            &metadata,
            &self.checkpoint.path,
            head,
            generation,
            now,
        )))
    }

    /// Reads what is there, at most a buffer full; returns how much it was.
    pub fn read(&mut self, buffer: &mut [u8], out: &mut Vec<Line>) -> io::Result<usize> {
        self.file.seek(SeekFrom::Start(self.lines.end()))?;
        let count = retried(|| self.file.read(buffer))?;
        self.lines.push(&buffer[..count], out);
        Ok(count)
    }

    /// Whether a line has begun that is not complete.
    pub fn is_inside(&self) -> bool {
        self.lines.end() != self.lines.complete() || self.lines.complete() != self.checkpoint.offset
    }

    /// At the file's present end: a line that is not complete is read again when there is more of it.
    pub fn rest(&mut self) {
        self.lines.rest();
    }

    /// Nothing more will come: what is left is a line.
    pub fn finish(&mut self, out: &mut Vec<Line>) {
        self.lines.finish(out);
    }

    /// Complete lines are on the bus.
    pub fn taken(&mut self) -> io::Result<()> {
        self.checkpoint.offset = self.lines.complete();
        self.checkpoint.header_at = self.lines.header_at();
        self.checkpoint.tail = tail_of(&self.file, self.checkpoint.offset)?;
        Ok(())
    }

    /// The same place again: what was read since is not on the bus.
    pub fn rewind(&mut self) -> io::Result<()> {
        let (metadata, path) = (self.file.metadata()?, PathBuf::from(&self.checkpoint.path));
        let checkpoint = self.checkpoint.clone();
        let seen = checkpoint.seen;
        *self = Self::resume(self.file.try_clone()?, &metadata, &path, checkpoint, seen)?;
        Ok(())
    }

    pub fn position(&self, offset: u64) -> u64 {
        self.checkpoint.seed.wrapping_add(offset)
    }
}

/// Of a file that was emptied and now begins with `head`: equal beginnings are told apart.
pub fn next_generation(before: &Checkpoint, head: u64) -> u64 {
    match before.head == head {
        true => before.generation.saturating_add(1),
        false => 0,
    }
}

/// Hash of the bytes before `offset`.
fn tail_of(file: &File, offset: u64) -> io::Result<u64> {
    let length = offset.min(TAIL_BYTES);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    let count = read_at(file, &mut bytes, offset - length)?;
    Ok(xxh3_64(&bytes[..count]))
}

/// The header of a Zeek log that begins at `at`.
fn header(file: &File, at: u64) -> io::Result<Header> {
    let mut bytes = vec![0; HEADER_BYTES_MAX as usize];
    let count = read_at(file, &mut bytes, at)?;
    let mut header = Header::default();
    for line in bytes[..count].split_inclusive(|byte| *byte == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) if Header::is_header(line) && line.ends_with('\n') => header.take(line),
            _ => break,
        }
    }
    Ok(header)
}

/// Reads until the buffer is full or the file ends.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match retried(|| file.read_at(rest, offset + filled as u64))? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn retried(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
