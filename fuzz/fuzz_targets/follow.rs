//! Any bytes as a file that is followed, and as stored checkpoints: nothing panics, and how the bytes are cut changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchfloor::follow::{
    checkpoint,
    lines::{Line, Lines},
};

fn cut(bytes: &[u8], piece: usize) -> Vec<Line> {
    let (mut lines, mut out) = (Lines::default(), Vec::new());
    bytes.chunks(piece).for_each(|bytes| lines.push(bytes, &mut out));
    lines.finish(&mut out);
    out
}

fuzz_target!(|bytes: &[u8]| {
    let _ = checkpoint::parse(bytes);
    let Some((first, log)) = bytes.split_first() else { return };
    let whole = cut(log, log.len().max(1));
    assert_eq!(cut(log, usize::from(*first).max(1)), whole);
    assert!(whole.windows(2).all(|pair| pair[0].offset < pair[1].offset));
    let table = [b"#separator \\x09\n#fields\ta\tb\n", log].concat();
    assert_eq!(cut(&table, usize::from(*first).max(1)), cut(&table, table.len()));
});
