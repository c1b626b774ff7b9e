//! Real senders against the real doors: so many sent, so many found, with the server killed in between.
//!
//! `cargo xtask test --services` installs them where it may. Where one is missing its test says so; with `CI` set it fails.

mod auditd;
mod capture;
mod collector;
mod filebeat;
mod network;
mod opensearch;
mod rsyslog;
mod sensor_service;
mod server;
mod suricata;

use std::{
    ffi::OsStr,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// Whether the command works here. Says what is missing where it does not.
fn is_there(program: impl AsRef<OsStr>, arguments: &[&str], what: &str) -> bool {
    let works = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !works {
        assert!(std::env::var_os("CI").is_none(), "{what} is missing");
        println!("skipped: {what} is missing; cargo xtask test --services installs it where it may");
    }
    works
}

/// What `cargo xtask test --services` made, by its path below its folder.
fn installed(path: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join("senders").join(path)
}

/// A process that ends with its test.
struct Process(Child);

impl Process {
    /// Whether it runs still.
    fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
