//! Format, lints, dependencies.

use crate::{
    desktop,
    process::{cargo, command, step, succeeds, target_dir},
};
use anyhow::Result;

pub fn run() -> Result<()> {
    step("format", cargo(&["fmt", "--all", "--check"]))?;
    let mut everything = vec!["clippy", "--quiet", "--workspace", "--all-targets"];
    match desktop::is_buildable() {
        true => everything.extend(["--features", desktop::FEATURE]),
        false => {
            println!("skipped: the desktop app's window; cargo xtask setup --desktop brings what it is built with")
        }
    }
    everything.extend(["--", "-D", "warnings"]);
    step("clippy", cargo(&everything))?;
    let console = [
        "clippy",
        "--quiet",
        "-p",
        "watchfloor-ui",
        "--target",
        "wasm32-unknown-unknown",
        "--",
        "-D",
        "warnings",
    ];
    step("clippy: console", cargo(&console))?;
    dependencies()
}

/// Licences, duplicates and sources. Advisories need a database that is not in a package registry: `cargo deny check` by hand
/// where the network allows.
fn dependencies() -> Result<()> {
    let tools = target_dir().join("tools");
    let deny = tools.join("bin/cargo-deny");
    if !succeeds(command(&deny, &["--version"])) {
        let root = tools.to_string_lossy().into_owned();
        let arguments = [
            "install",
            "--locked",
            "--quiet",
            "--version",
            "0.20.2",
            "--root",
            &root,
            "cargo-deny",
        ];
        step("cargo-deny, once", cargo(&arguments))?;
    }
    step(
        "licences, duplicates, sources",
        command(&deny, &["--log-level", "error", "check", "bans", "licenses", "sources"]),
    )
}
