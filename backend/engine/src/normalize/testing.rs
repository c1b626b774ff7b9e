//! Where tests find samples and recordings.
#![allow(
    clippy::disallowed_methods,
    reason = "tests read samples and recordings from the disk"
)]

use super::{Origin, RawContext, normalize};
use crate::{Event, Verdict};
use serde_json::Value;
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};
use watchfloor_shared::Timestamp;

pub const CONTEXT: RawContext<'static> = RawContext {
    received: Timestamp::from_millis(1_715_677_980_000),
    position: 7,
    simulated: false,
    origin: Origin::UNKNOWN,
};

pub fn emitted(raw: &[u8]) -> Event {
    emitted_from(raw, Origin::UNKNOWN)
}

pub fn emitted_from(raw: &[u8], origin: Origin<'_>) -> Event {
    match normalize(raw, &RawContext { origin, ..CONTEXT }) {
        Verdict::Emit(event) => event,
        other => panic!("{other:?} for {}", String::from_utf8_lossy(&raw[..raw.len().min(600)])),
    }
}

pub struct Sample {
    pub spelling: String,
    pub name: String,
    pub path: PathBuf,
    pub raw: Vec<u8>,
}

impl Sample {
    /// The folder is the hint; one that is no source's name says nothing.
    pub fn origin(&self) -> Origin<'_> {
        Origin {
            source: Some(&self.spelling),
            sensor: None,
        }
    }

    pub fn is_windows_json(&self) -> bool {
        !super::source::NAMES
            .iter()
            .any(|name| super::source::hinted(Some(&self.spelling), name))
    }
}

/// Every `samples/<spelling>/<name>.*`, in order.
pub fn samples() -> Vec<Sample> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut samples: Vec<Sample> = walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file() && !entry.path().to_string_lossy().ends_with(".golden.json"))
        .map(|entry| Sample {
            spelling: entry
                .path()
                .parent()
                .unwrap()
                .file_name()
                .unwrap()
                .to_string_lossy()
                .into_owned(),
            name: entry.path().file_stem().unwrap().to_string_lossy().into_owned(),
            raw: fs::read(entry.path()).unwrap(),
            path: entry.into_path(),
        })
        .collect();
    samples.sort_by(|a, b| (&a.spelling, &a.name).cmp(&(&b.spelling, &b.name)));
    samples
}

/// A file or folder among the recordings; `None` where there are none, which only a person's machine may lack.
pub fn recording(path: &str) -> Option<PathBuf> {
    let root = std::env::var("WATCHFLOOR_SHARED")
        .map(PathBuf::from)
        .unwrap_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(std::env::var("CI").is_err(), "no recordings at {}", found.display());
    println!("skipped: no recordings at {}", found.display());
    None
}

pub fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

/// The files of a folder with this ending, unpacked.
pub fn unpacked(folder: &Path, ending: &str) -> Vec<(String, Vec<u8>)> {
    walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().to_string_lossy().ends_with(ending))
        .map(|entry| (entry.path().display().to_string(), unzstd(entry.path())))
        .collect()
}

fn unzstd(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    zstd::Decoder::new(fs::File::open(path).unwrap())
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

/// The regular files of a `.tar.zst`, by name. Knows plain ustar and the long names of GNU tar and pax.
pub fn archive(path: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = unzstd(path);
    let mut files = Vec::new();
    let mut long_name = None;
    let mut at = 0;
    while let Some(header) = bytes.get(at..at + 512).filter(|header| header[0] != 0) {
        let text = |range: std::ops::Range<usize>| {
            let field = &header[range];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
            String::from_utf8_lossy(&field[..end]).trim().to_owned()
        };
        let size = usize::from_str_radix(&text(124..136), 8).unwrap();
        let body = &bytes[at + 512..at + 512 + size];
        match header[156] {
            b'L' => long_name = Some(String::from_utf8_lossy(body).trim_end_matches('\0').to_owned()),
            b'x' => {
                let pax = String::from_utf8_lossy(body);
                long_name = pax
                    .lines()
                    .find_map(|line| Some(line.split_once(" path=")?.1.to_owned()));
            }
            b'0' | 0 => {
                let prefix = text(345..500);
                let short = if prefix.is_empty() {
                    text(0..100)
                } else {
                    format!("{prefix}/{}", text(0..100))
                };
                files.push((long_name.take().unwrap_or(short), body.to_vec()));
            }
            _ => {}
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    files
}

/// The document without what a sender may add or leave out: header details, message, its own ECS fields.
pub fn essence(event: &Event) -> Value {
    const SAME_IN_ALL_SPELLINGS: [&str; 11] = [
        "host",
        "process",
        "user",
        "file",
        "registry",
        "dns",
        "source",
        "destination",
        "dll",
        "rule",
        "related",
    ];
    let mut essence: serde_json::Map<String, Value> = SAME_IN_ALL_SPELLINGS
        .iter()
        .filter_map(|section| Some(((*section).to_owned(), event.get(section)?.clone().into())))
        .collect();
    if let Some(host) = essence.get_mut("host").and_then(Value::as_object_mut) {
        host.retain(|key, _| key == "id" || key == "name");
    }
    for path in [
        "event.code",
        "event.category",
        "event.type",
        "event.action",
        "event.dataset",
        "event.outcome",
    ] {
        if let Some(value) = event.get(path) {
            essence.insert(path.to_owned(), value.clone().into());
        }
    }
    essence.insert("time".to_owned(), Value::from(event.timestamp.millis()));
    Value::Object(essence)
}
