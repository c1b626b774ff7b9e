//! `cargo xtask screenshots`: the README's pictures, of the demo as it is now. Nothing of this machine is on them.

use crate::{
    process::{cargo, command, root, step, target_dir},
    setup, ui,
};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    time::Duration,
};

/// The story of the demo's intrusion is told in this time, and the map has something on it.
const STORY: Duration = Duration::from_secs(60);
/// A README is read on a telephone too.
const BYTES_MAX: u64 = 300_000;
const FOLDER: &str = "docs/pictures";

#[derive(Args)]
pub struct Options {
    /// The server as tests have it: quicker to build
    #[arg(long)]
    dev: bool,
}

/// Ended as Ctrl-C does it, so that it leaves nothing behind.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = command("kill", &["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

pub fn run(options: &Options) -> Result<()> {
    setup::run(&setup::Options {
        browser: true,
        ..setup::Options::default()
    })?;
    ui::run(&ui::Options { dev: false })?;
    let mut build = cargo(&["build", "--workspace", "--bin", "watchfloor"]);
    if !options.dev {
        build.arg("--release");
    }
    step("server", build)?;
    let profile = if options.dev { "debug" } else { "release" };
    let mut demo = command(
        target_dir().join(profile).join("watchfloor"),
        &["demo", "--port", "0", "--no-sensor"],
    );
    for (setting, files) in setup::geo_databases() {
        let list: Vec<_> = files
            .iter()
            .map(|file| format!("{:?}", file.display().to_string()))
            .collect();
        demo.arg("--set").arg(format!("{setting}=[{}]", list.join(", ")));
    }
    let mut demo = Demo(
        demo.stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .context("the demo")?,
    );
    let out = demo.0.stdout.take().context("what it says")?;
    let mut lines = BufReader::new(out).lines();
    let link = loop {
        let Some(line) = lines.next() else {
            bail!("the demo gave no link")
        };
        let line = line?;
        if line.trim().starts_with("http") {
            break line.trim().to_owned();
        }
    };
    // It goes on talking.
    std::thread::spawn(move || lines.for_each(drop));
    std::thread::sleep(STORY);
    let folder = root().join(FOLDER);
    fs::create_dir_all(&folder)?;
    let mut script = command("node", &["tests/browser/pictures.mjs"]);
    script.env("LINK", link).env("ARTEFACTS", &folder);
    step("pictures", script)?;
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        let bytes = entry.metadata()?.len();
        println!("{}: {bytes} bytes", entry.path().display());
        ensure!(bytes <= BYTES_MAX, "more than {BYTES_MAX} bytes");
    }
    Ok(())
}
