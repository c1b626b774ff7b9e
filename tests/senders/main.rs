//! Real senders against the real doors: so many sent, so many found, with the server killed in between.
//!
//! `cargo xtask test --services` installs them where it may. Where one is missing its test says so; with `CI` set it fails.

mod opensearch;
mod rsyslog;
mod server;

use std::process::{Command, Stdio};

/// Whether the command works here. Says what is missing where it does not.
fn is_there(program: &str, arguments: &[&str], what: &str) -> bool {
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
