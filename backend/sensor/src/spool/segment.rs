//! A file of frames behind a header: which positions begin here, and whose numbering they belong to.

use super::{
    Batch,
    frame::{self, Decoded, Place},
};
use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

const MAGIC: &[u8; 8] = b"WFSPOOL1";
const EXTENSION: &str = "spool";
const BOOT_ID_BYTES: usize = 36;
const HEADER_BYTES: usize = 8 + 8 + 8 + 8 + BOOT_ID_BYTES + 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub first: u64,
    /// Of the boot's own records, the next number when the segment began.
    pub sequence: u64,
    /// Of the spool.
    pub id: u64,
    pub boot_id: [u8; BOOT_ID_BYTES],
}

impl Header {
    pub fn new(first: u64, sequence: u64, id: u64, boot_id: &str) -> Self {
        Self {
            first,
            sequence,
            id,
            boot_id: Self::boot(boot_id),
        }
    }

    pub fn boot(id: &str) -> [u8; BOOT_ID_BYTES] {
        let mut padded = [b' '; BOOT_ID_BYTES];
        for (to, from) in padded.iter_mut().zip(id.bytes()) {
            *to = from;
        }
        padded
    }

    /// Positions of one spool in one boot. After a power cut some of them may be lost and given anew: never in the same
    /// stream.
    pub fn stream(&self) -> String {
        let boot = String::from_utf8_lossy(&self.boot_id);
        format!("spool/{:016x}/{}", self.id, boot.trim_end())
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for number in [self.first, self.sequence, self.id] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.boot_id);
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, crc) = bytes.get(..HEADER_BYTES)?.split_last_chunk::<4>()?;
        let body = body.strip_prefix(MAGIC.as_slice()).filter(|_| {
            let expected = u32::from_le_bytes(*crc);
            crc32fast::hash(&bytes[..HEADER_BYTES - 4]) == expected
        })?;
        let number = |at: usize| Some(u64::from_le_bytes(body.get(at..at + 8)?.try_into().ok()?));
        Some(Self {
            first: number(0)?,
            sequence: number(8)?,
            id: number(16)?,
            boot_id: body.get(24..)?.try_into().ok()?,
        })
    }
}

#[derive(Debug)]
pub struct Segment {
    pub path: PathBuf,
    /// Empty where the header cannot be read.
    pub stream: String,
    pub first: u64,
    /// The position behind its last; unknown while it is written.
    pub end: Option<u64>,
    pub bytes: u64,
}

/// What the last segment of a run says about going on.
pub struct Tail {
    pub header: Header,
    pub sequence: u64,
    pub next: u64,
    /// Of followed files, in the order in which they were read.
    pub places: Vec<Place>,
}

/// What is there, oldest first.
pub fn list(dir: &Path) -> io::Result<VecDeque<Segment>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        let is_segment = path.extension().is_some_and(|extension| extension == EXTENSION);
        let first = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        if let Some(first) = first.filter(|_| is_segment) {
            let bytes = entry.metadata()?.len();
            let header = header(&mut File::open(&path)?)?;
            found.push(Segment {
                path,
                stream: header.map(|header| header.stream()).unwrap_or_default(),
                first,
                end: None,
                bytes,
            });
        }
    }
    found.sort_by_key(|segment| segment.first);
    Ok(found.into())
}

fn header(file: &mut File) -> io::Result<Option<Header>> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    file.take(HEADER_BYTES as u64).read_to_end(&mut bytes)?;
    Ok(Header::decode(&bytes))
}

/// Each ends where the next begins, the last at `next`.
pub fn set_ends(segments: &mut VecDeque<Segment>, next: u64) {
    let mut end = next;
    for segment in segments.iter_mut().rev() {
        segment.end = Some(end);
        end = segment.first;
    }
}

impl Segment {
    /// Cuts off what a crash left half written. None when not even the header is whole.
    pub fn recover(&mut self) -> io::Result<Option<Tail>> {
        let bytes = fs::read(&self.path)?;
        let Some(header) = Header::decode(&bytes) else {
            return Ok(None);
        };
        let mut tail = Tail {
            sequence: header.sequence,
            next: header.first,
            places: Vec::new(),
            header,
        };
        let mut offset = HEADER_BYTES;
        while let Decoded::Frame(stored, taken) = frame::decode(&bytes[offset..]) {
            offset += taken;
            tail.next = stored.position + 1;
            tail.sequence += u64::from(stored.label.numbered);
            tail.places
                .extend(Some(stored.label.place).filter(|place| place.file != 0));
        }
        if offset < bytes.len() {
            File::options().write(true).open(&self.path)?.set_len(offset as u64)?;
            self.bytes = offset as u64;
        }
        Ok(Some(tail))
    }

    /// The records of one source from `offset` on whose position is at least `from`, and the offset behind them. None when
    /// there is none, or none that can be read.
    pub fn read(
        &self,
        offset: u64,
        from: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> io::Result<(Option<Batch>, u64)> {
        let mut file = File::open(&self.path)?;
        if self.stream.is_empty() {
            return Ok((None, offset));
        }
        let mut at = offset.max(HEADER_BYTES as u64);
        let mut wanted = bytes_max;
        let mut batch: Option<Batch> = None;
        loop {
            let mut bytes = Vec::with_capacity(wanted);
            file.seek(SeekFrom::Start(at))?;
            Read::by_ref(&mut file).take(wanted as u64).read_to_end(&mut bytes)?;
            let (taken, needed) = gather(&bytes, from, records_max, &mut batch);
            at += taken as u64;
            match needed {
                // Frames that were sent before may fill what was read; a long one may not fit.
                Some(needed) if batch.is_none() && bytes.len() == wanted => wanted = needed.max(bytes_max),
                _ => break,
            }
        }
        if let Some(batch) = &mut batch {
            batch.stream.clone_from(&self.stream);
        }
        Ok((batch, at))
    }

    pub fn delete(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Adds frames to the batch as long as they belong together. Gives the bytes taken, and how many the next frame needs where
/// the bytes ended before it did.
fn gather(bytes: &[u8], from: u64, records_max: usize, batch: &mut Option<Batch>) -> (usize, Option<usize>) {
    let mut offset = 0;
    loop {
        match frame::decode(&bytes[offset..]) {
            Decoded::Short(needed) => return (offset, Some(needed)),
            Decoded::Broken => return (offset, None),
            Decoded::Frame(stored, taken) if stored.position < from => offset += taken,
            Decoded::Frame(stored, taken) => {
                let batch = batch.get_or_insert_with(|| Batch {
                    source: stored.label.source.to_owned(),
                    first: stored.position,
                    ..Batch::default()
                });
                let next = batch.first + batch.records.len() as u64;
                if stored.label.source != batch.source || stored.position != next || batch.records.len() >= records_max
                {
                    return (offset, None);
                }
                batch.records.push(stored.record.to_vec());
                offset += taken;
            }
        }
    }
}

/// The segment that grows.
#[derive(Debug)]
pub struct Writing {
    pub segment: Segment,
    file: File,
}

impl Writing {
    pub fn create(dir: &Path, header: &Header) -> io::Result<Self> {
        let path = dir.join(format!("{:020}.{EXTENSION}", header.first));
        let mut file = File::create(&path)?;
        let bytes = header.encode();
        file.write_all(&bytes)?;
        // The name must survive a power cut, too.
        File::open(dir)?.sync_all()?;
        Ok(Self {
            segment: Segment {
                path,
                stream: header.stream(),
                first: header.first,
                end: None,
                bytes: bytes.len() as u64,
            },
            file,
        })
    }

    /// All of it, or the file is as before.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(bytes) {
            self.file.set_len(self.segment.bytes)?;
            self.file.seek(SeekFrom::Start(self.segment.bytes))?;
            return Err(error);
        }
        self.segment.bytes += bytes.len() as u64;
        Ok(())
    }

    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}
