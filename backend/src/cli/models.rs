//! `watchfloor models …`: which models are in force and were before; put one in, take the last change back. The server follows
//! within seconds.

use super::terminal;
use crate::infer::{History, Manifest};
use anyhow::Result;
use clap::{Args, Subcommand};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};
use watchfloor_engine::graph::Platform;

#[derive(Subcommand)]
pub enum ModelsCommand {
    /// The model in force for each platform, and those before it
    List(ListArguments),
    /// Put a model in force, after every check that the server makes
    Install(InstallArguments),
    /// Put the model that was in force before in force again
    Rollback(RollbackArguments),
}

#[derive(Args)]
pub struct ListArguments {
    /// Print one JSON object per model
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct InstallArguments {
    /// Folder with model.onnx and manifest.json
    #[arg(value_name = "DIR")]
    from: PathBuf,
}

#[derive(Args)]
pub struct RollbackArguments {
    /// windows or linux
    #[arg(value_name = "PLATFORM", value_parser = platform)]
    platform: Platform,
}

fn platform(name: &str) -> Result<Platform, String> {
    let found = Platform::ALL.into_iter().find(|platform| platform.as_str() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = Platform::ALL.iter().map(|platform| platform.as_str()).collect();
        format!("one of {}", names.join(", "))
    })
}

/// `folder` is the one that the server follows, `library` ONNX Runtime's.
pub fn run(command: &ModelsCommand, folder: PathBuf, library: Option<&Path>, out: &mut impl Write) -> Result<ExitCode> {
    let history = History::new(folder);
    match command {
        ModelsCommand::List(arguments) => list(&history, arguments.json, out)?,
        ModelsCommand::Install(arguments) => {
            let manifest = history.install(&arguments.from, library)?;
            terminal::say(format!("{} is in force for {}", manifest.label(), manifest.platform));
        }
        ModelsCommand::Rollback(arguments) => {
            let manifest = history.roll_back(arguments.platform)?;
            terminal::say(format!(
                "{} is in force again for {}",
                manifest.label(),
                manifest.platform
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(history: &History, json: bool, out: &mut impl Write) -> Result<()> {
    for platform in Platform::ALL {
        let manifests = history.manifests(platform);
        if manifests.is_empty() && !json {
            writeln!(out, "{:8} the model that ships", platform.as_str())?;
        }
        for (at, manifest) in manifests.iter().enumerate() {
            print(manifest, at == 0, json, out)?;
        }
    }
    Ok(())
}

fn print(manifest: &Manifest, in_force: bool, json: bool, out: &mut impl Write) -> Result<()> {
    if json {
        let mut line = serde_json::to_value(manifest)?;
        line["in_force"] = in_force.into();
        writeln!(out, "{line}")?;
    } else {
        let state = if in_force { "in force" } else { "before" };
        let trained = manifest.trained_at.as_deref().unwrap_or("-");
        writeln!(
            out,
            "{:8} {state:8} {} trained {trained}",
            manifest.platform,
            manifest.label()
        )?;
    }
    Ok(())
}
