//! The command line: one subcommand per job.

mod audit;
pub mod client;
mod config;
mod demo;
mod doctor;
mod import;
mod models;
mod replay;
mod rules;
mod score;
mod sensor;
mod serve;
mod simulate;
mod terminal;
mod training;

use crate::config::{Config, Flags};
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

#[derive(Parser)]
#[command(
    name = "watchfloor",
    version,
    about = "A SOC console with its whole backend in one binary"
)]
pub struct Arguments {
    #[command(flatten)]
    settings: SettingsArguments,
    #[command(subcommand)]
    command: Command,
}

/// Where settings come from; every subcommand takes them.
#[derive(Args, Clone, Default)]
pub struct SettingsArguments {
    /// Settings file (TOML)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One setting, as section.key=value; may be given several times
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// Where everything is kept
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server: pipeline, API, console
    Serve(serve::ServeArguments),
    /// Start a server in a temporary folder and show an intrusion being caught
    Demo(demo::DemoArguments),
    /// Send recordings to the running server, at a pace
    Replay(replay::ReplayArguments),
    /// Take recordings in without a server, and wait until all is done
    Import(import::ImportArguments),
    /// Send a simulated intrusion among office activity to the running server
    Simulate(simulate::SimulateArguments),
    /// Check Sigma rules, or match them against files
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// Say how likely an attack is in each window of recordings; needs no server
    Score(score::ScoreArguments),
    /// Models in force and before; put one in, take it back
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// What the training of models needs
    #[command(subcommand)]
    Training(training::TrainingCommand),
    /// Verify the log of who did what
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Show settings
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Look for what would keep the server from working here
    Doctor(doctor::DoctorArguments),
    /// See what happens on this Linux host and send it to a server
    Sensor(sensor::SensorArguments),
}

impl SettingsArguments {
    pub fn load(&self) -> Result<Config, crate::config::ConfigError> {
        let flags = Flags {
            file: self.config.clone(),
            set: self.set.clone(),
            data_dir: self.data_dir.clone(),
        };
        crate::config::load(&flags)
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected section.key=value".to_owned()),
    }
}

/// Runs the command. An error is printed once, here, with its causes.
pub fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            terminal::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let settings = &arguments.settings;
    match arguments.command {
        Command::Serve(serve) => runtime()?.block_on(serve::run(settings, &serve)),
        Command::Demo(demo) => runtime()?.block_on(demo::run(settings, &demo)),
        Command::Replay(replay) => runtime()?.block_on(replay::run(settings, &replay)),
        Command::Import(import) => runtime()?.block_on(import::run(settings, &import)),
        Command::Simulate(simulate) => runtime()?.block_on(simulate::run(settings, &simulate)),
        Command::Rules(rules) => rules::run(&rules, &mut std::io::stdout().lock()),
        Command::Score(score) => score::run(&score, &mut std::io::stdout().lock()),
        Command::Models(command) => {
            let config = settings.load()?;
            let (folder, library) = (config.infer.folder(&config.data_dir), config.infer.library.clone());
            models::run(&command, folder, library.as_deref(), &mut std::io::stdout().lock())
        }
        Command::Training(command) => training::run(&command),
        Command::Audit(command) => runtime()?.block_on(audit::run(settings, &command)),
        Command::Config(command) => config::run(settings, &command),
        Command::Doctor(doctor) => runtime()?.block_on(doctor::run(settings, &doctor)),
        Command::Sensor(sensor) => sensor::run(settings, &sensor),
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
