//! Files that are made from code: they are committed, and CI checks that making them again changes nothing.

use crate::{
    bpf,
    process::{cargo, output, root, step},
};
use anyhow::{Result, bail};
use clap::Args;

#[derive(Args, Default)]
pub struct Options {
    /// Change nothing; fail when a file would differ
    #[arg(long)]
    pub check: bool,
}

/// Path and the `watchfloor` arguments that print it.
const FILES: [(&str, &[&str]); 2] = [
    ("docs/openapi.json", &["config", "openapi"]),
    ("docs/CONFIGURATION.md", &["config", "reference"]),
];

pub fn run(options: &Options) -> Result<()> {
    bpf::generate(options.check)?;
    step(
        "server",
        cargo(&["build", "--quiet", "--workspace", "--bin", "watchfloor"]),
    )?;
    let binary = crate::process::target_dir().join("debug/watchfloor");
    for (path, arguments) in FILES {
        let made = output(crate::process::command(&binary, arguments))? + "\n";
        let path = root().join(path);
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        if there == made {
            continue;
        }
        if options.check {
            bail!(
                "{} is not what the code says; run: cargo xtask generate",
                path.display()
            );
        }
        std::fs::write(&path, made)?;
        println!("wrote {}", path.display());
    }
    Ok(())
}
