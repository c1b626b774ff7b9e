//! One record as bytes: length, checksum, position, its place in a followed file, whether it counts in its boot's sequence,
//! source, content.

pub const SOURCE_BYTES_MAX: usize = 255;
/// Length and checksum.
const FRONT: usize = 8;
/// Position, place, flag, length of the source.
const FIXED: usize = 26;
/// Longest frame that can have been written.
const LENGTH_MAX: usize = super::RECORD_BYTES_MAX + FIXED + SOURCE_BYTES_MAX;

/// Up to where a followed file is read; none where `file` is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    pub file: u64,
    pub offset: u64,
}

/// What a record is filed under.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Label<'a> {
    pub source: &'a str,
    /// Whether it carries the next number of its boot.
    pub numbered: bool,
    pub place: Place,
}

/// A record that came off the disk.
#[derive(Debug, PartialEq, Eq)]
pub struct Stored<'a> {
    pub position: u64,
    pub label: Label<'a>,
    pub record: &'a [u8],
}

pub fn encode(into: &mut Vec<u8>, position: u64, label: Label<'_>, record: &[u8]) {
    let start = into.len();
    into.extend([0; FRONT]);
    for number in [position, label.place.file, label.place.offset] {
        into.extend(number.to_le_bytes());
    }
    into.push(u8::from(label.numbered));
    into.push(label.source.len() as u8);
    into.extend(label.source.as_bytes());
    into.extend(record);
    let body = &into[start + FRONT..];
    let (length, crc) = (body.len() as u32, crc32fast::hash(body));
    into[start..start + 4].copy_from_slice(&length.to_le_bytes());
    into[start + 4..start + FRONT].copy_from_slice(&crc.to_le_bytes());
}

pub enum Decoded<'a> {
    /// And how many bytes it took.
    Frame(Stored<'a>, usize),
    /// So many bytes would be needed.
    Short(usize),
    Broken,
}

/// The frame at the beginning of `bytes`.
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    let number = |at: usize| -> Option<u32> { Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)) };
    let (Some(length), Some(crc)) = (number(0), number(4)) else {
        return Decoded::Short(FRONT);
    };
    let length = length as usize;
    if !(FIXED..=LENGTH_MAX).contains(&length) {
        return Decoded::Broken;
    }
    let Some(body) = bytes.get(FRONT..FRONT + length) else {
        return Decoded::Short(FRONT + length);
    };
    match (crc32fast::hash(body) == crc).then(|| stored(body)).flatten() {
        Some(stored) => Decoded::Frame(stored, FRONT + length),
        None => Decoded::Broken,
    }
}

fn stored(body: &[u8]) -> Option<Stored<'_>> {
    let (position, rest) = body.split_first_chunk::<8>()?;
    let (file, rest) = rest.split_first_chunk::<8>()?;
    let (offset, rest) = rest.split_first_chunk::<8>()?;
    let (numbered, rest) = rest.split_first()?;
    let (source_bytes, rest) = rest.split_first()?;
    let (source, record) = rest.split_at_checked(*source_bytes as usize)?;
    Some(Stored {
        position: u64::from_le_bytes(*position),
        label: Label {
            source: std::str::from_utf8(source).ok()?,
            numbered: *numbered == 1,
            place: Place {
                file: u64::from_le_bytes(*file),
                offset: u64::from_le_bytes(*offset),
            },
        },
        record,
    })
}
