//! Walks over the bytes of a segment frame by frame. What the disk once had and no longer reads is damage: it is named and
//! stepped over. What it may never have had, at the very end of the last segment, is a torn write: it is cut off, so that
//! nothing that follows a lost write survives it.

use super::{
    frame::{self, FrameHeader, Kind},
    segment::{self, SEGMENT_HEADER_BYTES, TRAILER_BYTES},
};
use std::ops::Range;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Behind the last whole frame: where the next one may be written.
    pub end: usize,
    pub damage: Vec<Range<usize>>,
    pub sealed: bool,
}

/// Calls `on_frame(position, header, body)` for every whole snapshot, batch and state frame. `whole` says that all of the
/// segment is known to have been on the disk: every segment but the last.
pub fn walk(bytes: &[u8], salt: u32, whole: bool, mut on_frame: impl FnMut(usize, &FrameHeader, &[u8])) -> Walk {
    let mut found = Walk {
        end: SEGMENT_HEADER_BYTES.min(bytes.len()),
        ..Walk::default()
    };
    let mut sealed_at = None;
    while found.end < bytes.len() {
        let at = found.end;
        match frame::decode_frame(&bytes[at..], salt) {
            Ok((header, body)) => {
                match header.kind {
                    Kind::Index => sealed_at = Some(at),
                    Kind::Footer => {}
                    Kind::Snapshot | Kind::Batch | Kind::State => on_frame(at, &header, body),
                }
                found.end = at + header.frame_bytes();
            }
            Err(_) if bytes.len() - at == TRAILER_BYTES && segment::trailer_target(&bytes[at..]).is_some() => {
                found.sealed = true;
                found.end = bytes.len();
            }
            Err(_) => match resume(bytes, at, salt, whole) {
                Some(next) => {
                    found.damage.push(at..next);
                    found.end = next;
                }
                None => break,
            },
        }
    }
    match sealed_at {
        // A seal that was not finished: the segment goes on in its place.
        Some(at) if !found.sealed && !whole => found.end = at,
        _ => {}
    }
    found
}

/// Where to go on behind unreadable bytes at `at`; `None` when they are the torn end.
fn resume(bytes: &[u8], at: usize, salt: u32, whole: bool) -> Option<usize> {
    let mut next = None;
    let mut from = at + 1;
    while let Some(start) = frame::next_start(bytes, from) {
        if let Ok((header, _)) = frame::decode_frame(&bytes[start..], salt) {
            next = next.or(Some(start));
            if whole || header.synced as usize > at {
                return next;
            }
            from = start + header.frame_bytes();
        } else {
            from = start + 1;
        }
    }
    whole.then_some(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::frame::{BatchHead, put_batch};

    const SALT: u32 = 77;

    /// Three batches; the last says that the disk had the first two when it was written.
    fn three() -> (Vec<u8>, Vec<usize>) {
        let mut bytes = segment::header_of(SALT);
        let mut ends = Vec::new();
        for base in 0..3 {
            let synced = if base == 2 { bytes.len() as u32 } else { 0 };
            let head = BatchHead {
                topic: 1,
                partition: 0,
                base,
                count: 1,
                timestamp_max: 0,
            };
            put_batch(&mut bytes, SALT, synced, head, format!("record {base}").as_bytes());
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    fn bases(bytes: &[u8], whole: bool) -> (Vec<u64>, Walk) {
        let mut bases = Vec::new();
        let walk = walk(bytes, SALT, whole, |_, header, _| bases.push(header.base));
        (bases, walk)
    }

    #[test]
    fn cut_anywhere_in_the_last_batch_only_that_batch_goes() {
        let (bytes, ends) = three();
        for cut in ends[1]..ends[2] {
            let (bases, walk) = bases(&bytes[..cut], false);
            assert_eq!(
                (bases, walk.end, walk.damage.len()),
                (vec![0, 1], ends[1], 0),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn damage_that_was_once_on_disk_is_stepped_over() {
        let (bytes, ends) = three();
        for position in ends[0]..ends[1] {
            let mut bytes = bytes.clone();
            bytes[position] ^= 0x10;
            let (bases, walk) = bases(&bytes, false);
            assert_eq!((bases, walk.end), (vec![0, 2], ends[2]), "flipped at {position}");
            assert_eq!(walk.damage.first(), Some(&(ends[0]..ends[1])));
        }
    }

    #[test]
    fn what_follows_a_write_that_never_reached_the_disk_goes_with_it() {
        let (mut bytes, ends) = three();
        bytes.truncate(ends[1]);
        bytes[ends[0] - 1] ^= 1;
        let (bases, walk) = bases(&bytes, false);
        assert_eq!((bases, walk.end), (vec![], SEGMENT_HEADER_BYTES));
    }

    #[test]
    fn a_mutated_segment_gives_only_batches_that_were_written() {
        let (bytes, _) = three();
        for whole in [false, true] {
            for bytes in crate::mutation::mutations(&bytes, 3_000) {
                let (bases, walk) = bases(&bytes, whole);
                assert!(
                    bases.is_sorted_by(|a, b| a < b) && bases.iter().all(|base| *base < 3),
                    "{bases:?}"
                );
                assert!(walk.end <= bytes.len(), "{walk:?}");
            }
        }
    }

    #[test]
    fn in_an_older_segment_every_unreadable_stretch_is_damage() {
        let (mut bytes, ends) = three();
        bytes[ends[2] - 1] ^= 1;
        let (bases, walk) = bases(&bytes, true);
        assert_eq!((bases, walk.damage.first()), (vec![0, 1], Some(&(ends[1]..ends[2]))));
    }
}
