//! `cargo xtask demo`: from a fresh clone to an alert on the screen.

use crate::{
    process::{cargo, command, step, target_dir},
    setup, ui,
};
use anyhow::Result;
use clap::Args;
use std::{os::unix::process::CommandExt, path::PathBuf};

#[derive(Args)]
pub struct Options {
    /// Also replay this recording (JSONL, EVTX, .gz, .zst, or a folder of them); may be given several times
    #[arg(long)]
    input: Vec<PathBuf>,
    /// Keep everything here; a temporary folder otherwise
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Port on loopback
    #[arg(long, default_value_t = 7700)]
    port: u16,
    /// Build without optimisation: quicker to start, slower to run
    #[arg(long)]
    dev: bool,
    /// Leave this machine itself off the screen
    #[arg(long)]
    no_sensor: bool,
    /// End after the first alert is on the live stream, with status 0: the demo's own test
    #[arg(long)]
    smoke: bool,
}

pub fn run(options: &Options) -> Result<()> {
    setup::run(&setup::Options::default())?;
    ui::run(&ui::Options { dev: options.dev })?;
    let mut build = cargo(&[
        "build",
        "--workspace",
        "--bin",
        "watchfloor",
        "--bin",
        "watchfloor-sensor",
    ]);
    if !options.dev {
        build.arg("--release");
    }
    step("server and sensor", build)?;
    let profile = if options.dev { "debug" } else { "release" };
    let mut demo = command(target_dir().join(profile).join("watchfloor"), &["demo"]);
    demo.arg("--port").arg(options.port.to_string());
    for input in &options.input {
        demo.arg("--input").arg(std::path::absolute(input)?);
    }
    if let Some(data_dir) = &options.data_dir {
        demo.arg("--data-dir").arg(std::path::absolute(data_dir)?);
    }
    for (setting, files) in setup::geo_databases() {
        let list: Vec<_> = files
            .iter()
            .map(|file| format!("{:?}", file.display().to_string()))
            .collect();
        demo.arg("--set").arg(format!("{setting}=[{}]", list.join(", ")));
    }
    if options.no_sensor {
        demo.arg("--no-sensor");
    }
    if options.smoke {
        demo.arg("--smoke");
    }
    // The demo takes our place, so that Ctrl-C reaches it and nothing is left behind.
    Err(demo.exec().into())
}
