//! Rule files on the disk.

use std::{
    io::Read,
    path::{Path, PathBuf},
};
use watchfloor_engine::sigma::RuleSource;

/// A rule file is text written by people.
const FILE_BYTES_MAX: u64 = 1 << 20;
const FILES_MAX: usize = 50_000;

#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("cannot read {path}: {cause}")]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("{path} is larger than {FILE_BYTES_MAX} bytes; that is no rule")]
    TooLarge { path: PathBuf },
    #[error("{path} is not UTF-8 text")]
    NotText { path: PathBuf },
    #[error("{path} holds more than {FILES_MAX} rule files")]
    TooMany { path: PathBuf },
}

/// What a folder holds: its rule files by name, and those that could not be read.
#[derive(Debug, Default)]
pub struct Folder {
    pub sources: Vec<RuleSource>,
    pub unreadable: Vec<FolderError>,
}

/// Reads all `.yml` and `.yaml` files below `folder`, sorted by path. The pack is the folder's name. A single file is fine too.
pub fn read(folder: &Path) -> Result<Folder, FolderError> {
    let unreadable = |path: &Path, cause: std::io::Error| FolderError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    std::fs::metadata(folder).map_err(|cause| unreadable(folder, cause))?;
    let pack = folder
        .canonicalize()
        .ok()
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let pack = pack.unwrap_or_else(|| folder.display().to_string());
    let mut found = Folder::default();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) if entry.file_type().is_file() && is_rule(entry.path()) => entry,
            Ok(_) => continue,
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_owned();
                found.unreadable.push(unreadable(&path, error.into()));
                continue;
            }
        };
        if found.sources.len() == FILES_MAX {
            return Err(FolderError::TooMany {
                path: folder.to_owned(),
            });
        }
        let below = entry
            .path()
            .strip_prefix(folder)
            .ok()
            .filter(|path| !path.as_os_str().is_empty());
        let path = below
            .map_or_else(|| entry.file_name(), Path::as_os_str)
            .to_string_lossy()
            .into_owned();
        match text(entry.path()) {
            Ok(yaml) => found.sources.push(RuleSource {
                pack: pack.clone(),
                path,
                yaml,
            }),
            Err(error) => found.unreadable.push(error),
        }
    }
    Ok(found)
}

/// Hidden files and editors' backups are left alone.
fn is_rule(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let ending = path
        .extension()
        .is_some_and(|ending| ending == "yml" || ending == "yaml");
    ending && !name.starts_with('.')
}

fn text(path: &Path) -> Result<String, FolderError> {
    let unreadable = |cause| FolderError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(FolderError::TooLarge { path: path.to_owned() });
    }
    String::from_utf8(bytes).map_err(|_| FolderError::NotText { path: path.to_owned() })
}
