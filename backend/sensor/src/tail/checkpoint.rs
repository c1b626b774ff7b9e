//! How far each followed file was read, in a small file of its own.

use super::file::Followed;
use crate::spool::Place;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// Files that are gone are remembered for a while: they may come back under another name.
const KNOWN_MAX: usize = 4_096;

#[derive(Debug)]
pub struct Checkpoints {
    path: PathBuf,
    offsets: BTreeMap<u64, u64>,
    dirty: bool,
}

impl Checkpoints {
    pub fn open(dir: &Path) -> io::Result<Self> {
        let path = dir.join("checkpoints.json");
        let offsets = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self {
            path,
            offsets,
            dirty: false,
        })
    }

    pub fn offset(&self, id: u64) -> u64 {
        self.offsets.get(&id).copied().unwrap_or_default()
    }

    /// The newest word on a file wins: one that was emptied begins anew.
    pub fn advance(&mut self, place: Place) {
        if place.file != 0 {
            self.offsets.insert(place.file, place.offset);
            self.dirty = true;
        }
    }

    pub fn forget(&mut self, id: u64) {
        self.dirty |= self.offsets.remove(&id).is_some();
    }

    pub fn keep_known(&mut self, files: &BTreeMap<u64, Followed>) {
        if self.offsets.len() > KNOWN_MAX {
            self.offsets.retain(|id, _| files.contains_key(id));
            self.dirty = true;
        }
    }

    /// All or nothing.
    pub fn save(&mut self) -> io::Result<()> {
        if self.dirty {
            let fresh = self.path.with_extension("fresh");
            fs::write(&fresh, serde_json::to_vec(&self.offsets)?)?;
            fs::rename(&fresh, &self.path)?;
            self.dirty = false;
        }
        Ok(())
    }
}
