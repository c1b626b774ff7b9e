//! Where a server's things lie:
//!
//! ```text
//! target/services/            or $WATCHFLOOR_SERVICES; /var/cache/watchfloor/services where root's target is closed to others
//!   lock                      held by the one `up` or `down` at work
//!   programs/<name>/          what was installed, with `made-of`: installed anew when that changes
//!   state/<name>/             data, settings, password (0600), server.pid, server.log
//! ```

use super::{Server, unprivileged};
use crate::process::target_dir;
use anyhow::{Context, Result};
use std::{
    fs::{self, OpenOptions},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Java looks whether it may enter a folder by access(2), which counts no capability: what runs as nobody must lie in the open.
const OPEN: &str = "/var/cache/watchfloor/services";

pub fn folder() -> PathBuf {
    let chosen = std::env::var_os("WATCHFLOOR_SERVICES").map(PathBuf::from);
    let beside = || match target_dir().join("services") {
        closed if unprivileged::is_closed(&closed) => PathBuf::from(OPEN),
        open => open,
    };
    let folder = chosen.unwrap_or_else(beside);
    std::path::absolute(&folder).unwrap_or(folder)
}

/// Where a program of this name is installed.
pub fn program(name: &str) -> PathBuf {
    folder().join("programs").join(name)
}

/// Runs `make` on an empty folder, which gets the program's name only when it is complete. Does nothing where the program is there
/// and made of this.
pub fn install(name: &str, made_of: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let (there, stamp) = (program(name), program(name).join("made-of"));
    if fs::read_to_string(&stamp).is_ok_and(|found| found == made_of) {
        return Ok(());
    }
    let unfinished = there.with_extension("new");
    for old in [&there, &unfinished] {
        if old.exists() {
            fs::remove_dir_all(old).with_context(|| old.display().to_string())?;
        }
    }
    fs::create_dir_all(&unfinished).with_context(|| unfinished.display().to_string())?;
    make(&unfinished)?;
    fs::write(unfinished.join("made-of"), made_of)?;
    Ok(fs::rename(unfinished, there)?)
}

/// A server's state.
pub struct Home(PathBuf);

impl Home {
    pub fn of(server: &Server) -> Self {
        Self(folder().join("state").join(server.name))
    }

    pub fn make(&self) -> Result<()> {
        fs::create_dir_all(&self.0).with_context(|| self.0.display().to_string())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes a folder in it.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.path(name);
        fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    pub fn log(&self) -> PathBuf {
        self.path("server.log")
    }

    pub fn log_tail(&self, lines: usize) -> String {
        let text = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path(name);
        fs::write(&path, text).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    /// For files with a secret in them: nobody else's to read, not even for a moment.
    pub fn write_private(&self, name: &str, text: &str) -> Result<PathBuf> {
        let (path, unfinished) = (self.path(name), self.path(&format!("{name}.new")));
        let _ = fs::remove_file(&unfinished);
        let mut file = OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&unfinished)
            .with_context(|| unfinished.display().to_string())?;
        file.write_all(text.as_bytes())?;
        fs::rename(unfinished, &path)?;
        Ok(path)
    }

    /// The secret in this file, made at the first call: 256 bits in hexadecimal.
    pub fn secret(&self, name: &str) -> Result<String> {
        if let Ok(there) = fs::read_to_string(self.path(name)) {
            return Ok(there.trim().to_owned());
        }
        let mut bytes = [0; 32];
        fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.write_private(name, &secret)?;
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_made_once_and_is_nobody_elses() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home(dir.path().to_owned());
        let secret = home.secret("password").unwrap();
        assert_eq!((secret.len(), home.secret("password").unwrap()), (64, secret));
        let mode = fs::metadata(home.path("password")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_tail_is_the_last_lines() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home(dir.path().to_owned());
        assert_eq!(home.log_tail(2), "");
        fs::write(home.log(), "one\ntwo\nthree\n").unwrap();
        assert_eq!(home.log_tail(2), "two\nthree");
        assert_eq!(home.log_tail(9), "one\ntwo\nthree");
    }
}
