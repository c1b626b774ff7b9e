//! `cargo xtask test`: fast tests first, then those that need a browser or real servers.

use crate::{
    process::{cargo, step},
    setup, ui,
};
use anyhow::Result;
use clap::Args;

#[derive(Args, Default)]
pub struct Options {
    /// Also the tests in a real browser
    #[arg(long)]
    pub browser: bool,
    /// Also the tests against real distributed servers (none yet)
    #[arg(long)]
    pub services: bool,
    /// Also the tests of the desktop app (none yet)
    #[arg(long)]
    pub desktop: bool,
    /// Everything above
    #[arg(long)]
    pub all: bool,
    /// Build the console for size, as it ships
    #[arg(long)]
    pub release_ui: bool,
}

/// The browser tests are one test binary of their own.
const BROWSER: &str = "browser";

pub fn run(options: &Options) -> Result<()> {
    let browser = options.browser || options.all;
    setup::run(&setup::Options { browser })?;
    ui::run(&ui::Options { dev: !options.release_ui })?;
    step("tests of the console's logic", cargo(&["test", "--quiet", "--package", "watchfloor-ui"]))?;
    step("tests", cargo(&["test", "--quiet", "--workspace", "--exclude", "watchfloor-ui", "--bins", "--lib"]))?;
    for name in integration_tests()? {
        if name != BROWSER {
            let title = format!("tests: {name}");
            step(&title, cargo(&["test", "--quiet", "--package", "watchfloor-tests", "--test", &name]))?;
        }
    }
    step("tests: engine", cargo(&["test", "--quiet", "--package", "watchfloor-engine", "--tests"]))?;
    if browser {
        let arguments = ["test", "--package", "watchfloor-tests", "--test", BROWSER, "--", "--nocapture"];
        step("tests in the browser", cargo(&arguments))?;
    }
    if options.services || options.desktop {
        println!("There are no tests of distributed servers or of the desktop app yet.");
    }
    Ok(())
}

/// The names of the integration tests, as the manifest declares them: fast ones first.
fn integration_tests() -> Result<Vec<String>> {
    let manifest = std::fs::read_to_string(crate::process::root().join("tests/Cargo.toml"))?;
    let mut names = Vec::new();
    let mut in_test = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_test = line == "[[test]]";
        } else if let (true, Some(name)) = (in_test, line.strip_prefix("name = ")) {
            names.push(name.trim_matches('"').to_owned());
        }
    }
    Ok(names)
}
