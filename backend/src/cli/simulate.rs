//! `watchfloor simulate`: an intrusion among office activity, into the running server, marked as simulated.

use super::{
    SettingsArguments,
    client::{Client, ServerArguments},
    terminal,
};
use crate::{
    clock::Clock,
    ingest::RawLine,
    replay::{Plan, Sink, feed, pace::Speed},
};
use anyhow::Result;
use bytes::Bytes;
use clap::Args;
use std::{io::Write, path::PathBuf, process::ExitCode};
use watchfloor_engine::simulate::{Scenario, Simulator};
use watchfloor_shared::Timestamp;

#[derive(Args)]
pub struct SimulateArguments {
    #[command(flatten)]
    scenario: ScenarioArguments,
    /// max, or times real time
    #[arg(long, default_value = "10")]
    speed: Speed,
    #[command(flatten)]
    server: ServerArguments,
    /// Write the events to this file instead of sending them
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Args, Clone)]
pub struct ScenarioArguments {
    /// The same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Windows hosts in the office
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(3..=500))]
    hosts: u16,
    /// Events per second of simulated time
    #[arg(long, default_value_t = 20.0)]
    rate: f64,
    /// Share of attack events, 0 to 1
    #[arg(long, default_value_t = 0.05)]
    attack_share: f64,
    /// Minutes of simulated time
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: u32,
    /// When it begins (RFC 3339); now when absent
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
}

impl ScenarioArguments {
    pub fn hosts(&self) -> u16 {
        self.hosts
    }

    pub fn lines(&self, now: Timestamp) -> Result<impl Iterator<Item = Result<RawLine>> + use<>> {
        let scenario = Scenario {
            seed: self.seed,
            hosts: usize::from(self.hosts),
            events_per_second: self.rate,
            attack_share: self.attack_share,
            minutes: self.minutes,
            start: self.start.unwrap_or(now),
        };
        Ok(Simulator::new(scenario)?.enumerate().map(|(position, event)| {
            Ok(RawLine {
                bytes: Bytes::from(event.line),
                position: position as u64,
            })
        }))
    }
}

pub async fn run(settings: &SettingsArguments, arguments: &SimulateArguments) -> Result<ExitCode> {
    let config = settings.load()?;
    let lines = arguments.scenario.lines(Clock::system().now())?;
    if let Some(path) = &arguments.output {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
        for line in lines {
            file.write_all(&line?.bytes)?;
            file.write_all(b"\n")?;
        }
        file.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    let sink = Sink::Server(Client::new(&arguments.server, &config.data_dir)?);
    let plan = Plan {
        speed: arguments.speed,
        ..Plan::default()
    };
    let bar = terminal::progress(None);
    let sent = feed(lines, &plan, &sink, |count| bar.inc(count)).await?;
    bar.finish_and_clear();
    terminal::say(format!("Sent {} simulated events.", terminal::thousands(sent.lines)));
    Ok(ExitCode::SUCCESS)
}
