//! A frame is what one write is made of: a fixed header, a checksum and a body. Everything in a segment is a frame, so that a
//! reader can tell from any position what is whole. The checksum is seeded per segment, so that a payload cannot carry
//! bytes that pass for a frame.

use bytes::Bytes;

pub const HEADER_BYTES: usize = 52;
/// No frame is longer: an index of the fullest segment stays far below.
pub const BODY_BYTES_MAX: usize = 16 << 20;
/// No batch unpacks to more.
pub const RAW_BYTES_MAX: usize = 16 << 20;
const MAGIC: [u8; 4] = *b"WFb1";
const CODEC_NONE: u8 = 0;
const CODEC_LZ4: u8 = 1;
/// Below this, lz4 gains less than its own overhead.
const PACK_BYTES_MIN: usize = 96;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// State at the head of a segment: everything earlier segments would have said about positions.
    Snapshot = 1,
    /// Records of one partition.
    Batch = 2,
    /// Committed offsets or low watermarks that changed.
    State = 3,
    /// Where every batch of this segment lies.
    Index = 4,
    /// Which stretch of the index belongs to which partition.
    Footer = 5,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    pub kind: Kind,
    codec: u8,
    body_bytes: u32,
    /// Position in this segment up to which the disk had everything when this frame was written.
    pub synced: u32,
    pub topic: u32,
    pub partition: u32,
    pub base: u64,
    pub count: u32,
    raw_bytes: u32,
    /// Nanoseconds.
    pub timestamp_max: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("a frame ends early")]
    Short,
    #[error("no frame begins here")]
    NotAFrame,
    #[error("a frame claims an impossible size")]
    TooLong,
    #[error("a frame's checksum does not match")]
    Checksum,
    #[error("a batch does not unpack to its own length")]
    Unpack,
}

/// What identifies a batch, before it is packed.
#[derive(Debug, Clone, Copy)]
pub struct BatchHead {
    pub topic: u32,
    pub partition: u32,
    pub base: u64,
    pub count: u32,
    pub timestamp_max: i64,
}

impl FrameHeader {
    pub fn frame_bytes(&self) -> usize {
        HEADER_BYTES + self.body_bytes as usize
    }

    pub fn end(&self) -> u64 {
        self.base.saturating_add(u64::from(self.count))
    }
}

/// Appends a batch, packed with lz4 where that pays. Returns the length of the frame.
pub fn put_batch(out: &mut Vec<u8>, salt: u32, synced: u32, head: BatchHead, raw: &[u8]) -> usize {
    let packed = (raw.len() >= PACK_BYTES_MIN)
        .then(|| lz4_flex::block::compress(raw))
        .filter(|packed| packed.len() < raw.len() - raw.len() / 16);
    let (codec, body) = match &packed {
        Some(packed) => (CODEC_LZ4, packed.as_slice()),
        None => (CODEC_NONE, raw),
    };
    let header = FrameHeader {
        kind: Kind::Batch,
        codec,
        body_bytes: body.len() as u32,
        synced,
        topic: head.topic,
        partition: head.partition,
        base: head.base,
        count: head.count,
        raw_bytes: raw.len() as u32,
        timestamp_max: head.timestamp_max,
    };
    put(out, salt, &header, body)
}

/// Appends a frame that is not a batch. Returns its length.
pub fn put_plain(out: &mut Vec<u8>, salt: u32, synced: u32, kind: Kind, body: &[u8]) -> usize {
    let header = FrameHeader {
        kind,
        codec: CODEC_NONE,
        body_bytes: body.len() as u32,
        synced,
        topic: 0,
        partition: 0,
        base: 0,
        count: 0,
        raw_bytes: body.len() as u32,
        timestamp_max: 0,
    };
    put(out, salt, &header, body)
}

fn put(out: &mut Vec<u8>, salt: u32, header: &FrameHeader, body: &[u8]) -> usize {
    let start = out.len();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&header.body_bytes.to_le_bytes());
    out.extend_from_slice(&header.synced.to_le_bytes());
    out.extend_from_slice(&[header.kind as u8, header.codec, 0, 0]);
    out.extend_from_slice(&header.topic.to_le_bytes());
    out.extend_from_slice(&header.partition.to_le_bytes());
    out.extend_from_slice(&header.base.to_le_bytes());
    out.extend_from_slice(&header.count.to_le_bytes());
    out.extend_from_slice(&header.raw_bytes.to_le_bytes());
    out.extend_from_slice(&header.timestamp_max.to_le_bytes());
    out.extend_from_slice(body);
    let checksum = checksum(salt, &out[start + 8..]);
    out[start + 4..start + 8].copy_from_slice(&checksum.to_le_bytes());
    out.len() - start
}

fn checksum(salt: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(bytes);
    hasher.finalize()
}

/// The frame at the front of `bytes`, with its body as it lies on disk. For untrusted bytes.
pub fn decode_frame(bytes: &[u8], salt: u32) -> Result<(FrameHeader, &[u8]), FrameError> {
    if bytes.len() < HEADER_BYTES {
        let known = bytes.len().min(MAGIC.len());
        return Err(if bytes[..known] == MAGIC[..known] {
            FrameError::Short
        } else {
            FrameError::NotAFrame
        });
    }
    if bytes[..4] != MAGIC {
        return Err(FrameError::NotAFrame);
    }
    let kind = match bytes[16] {
        1 => Kind::Snapshot,
        2 => Kind::Batch,
        3 => Kind::State,
        4 => Kind::Index,
        5 => Kind::Footer,
        _ => return Err(FrameError::NotAFrame),
    };
    let header = FrameHeader {
        kind,
        codec: bytes[17],
        body_bytes: u32_at(bytes, 8),
        synced: u32_at(bytes, 12),
        topic: u32_at(bytes, 20),
        partition: u32_at(bytes, 24),
        base: u64_at(bytes, 28),
        count: u32_at(bytes, 36),
        raw_bytes: u32_at(bytes, 40),
        timestamp_max: u64_at(bytes, 44).cast_signed(),
    };
    if header.body_bytes as usize > BODY_BYTES_MAX || header.raw_bytes as usize > RAW_BYTES_MAX {
        return Err(FrameError::TooLong);
    }
    let frame = bytes.get(..header.frame_bytes()).ok_or(FrameError::Short)?;
    if checksum(salt, &frame[8..]) != u32_at(bytes, 4) {
        return Err(FrameError::Checksum);
    }
    Ok((header, &frame[HEADER_BYTES..]))
}

/// The records' bytes of a batch, as they were before packing. `body` may be hostile: the result is at most `RAW_BYTES_MAX`.
pub fn unpack(header: &FrameHeader, body: &[u8]) -> Result<Bytes, FrameError> {
    let raw_bytes = header.raw_bytes as usize;
    let raw = match header.codec {
        CODEC_NONE => Bytes::copy_from_slice(body),
        CODEC_LZ4 if raw_bytes <= RAW_BYTES_MAX => {
            Bytes::from(lz4_flex::block::decompress(body, raw_bytes).map_err(|_| FrameError::Unpack)?)
        }
        _ => return Err(FrameError::Unpack),
    };
    if raw.len() == raw_bytes {
        Ok(raw)
    } else {
        Err(FrameError::Unpack)
    }
}

/// Position of the next bytes at or after `from` that look like the start of a frame.
pub fn next_start(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(MAGIC.len())
        .position(|window| window == MAGIC)
        .map(|found| from + found)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .map_or(0, |four| u32::from_le_bytes(*four))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .map_or(0, |eight| u64::from_le_bytes(*eight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: BatchHead = BatchHead {
        topic: 3,
        partition: 1,
        base: 70,
        count: 2,
        timestamp_max: -5,
    };

    #[test]
    fn a_batch_comes_back_packed_or_not() {
        for raw in [b"short".to_vec(), vec![b'a'; 5000], (0..=255).collect()] {
            let mut out = Vec::new();
            let length = put_batch(&mut out, 9, 11, HEAD, &raw);
            let (header, body) = decode_frame(&out, 9).expect("whole");
            assert_eq!((header.frame_bytes(), header.synced, header.end()), (length, 11, 72));
            assert_eq!(header.timestamp_max, -5);
            assert_eq!(unpack(&header, body).expect("unpacks"), raw);
            assert!(length <= HEADER_BYTES + raw.len());
        }
    }

    #[test]
    fn a_mutated_body_unpacks_to_its_own_length_or_not_at_all() {
        let raw = vec![b'a'; 5_000];
        let mut out = Vec::new();
        put_batch(&mut out, 9, 11, HEAD, &raw);
        let (header, body) = decode_frame(&out, 9).expect("whole");
        for body in crate::mutation::mutations(body, 2_000) {
            if let Ok(unpacked) = unpack(&header, &body) {
                assert_eq!(unpacked.len(), raw.len());
            }
        }
    }

    #[test]
    fn a_frame_forged_without_the_salt_is_refused() {
        let mut out = Vec::new();
        put_batch(&mut out, 1, 0, HEAD, b"records");
        assert_eq!(decode_frame(&out, 2), Err(FrameError::Checksum));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_noticed(bit in 0usize..(HEADER_BYTES + 40) * 8) {
            let mut out = Vec::new();
            put_batch(&mut out, 5, 0, HEAD, &[7; 40]);
            out[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(decode_frame(&out, 5).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_pass(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decode_frame(&bytes, 5).is_err());
        }
    }
}
