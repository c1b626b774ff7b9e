//! The folder of all indexes: `<root>/<tenant>/`, a lock, and the layout's version.

use super::{error::from_io, schema::FORMAT};
use crate::search::SearchError;
use std::{
    fs::{self, File, TryLockError},
    io::Write,
    path::{Path, PathBuf},
};
use watchfloor_shared::TenantId;

#[derive(Debug)]
pub struct IndexFolder {
    root: PathBuf,
    /// Held for as long as the index is open.
    _lock: File,
}

impl IndexFolder {
    pub fn open(root: &Path) -> Result<Self, SearchError> {
        fs::create_dir_all(root).map_err(from_io)?;
        let lock = File::create(root.join(".lock")).map_err(from_io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(SearchError::Backend(
                    "the index is in use by another process".to_owned(),
                ));
            }
            Err(TryLockError::Error(error)) => return Err(from_io(error)),
        }
        check_format(&root.join("format"))?;
        Ok(Self {
            root: root.to_owned(),
            _lock: lock,
        })
    }

    pub fn of(&self, tenant: &TenantId) -> PathBuf {
        self.root.join(tenant.as_str())
    }

    pub fn has(&self, tenant: &TenantId) -> bool {
        self.of(tenant).join("meta.json").exists()
    }

    pub fn bytes(&self) -> Result<u64, SearchError> {
        let mut bytes = 0;
        for entry in walkdir::WalkDir::new(&self.root).into_iter().filter_map(Result::ok) {
            // A file may go away while segments merge.
            bytes += entry
                .metadata()
                .ok()
                .filter(|data| data.is_file())
                .map_or(0, |data| data.len());
        }
        Ok(bytes)
    }

    /// A broken writer says only that it broke; asks the disk whether it is full.
    pub fn diagnose(&self, error: SearchError) -> SearchError {
        const PROBE_BYTES: usize = 1 << 20;
        if !matches!(error, SearchError::Backend(_)) {
            return error;
        }
        let probe = self.root.join(".probe");
        let written = File::create(&probe).and_then(|mut file| {
            file.write_all(&vec![0; PROBE_BYTES])?;
            file.sync_all()
        });
        let _ = fs::remove_file(&probe);
        match written.map_err(from_io) {
            Err(SearchError::DiskFull) => SearchError::DiskFull,
            _ => error,
        }
    }
}

fn check_format(path: &Path) -> Result<(), SearchError> {
    match fs::read_to_string(path) {
        Ok(text) => match text.trim().parse::<u32>() {
            Ok(found) if found > FORMAT => Err(SearchError::NewerFormat { found, known: FORMAT }),
            Ok(_) => Ok(()),
            Err(_) => Err(SearchError::Backend(format!(
                "{} holds no version number",
                path.display()
            ))),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut file = File::create(path).map_err(from_io)?;
            file.write_all(format!("{FORMAT}\n").as_bytes()).map_err(from_io)?;
            file.sync_all().map_err(from_io)
        }
        Err(error) => Err(from_io(error)),
    }
}
