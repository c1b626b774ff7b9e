//! `watchfloor training …`: what the training of models needs from the product.

use super::terminal;
use crate::{
    infer::InferConfig,
    training::{recording::Recording, tensors},
};
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use std::{collections::HashSet, path::PathBuf, process::ExitCode, time::Duration};
use watchfloor_engine::window::Settings;

#[derive(Subcommand)]
pub enum TrainingCommand {
    /// Write the windows of recordings as tensors, with the features that the server computes
    Windows(WindowsArguments),
}

#[derive(Args)]
pub struct WindowsArguments {
    /// What `replay` reads: JSONL, EVTX, audit.log … any of them gzip or zstd, or a folder of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where the files go; made when it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    cut: CutArguments,
}

/// How windows are cut.
#[derive(Args, Clone, Copy)]
pub struct CutArguments {
    /// Length of a window in milliseconds of event time
    #[arg(long, default_value_t = 180_000, value_name = "MS")]
    length_ms: u64,
    /// A window ends at every multiple of this
    #[arg(long, default_value_t = 30_000, value_name = "MS")]
    step_ms: u64,
}

impl CutArguments {
    pub fn settings(self) -> Result<Settings> {
        let settings = Settings {
            length: Duration::from_millis(self.length_ms),
            step: Duration::from_millis(self.step_ms),
            ..Settings::default()
        };
        settings.check().map_err(anyhow::Error::msg)?;
        Ok(settings)
    }
}

pub fn run(command: &TrainingCommand) -> Result<ExitCode> {
    match command {
        TrainingCommand::Windows(arguments) => windows(arguments),
    }
}

fn windows(arguments: &WindowsArguments) -> Result<ExitCode> {
    let settings = arguments.cut.settings()?;
    let out = &arguments.out;
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let schema = serde_json::to_vec_pretty(&tensors::schema())?;
    std::fs::write(out.join("schema.json"), schema).with_context(|| format!("cannot write into {}", out.display()))?;
    // What the server leaves out by default is not trained on either.
    let (tenant, daemons) = ("default".parse()?, InferConfig::default().routine());
    let mut names = HashSet::new();
    for file in &arguments.files {
        let recording = Recording::read(file, &tenant, &settings, &daemons)?;
        let name = free_name(&stem(file), &mut names);
        tensors::write(&recording, out, &name)
            .with_context(|| format!("cannot write {name} into {}", out.display()))?;
        let left_out: u64 = recording.left_out.values().sum();
        terminal::say(format!(
            "{name}: {} windows of {} records, {left_out} left out",
            recording.windows.len(),
            recording.records
        ));
    }
    ensure!(!names.is_empty(), "no recording was named");
    Ok(ExitCode::SUCCESS)
}

/// The file's name without what says how it is written.
fn stem(file: &std::path::Path) -> String {
    let name = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut stem = name.as_str();
    for ends in [
        [".zst", ".gz", ".zstd"].as_slice(),
        &[".jsonl", ".ndjson", ".json", ".evtx", ".log", ".txt"],
    ] {
        stem = ends.iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    }
    if stem.is_empty() {
        "recording".to_owned()
    } else {
        stem.to_owned()
    }
}

/// Two recordings of one name in different folders: the second is `name-2`.
fn free_name(stem: &str, names: &mut HashSet<String>) -> String {
    let candidates = (1_u32..).map(|number| match number {
        1 => stem.to_owned(),
        _ => format!("{stem}-{number}"),
    });
    let name = candidates
        .into_iter()
        .find(|name| !names.contains(name))
        .unwrap_or_default();
    names.insert(name.clone());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_the_recording_alone_and_are_told_apart() {
        let mut names = HashSet::new();
        let mut name = |path: &str| free_name(&stem(std::path::Path::new(path)), &mut names);
        assert_eq!(name("a/dump.jsonl.zst"), "dump");
        assert_eq!(name("b/dump.evtx"), "dump-2");
        assert_eq!(name("b/Sysmon 1.2.evtx"), "Sysmon 1.2");
        assert_eq!(name("audit.log.gz"), "audit");
    }
}
