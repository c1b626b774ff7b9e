//! The folder that settings and data are kept in.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// PostgreSQL's socket lies deep below the profile, ours at its top: both must fit into the kernel's 108 bytes.
const PATH_BYTES_MAX: usize = 80;

#[derive(Debug, Clone)]
pub struct Profile(PathBuf);

impl Profile {
    /// The named folder, or the one in the user's data folder; made when it is not there.
    pub fn open(named: Option<&Path>) -> Result<Self> {
        let path = match named {
            Some(path) => std::path::absolute(path)?,
            None => dirs::data_dir()
                .context("this user has no data folder; name one with --profile")?
                .join("watchfloor-desktop"),
        };
        let length = path.as_os_str().len();
        if length > PATH_BYTES_MAX {
            anyhow::bail!(
                "{} is {length} bytes long; sockets in it need a path of at most {PATH_BYTES_MAX}: name another with --profile",
                path.display()
            );
        }
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// What the server in this process keeps.
    pub fn data_dir(&self) -> PathBuf {
        self.0.join("server")
    }

    /// What the pages in the window keep.
    pub fn web_dir(&self) -> PathBuf {
        self.0.join("web")
    }

    /// Settings of the server in this process that a person wrote, if there are any.
    pub fn server_settings(&self) -> Option<PathBuf> {
        Some(self.0.join("server.toml")).filter(|path| path.is_file())
    }

    pub fn log_file(&self) -> PathBuf {
        self.0.join("desktop.log")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_too_deep_for_sockets_is_refused_with_the_way_out() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("x".repeat(100));
        let refused = Profile::open(Some(&deep)).unwrap_err().to_string();
        assert!(refused.contains("--profile"), "{refused}");
        assert!(!deep.exists());
    }
}
