//! A folder of models with what was in it before: put another model in, take the last change back.
//!
//! ```text
//! <folder>/windows/{model.onnx,manifest.json}           in force
//! <folder>/before/windows/0001/{model.onnx,…}           was in force before it, the highest last
//! <folder>/withdrawn/windows/0001/{model.onnx,…}        was taken back
//! ```
//!
//! Invariants: what the server reads changes in one step of the file system, never file by file; nothing is ever deleted; a model
//! that the server would refuse is not put in.

use super::{Manifest, Model, ModelError, library};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use watchfloor_engine::graph::Platform;

const MODEL_FILE: &str = "model.onnx";
const MANIFEST_FILE: &str = "manifest.json";
const BEFORE: &str = "before";
const WITHDRAWN: &str = "withdrawn";

#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error(transparent)]
    Refused(#[from] ModelError),
    #[error("{path}: {cause}")]
    File { path: PathBuf, cause: io::Error },
    #[error("no model for {} was in force in {folder} before", .platform.as_str())]
    Nothing { platform: Platform, folder: PathBuf },
    #[error("the manifest is for {0}, which is no platform of models")]
    Platform(String),
}

/// A folder that the server follows.
#[derive(Debug, Clone)]
pub struct History {
    folder: PathBuf,
}

impl History {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Manifests of a platform: the one in force, then those before it, the latest first.
    pub fn manifests(&self, platform: Platform) -> Vec<Manifest> {
        let mut folders = self.numbered(BEFORE, platform);
        folders.push(self.current(platform));
        let read = |folder: &PathBuf| Manifest::read(&fs::read(folder.join(MANIFEST_FILE)).ok()?).ok();
        folders.iter().rev().filter_map(read).collect()
    }

    /// Puts the model of `from` in force, after all that the server checks too.
    pub fn install(&self, from: &Path, library_file: Option<&Path>) -> Result<Manifest, HistoryError> {
        let (manifest, model) = (read(&from.join(MANIFEST_FILE))?, read(&from.join(MODEL_FILE))?);
        let named = Manifest::read(&manifest)?.platform;
        let platform = Platform::ALL.into_iter().find(|platform| platform.as_str() == named);
        let platform = platform.ok_or(HistoryError::Platform(named))?;
        let opened = Model::open(&library::environment(library_file)?, platform, &manifest, &model, 1)?;
        let next = self.folder.join(format!(".next-{}", platform.as_str()));
        if next.exists() {
            at(&next, fs::remove_dir_all(&next))?;
        }
        at(&next, fs::create_dir_all(&next))?;
        for (file, bytes) in [(MANIFEST_FILE, &manifest), (MODEL_FILE, &model)] {
            let path = next.join(file);
            at(
                &path,
                fs::write(&path, bytes).and_then(|()| fs::File::open(&path)?.sync_all()),
            )?;
        }
        self.exchange(platform, &next, BEFORE)?;
        Ok(opened.manifest)
    }

    /// Puts the model that was in force before in force again.
    pub fn roll_back(&self, platform: Platform) -> Result<Manifest, HistoryError> {
        let before = self
            .numbered(BEFORE, platform)
            .pop()
            .ok_or_else(|| HistoryError::Nothing {
                platform,
                folder: self.folder.clone(),
            })?;
        let manifest = Manifest::read(&read(&before.join(MANIFEST_FILE))?)?;
        self.exchange(platform, &before, WITHDRAWN)?;
        Ok(manifest)
    }

    fn current(&self, platform: Platform) -> PathBuf {
        self.folder.join(platform.as_str())
    }

    /// `next` becomes what is in force; what was goes on the pile `to`.
    fn exchange(&self, platform: Platform, next: &Path, to: &str) -> Result<(), HistoryError> {
        let current = self.current(platform);
        if !current.exists() {
            return at(&current, fs::rename(next, &current));
        }
        let pile = self.folder.join(to).join(platform.as_str());
        at(&pile, fs::create_dir_all(&pile))?;
        let highest = self
            .numbered(to, platform)
            .last()
            .and_then(|folder| number(folder))
            .unwrap_or(0);
        let kept = pile.join(format!("{:04}", highest + 1));
        let exchanged = renameat_with(CWD, next, CWD, &current, RenameFlags::EXCHANGE);
        at(&current, exchanged.map_err(io::Error::from))?;
        at(&kept, fs::rename(next, &kept))
    }

    /// Folders of a pile, the highest last.
    fn numbered(&self, pile: &str, platform: Platform) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.join(pile).join(platform.as_str()));
        let mut folders: Vec<PathBuf> = entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        folders.retain(|folder| number(folder).is_some());
        folders.sort_by_key(|folder| number(folder));
        folders
    }
}

fn number(folder: &Path) -> Option<u32> {
    folder.file_name()?.to_str()?.parse().ok()
}

fn read(path: &Path) -> Result<Vec<u8>, HistoryError> {
    at(path, fs::read(path))
}

fn at<T>(path: &Path, done: io::Result<T>) -> Result<T, HistoryError> {
    done.map_err(|cause| HistoryError::File {
        path: path.to_owned(),
        cause,
    })
}
