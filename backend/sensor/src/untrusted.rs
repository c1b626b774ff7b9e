//! The parsers of bytes that others wrote: the kernel's messages, followed files, the spool after a crash. One way in for what
//! fuzzes them.
//!
//! Invariant: any bytes are records or nothing.

use crate::{
    capture::{Activity, audit, ebpf::layout, netlink::Messages, proc_connector},
    clock::BootClock,
    spool::frame::{self, Decoded},
    tail::file::{Followed, Line},
};
use std::{fs::File, io, io::Write, path::Path};
use watchfloor_shared::Timestamp;

pub use crate::spool::{Label, Place};

/// A datagram of the audit multicast, in the audit log's words.
pub fn audit_lines(datagram: &[u8]) -> Vec<String> {
    audit::lines(Messages(datagram)).collect()
}

/// What a datagram of the process connector tells, in numbers: so many starts, forks and ends.
pub fn told(datagram: &[u8]) -> usize {
    Messages(datagram)
        .filter_map(|(_, payload)| proc_connector::told(payload))
        .count()
}

/// An event of the eBPF ring.
pub fn activity(event: &[u8]) -> Option<Activity> {
    layout::read(event, &BootClock::default())
}

/// A record as the spool keeps it.
pub fn spooled(position: u64, label: Label<'_>, record: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::encode(&mut bytes, position, label, record);
    bytes
}

/// The positions and records of a segment's frames, and up to where they can be read.
pub fn frames(bytes: &[u8]) -> (Vec<(u64, &[u8])>, usize) {
    let (mut found, mut end) = (Vec::new(), 0);
    while let Decoded::Frame(stored, taken) = frame::decode(&bytes[end..]) {
        found.push((stored.position, stored.record));
        end += taken;
    }
    (found, end)
}

/// The lines of a file that is followed while the pieces are written to it, one after the other, at one time.
pub fn followed(path: &Path, source: &str, pieces: &[&[u8]]) -> io::Result<Vec<Line>> {
    let mut file = File::create(path)?;
    let mut followed = Followed::open(1, path, source.to_owned(), 0)?;
    let mut lines = Vec::new();
    for piece in pieces {
        file.write_all(piece)?;
        while followed.read(READ_BYTES_MAX, Timestamp::EPOCH, &mut lines)? > 0 {}
    }
    Ok(lines)
}

const READ_BYTES_MAX: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    /// As `fuzz/fuzz_targets/sensor.rs` asks of any bytes, of some.
    fn all(bytes: &[u8]) {
        assert!(audit_lines(bytes).len() <= bytes.len() / 16);
        assert!(told(bytes) <= bytes.len() / 16);
        let _ = activity(bytes);
        let (found, end) = frames(bytes);
        assert!(end <= bytes.len() && found.len() <= bytes.len() / 8);
        let (label, folder) = (Label::default(), tempfile::tempdir().unwrap());
        let kept = [spooled(7, label, bytes), bytes.to_vec()].concat();
        assert_eq!(frames(&kept).0.first(), Some(&(7, bytes)));
        let path = folder.path().join("log");
        for source in ["", "zeek", "auditd"] {
            let whole = followed(&path, source, &[bytes]).unwrap();
            let (left, right) = bytes.split_at(bytes.len() / 2);
            let texts = |lines: Vec<Line>| lines.into_iter().map(|line| line.text).collect::<Vec<_>>();
            assert_eq!(texts(followed(&path, source, &[left, right]).unwrap()), texts(whole));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn any_bytes_are_records_or_nothing(bytes in vec(prop_oneof![Just(0), Just(b'\n'), Just(16), any::<u8>()], 0..400)) {
            all(&bytes);
        }

        #[test]
        fn a_message_cut_or_changed_anywhere_is_one_or_nothing(at in 0_usize..200, byte in any::<u8>(), kind in 1_u32..8) {
            let text = b"audit(1700000000.001:7): arch=c000003e syscall=59 pid=9";
            let mut bytes = ((16 + text.len()) as u32).to_ne_bytes().to_vec();
            bytes.extend([0x14, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            bytes.extend(text);
            bytes.extend([0; 40]);
            bytes.extend(kind.to_ne_bytes());
            bytes.extend([7; 90]);
            bytes[at] = byte;
            all(&bytes);
            all(&bytes[..at]);
            all(&bytes[at..]);
        }
    }
}
