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
use anyhow::{Result, bail};
use bytes::Bytes;
use clap::Args;
use std::{io::Write, path::PathBuf, process::ExitCode, time::Duration};
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
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(4..=200))]
    hosts: u16,
    /// Events per second of simulated time
    #[arg(long, default_value_t = 20.0)]
    rate: f64,
    /// Share of attack events while the intrusion lasts, above 0 and at most 1; chosen so that it takes --minutes when absent
    #[arg(long)]
    attack_share: Option<f64>,
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

    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The lines of the scenario that begins at `now` unless --start says otherwise, --minutes long.
    fn lines(&self, now: Timestamp) -> Result<impl Iterator<Item = Result<RawLine>> + use<>> {
        let start = self.start.unwrap_or(now);
        let end = start.saturating_add(Duration::from_secs(u64::from(self.minutes) * 60));
        self.lines_between(start, end)
    }

    /// The lines of the scenario from its `start` until `end`; office activity goes on after the intrusion.
    pub fn lines_between(
        &self,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<impl Iterator<Item = Result<RawLine>> + use<>> {
        let length = Duration::from_secs(u64::from(self.minutes) * 60);
        let mut scenario = Scenario {
            seed: self.seed,
            start,
            hosts: usize::from(self.hosts),
            ..Scenario::default()
        };
        scenario.events_per_second = self.rate()?;
        let scenario = match self.attack_share {
            Some(share) if share > 0.0 && share <= 1.0 => Scenario {
                attack_share: share,
                ..scenario
            },
            Some(share) => bail!("--attack-share {share} is not above 0 and at most 1"),
            None => scenario.lasting(length),
        };
        let lines = Simulator::new(scenario)
            .take_while(move |line| line.at < end)
            .enumerate();
        Ok(lines.map(|(position, line)| {
            Ok(RawLine {
                bytes: Bytes::from(line.bytes),
                position: position as u64,
            })
        }))
    }

    fn rate(&self) -> Result<f64> {
        if (0.01..=1e6).contains(&self.rate) {
            Ok(self.rate)
        } else {
            bail!("--rate {} is not between 0.01 and 1000000", self.rate)
        }
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
