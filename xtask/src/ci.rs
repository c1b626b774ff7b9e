//! All that continuous integration checks, in the order in which it fails fastest.

use crate::{bench, generated, lint, process, setup, test};
use anyhow::Result;
use std::time::Instant;

pub fn run() -> Result<()> {
    let started = Instant::now();
    setup::run(&setup::Options {
        browser: true,
        desktop: true,
        ..setup::Options::default()
    })?;
    lint::run()?;
    // The README's test command with everything that is behind a flag.
    test::run(&test::Options {
        all: true,
        desktop: true,
        release_ui: true,
        ..test::Options::default()
    })?;
    generated::run(&generated::Options { check: true })?;
    bench::smoke()?;
    process::step(
        "fuzz targets compile",
        process::cargo(&["check", "--quiet", "--manifest-path", "fuzz/Cargo.toml"]),
    )?;
    println!("── all of it: {:.1} min", started.elapsed().as_secs_f64() / 60.0);
    Ok(())
}
