//! PostgreSQL and OpenSearch refuse to run as root. Started by root they run as the user that owns nothing.

use anyhow::{Context, Result, bail};
use std::{
    ffi::OsStr,
    os::unix::fs::{MetadataExt, lchown},
    path::Path,
    process::{Command, Stdio},
};

const NOBODY: u32 = 65534;
/// Root's own folders are closed to others: this lets a process read there, and write nothing.
const MAY_READ: [&str; 2] = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];

/// A command that runs as the caller, or for root as nobody with a right to read. `folder` is what it will need to enter.
pub fn command(program: impl AsRef<OsStr>, folder: &Path) -> Result<Command> {
    if !is_root()? {
        return Ok(Command::new(program));
    }
    for rights in [&[][..], &MAY_READ[..]] {
        let mut look = lowered(rights);
        // Not `test -x`: access(2) does not count such rights.
        look.arg("stat")
            .arg(folder.join("."))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if look.status().context("setpriv is missing")?.success() {
            let mut command = lowered(rights);
            command.arg(program.as_ref());
            return Ok(command);
        }
    }
    bail!(
        "it must not run as root, and user {NOBODY} cannot enter {}: set WATCHFLOOR_SERVICES to a folder that everyone can enter",
        folder.display()
    )
}

fn lowered(rights: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    let user = [
        format!("--reuid={NOBODY}"),
        format!("--regid={NOBODY}"),
        "--clear-groups".to_owned(),
    ];
    command.args(user).args(rights).arg("--");
    command
}

/// Gives a folder with all that is in it to the user that the command runs as.
pub fn give(path: &Path) -> Result<()> {
    if !is_root()? {
        return Ok(());
    }
    for entry in walkdir::WalkDir::new(path) {
        let entry = entry?;
        lchown(entry.path(), Some(NOBODY), Some(NOBODY)).with_context(|| entry.path().display().to_string())?;
    }
    Ok(())
}

/// Whether root's servers, which run as nobody, cannot enter it.
pub fn is_closed(path: &Path) -> bool {
    let is_shut = |folder: &Path| {
        folder
            .metadata()
            .is_ok_and(|data| data.is_dir() && data.mode() & 0o001 == 0)
    };
    is_root().unwrap_or(false) && path.ancestors().any(is_shut)
}

fn is_root() -> Result<bool> {
    Ok(std::fs::metadata("/proc/self")?.uid() == 0)
}
