//! Any text as a settings file and as a flag: settings or an error, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use watchfloor::config::{Flags, load};

fuzz_target!(|text: &str| {
    let file = PathBuf::from(format!("/dev/shm/watchfloor-fuzz-config-{}", std::process::id()));
    std::fs::write(&file, text).unwrap();
    let _ = load(&Flags {
        file: Some(file),
        ..Flags::default()
    });
    if let Some((key, value)) = text.split_once('=').filter(|(key, _)| !key.is_empty()) {
        let _ = load(&Flags {
            set: vec![(key.to_owned(), value.to_owned())],
            ..Flags::default()
        });
    }
});
