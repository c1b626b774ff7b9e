//! The command line of `watchfloor-sensor`.

#![allow(clippy::print_stdout, reason = "`check`, `enroll` and `settings` talk to a person")]

use anyhow::Context;
use clap::{Parser, Subcommand};
use std::{io::IsTerminal, path::PathBuf, process::ExitCode};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use watchfloor_sensor::{
    Agent, check,
    config::{self, Config},
    enroll,
    recent::RecentLog,
};

#[derive(Parser)]
#[command(
    name = "watchfloor-sensor",
    version,
    about = "Sees what happens on this Linux host and hands it to a Watchfloor server"
)]
struct Arguments {
    /// Settings in TOML
    #[arg(long, global = true, env = "WATCHFLOOR_SENSOR_CONFIG")]
    config: Option<PathBuf>,
    /// One setting, as server.address=https://host:50051; may be given several times
    #[arg(long, global = true, value_parser = setting)]
    set: Vec<(String, String)>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Captures, keeps and sends until it is stopped (the default)
    Run,
    /// Says what this kernel and these rights allow
    Check,
    /// Makes this host one of the fleet, with the code that the console shows
    Enroll(enroll::Asked),
    /// Prints the settings that are in force
    Settings,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be key=value")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_env("WATCHFLOOR_SENSOR_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = RecentLog::default();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(log.clone())
        .init();
    match run(&arguments, log) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, log: RecentLog) -> anyhow::Result<ExitCode> {
    let config = config::load(arguments.config.as_deref(), std::env::vars(), &arguments.set)?;
    match &arguments.command {
        None | Some(Command::Run) => {
            serve(config, log)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Check) => {
            let (report, works) = check::report(&config);
            print!("{report}");
            Ok(if works { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Some(Command::Enroll(asked)) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            print!("{}", runtime.block_on(enroll::enroll(&config, asked))?);
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Settings) => {
            print!("{}", toml::to_string(&config)?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// One thread is enough for what waits for the network.
#[tokio::main(flavor = "current_thread")]
async fn serve(config: Config, log: RecentLog) -> anyhow::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let running = Agent::new(config)?
        .logging(log)
        .start()
        .await
        .context("the sensor cannot start")?;
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    let waiting = running.waiting();
    running.stop().await;
    tracing::info!(waiting, "stopped; what waits is sent after the next start");
    Ok(())
}
