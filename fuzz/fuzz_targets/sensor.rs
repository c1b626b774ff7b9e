//! Any bytes as what the sensor hears of the kernel, reads of followed files and finds in its spool: nothing panics, what was
//! spooled is found, and how a file grows changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchfloor_sensor::untrusted::{Label, activity, audit_lines, followed, frames, spooled, told};

const SOURCES: [&str; 3] = ["", "zeek", "auditd"];

fuzz_target!(|bytes: &[u8]| {
    assert!(audit_lines(bytes).len() <= bytes.len() / 16);
    assert!(told(bytes) <= bytes.len() / 16);
    let _ = activity(bytes);
    let (found, end) = frames(bytes);
    assert!(end <= bytes.len() && found.len() <= bytes.len() / 8);
    let kept = [spooled(7, Label::default(), bytes), bytes.to_vec()].concat();
    assert_eq!(frames(&kept).0.first(), Some(&(7, bytes)));

    let Some((first, log)) = bytes.split_first() else { return };
    let path = std::env::temp_dir().join(format!("watchfloor-fuzz-{}", std::process::id()));
    let source = SOURCES[usize::from(*first) % SOURCES.len()];
    let text = |pieces: &[&[u8]]| -> Vec<Vec<u8>> {
        let lines = followed(&path, source, pieces).unwrap();
        lines.into_iter().map(|line| line.text).collect()
    };
    let (left, right) = log.split_at(usize::from(*first) % (log.len() + 1));
    assert_eq!(text(&[left, right]), text(&[log]));
});
