//! A segment: one file of the log. While it is the last one it only grows; once sealed it ends in an index, so that a start
//! reads a few hundred bytes of it and a reader finds any batch without scanning.
//!
//! `header · snapshot · (batch | state)* · [index · footer · trailer]`

use super::frame::{self, Kind};
use bytes::Buf;
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

pub const FORMAT_VERSION: u32 = 1;
pub const SEGMENT_HEADER_BYTES: usize = 16;
pub const TRAILER_BYTES: usize = 16;
const HEADER_MAGIC: [u8; 8] = *b"WFBUSLOG";
const TRAILER_MAGIC: [u8; 8] = *b"WFBUSEND";
const ENTRY_BYTES: usize = 28;
const STRETCH_BYTES: usize = 56;

static OPENED: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
pub struct Segment {
    pub id: u64,
    /// Tells two openings apart: a rewritten segment keeps its id but not its positions.
    pub opening: u64,
    pub salt: u32,
    pub path: PathBuf,
    pub file: File,
}

/// Where one batch lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub position: u32,
    pub length: u32,
    pub base: u64,
    pub count: u32,
    pub timestamp_max: i64,
}

impl Entry {
    pub fn end(&self) -> u64 {
        self.base.saturating_add(u64::from(self.count))
    }
}

/// What one segment holds of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub topic: u32,
    pub partition: u32,
    pub base: u64,
    pub end: u64,
    pub bytes: u64,
    pub timestamp_max: i64,
    /// Position of the index entries in the file; meaningless until the segment is sealed.
    pub index_position: u64,
    pub index_count: u32,
    pub index_checksum: u32,
}

impl Stretch {
    pub fn starting(topic: u32, partition: u32, base: u64) -> Self {
        let (index_position, index_count, index_checksum) = (0, 0, 0);
        let (bytes, timestamp_max) = (0, i64::MIN);
        Self {
            topic,
            partition,
            base,
            end: base,
            bytes,
            timestamp_max,
            index_position,
            index_count,
            index_checksum,
        }
    }

    pub fn extend(&mut self, entry: &Entry) {
        self.end = entry.end();
        self.bytes += u64::from(entry.length);
        self.timestamp_max = self.timestamp_max.max(entry.timestamp_max);
    }
}

pub type PartitionKey = (u32, u32);

/// What a segment holds, with all its batches.
pub type Held = BTreeMap<PartitionKey, (Stretch, Vec<Entry>)>;

impl Segment {
    pub fn path_of(dir: &Path, id: u64) -> PathBuf {
        dir.join(format!("{id:016}.seg"))
    }

    /// Opens what is there. `None` when the header is not one of ours.
    pub fn open(dir: &Path, id: u64) -> io::Result<Option<Self>> {
        let path = Self::path_of(dir, id);
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        let mut header = [0; SEGMENT_HEADER_BYTES];
        match file.read_exact_at(&mut header, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        if header[..8] != HEADER_MAGIC || header[8..12] != FORMAT_VERSION.to_le_bytes() {
            return Ok(None);
        }
        let salt = (&header[12..]).get_u32_le();
        Ok(Some(Self {
            id,
            opening: OPENED.fetch_add(1, Ordering::Relaxed),
            salt,
            path,
            file,
        }))
    }

    /// Makes the next segment with its snapshot, whole or not at all. Returns it with its length.
    pub fn create(dir: &Path, id: u64, snapshot: &[u8]) -> io::Result<(Self, u64)> {
        let salt = rand::random();
        let mut bytes = header_of(salt);
        frame::put_plain(&mut bytes, salt, 0, Kind::Snapshot, snapshot);
        match Self::publish(dir, id, salt, &bytes) {
            Ok(segment) => Ok((segment, bytes.len() as u64)),
            Err(error) => {
                // Its name must not stay: the segment before it goes on growing.
                let _ = fs::remove_file(Self::path_of(dir, id));
                Err(error)
            }
        }
    }

    /// Replaces segment `id` by `bytes` in one step: after a crash either all of it is there or the former file is.
    pub fn publish(dir: &Path, id: u64, salt: u32, bytes: &[u8]) -> io::Result<Self> {
        let path = Self::path_of(dir, id);
        let unfinished = path.with_extension("tmp");
        let written: io::Result<File> = (|| {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(true)
                .open(&unfinished)?;
            file.write_all_at(bytes, 0)?;
            file.sync_data()?;
            fs::rename(&unfinished, &path)?;
            sync_dir(dir)?;
            Ok(file)
        })();
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        Ok(Self {
            id,
            opening: OPENED.fetch_add(1, Ordering::Relaxed),
            salt,
            path,
            file: written?,
        })
    }

    pub fn read(&self, position: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, position)?;
        Ok(bytes)
    }

    /// What the segment holds, from its end; `None` when it was never sealed or its end is damaged.
    pub fn footer(&self) -> io::Result<Option<Vec<Stretch>>> {
        let length = self.file.metadata()?.len();
        let Some(trailer_at) = length.checked_sub(TRAILER_BYTES as u64) else {
            return Ok(None);
        };
        let trailer = self.read(trailer_at, TRAILER_BYTES)?;
        let Some(footer_at) = trailer_target(&trailer).filter(|at| *at < trailer_at) else {
            return Ok(None);
        };
        if trailer_at - footer_at > frame::BODY_BYTES_MAX as u64 {
            return Ok(None);
        }
        let bytes = self.read(footer_at, (trailer_at - footer_at) as usize)?;
        Ok(match frame::decode_frame(&bytes, self.salt) {
            Ok((header, body)) if header.kind == Kind::Footer => decode_stretches(body),
            _ => None,
        })
    }

    /// The batches of one stretch of a sealed segment; `None` when the index is damaged.
    pub fn index(&self, stretch: &Stretch) -> io::Result<Option<Vec<Entry>>> {
        let length = stretch.index_count as usize * ENTRY_BYTES;
        if length > frame::BODY_BYTES_MAX {
            return Ok(None);
        }
        let bytes = match self.read(stretch.index_position, length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        };
        Ok((crc32fast::hash(&bytes) == stretch.index_checksum).then(|| decode_entries(&bytes)))
    }
}

pub fn header_of(salt: u32) -> Vec<u8> {
    let mut bytes = HEADER_MAGIC.to_vec();
    bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    bytes.extend_from_slice(&salt.to_le_bytes());
    bytes
}

/// Position of the footer that a trailer points at; `None` when these bytes are no trailer.
pub fn trailer_target(bytes: &[u8]) -> Option<u64> {
    (bytes.len() == TRAILER_BYTES && bytes[..8] == TRAILER_MAGIC).then(|| (&bytes[8..]).get_u64_le())
}

/// Index, footer and trailer for a segment that ends at `position`, with the stretches as the footer tells them.
pub fn seal(position: u64, salt: u32, held: &Held) -> (Vec<u8>, Vec<Stretch>) {
    let mut index = Vec::new();
    let mut stretches = Vec::with_capacity(held.len());
    for (stretch, entries) in held.values() {
        let start = index.len();
        entries.iter().for_each(|entry| put_entry(&mut index, entry));
        stretches.push(Stretch {
            index_position: position + (frame::HEADER_BYTES + start) as u64,
            index_count: entries.len() as u32,
            index_checksum: crc32fast::hash(&index[start..]),
            ..*stretch
        });
    }
    let synced = u32::try_from(position).unwrap_or(u32::MAX);
    let mut out = Vec::with_capacity(index.len() + 1024);
    frame::put_plain(&mut out, salt, synced, Kind::Index, &index);
    let footer_position = position + out.len() as u64;
    let mut footer = Vec::with_capacity(stretches.len() * STRETCH_BYTES);
    stretches.iter().for_each(|stretch| put_stretch(&mut footer, stretch));
    frame::put_plain(&mut out, salt, synced, Kind::Footer, &footer);
    out.extend_from_slice(&TRAILER_MAGIC);
    out.extend_from_slice(&footer_position.to_le_bytes());
    (out, stretches)
}

/// Makes a new, renamed or removed name in `dir` durable.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry) {
    out.extend_from_slice(&entry.position.to_le_bytes());
    out.extend_from_slice(&entry.length.to_le_bytes());
    out.extend_from_slice(&entry.base.to_le_bytes());
    out.extend_from_slice(&entry.count.to_le_bytes());
    out.extend_from_slice(&entry.timestamp_max.to_le_bytes());
}

fn decode_entries(bytes: &[u8]) -> Vec<Entry> {
    let (entries, _) = bytes.as_chunks::<ENTRY_BYTES>();
    let decode = |mut bytes: &[u8]| Entry {
        position: bytes.get_u32_le(),
        length: bytes.get_u32_le(),
        base: bytes.get_u64_le(),
        count: bytes.get_u32_le(),
        timestamp_max: bytes.get_i64_le(),
    };
    entries.iter().map(|entry| decode(entry.as_slice())).collect()
}

fn put_stretch(out: &mut Vec<u8>, stretch: &Stretch) {
    out.extend_from_slice(&stretch.topic.to_le_bytes());
    out.extend_from_slice(&stretch.partition.to_le_bytes());
    for long in [
        stretch.base,
        stretch.end,
        stretch.bytes,
        stretch.timestamp_max.cast_unsigned(),
    ] {
        out.extend_from_slice(&long.to_le_bytes());
    }
    out.extend_from_slice(&stretch.index_position.to_le_bytes());
    out.extend_from_slice(&stretch.index_count.to_le_bytes());
    out.extend_from_slice(&stretch.index_checksum.to_le_bytes());
}

fn decode_stretches(body: &[u8]) -> Option<Vec<Stretch>> {
    let (stretches, rest) = body.as_chunks::<STRETCH_BYTES>();
    let decode = |mut bytes: &[u8]| Stretch {
        topic: bytes.get_u32_le(),
        partition: bytes.get_u32_le(),
        base: bytes.get_u64_le(),
        end: bytes.get_u64_le(),
        bytes: bytes.get_u64_le(),
        timestamp_max: bytes.get_i64_le(),
        index_position: bytes.get_u64_le(),
        index_count: bytes.get_u32_le(),
        index_checksum: bytes.get_u32_le(),
    };
    rest.is_empty()
        .then(|| stretches.iter().map(|stretch| decode(stretch.as_slice())).collect())
}
