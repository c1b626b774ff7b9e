//! The pipeline's benchmark: throughput first, then alert latency at a steady rate, in one product on one folder.

mod doors;
pub mod gnn;
mod latency;
pub mod map;
mod measure;
mod peer;
pub mod skew;
pub mod sources;

use crate::{fixtures, product};
use anyhow::{Context, Result};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use watchfloor::{
    clock::Clock,
    config::Config,
    ingest::{BatchOrigin, Door, RawLine},
    replay::{Plan, Sink, feed, reader},
    startup::{self, Doors, Running},
};

const DRAIN_WAIT_MAX: Duration = Duration::from_secs(1_800);
const SIGMA_RULES: &str = "data/reference/sigma_rules.tar.zst";

/// What to measure.
pub struct Options {
    pub input: PathBuf,
    /// Rule folders beside the starter pack; the SigmaHQ set of the recordings when empty.
    pub rules: Vec<PathBuf>,
    pub events_max: u64,
    pub latency_seconds: u64,
    pub latency_rate: u64,
}

/// The keys are a contract of `cargo xtask bench pipeline --json`.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub events_per_second: f64,
    /// Microseconds of CPU per event: by stage thread, and `process` for all of it (without PostgreSQL's own processes).
    pub cpu_us_per_event: BTreeMap<String, f64>,
    /// Received at the door → on a live stream over HTTP, at `latency_rate` events per second.
    pub alert_latency_ms: Percentiles,
    pub rss_peak_bytes: u64,
    pub disk_bytes_per_event: f64,
    pub events_in: u64,
    pub events_indexed: u64,
    pub dead_letters: u64,
    pub alerts: u64,
    pub unaccounted: i64,
    pub rules_active: usize,
    pub seconds: f64,
    /// Throughput with the front door alone: how fast lines were taken and on the disk.
    pub ingest_events_per_second: f64,
    pub input_bytes_per_event: f64,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Percentiles {
    pub p50: f64,
    pub p99: f64,
    pub samples: usize,
}

pub async fn run(options: &Options) -> Result<Report> {
    let dir = product::folder();
    let unpacked = dir.path().join("rules");
    let config = Config {
        rules: rules(options, &unpacked)?,
        ..product::config(&dir.path().join("data"))
    };
    let running = startup::start(config, Clock::system(), Doors::Open).await?;
    let mut report = Report {
        rules_active: active_rules(&running.config)?,
        ..Report::default()
    };
    throughput(options, &running, &mut report).await?;
    if options.latency_seconds > 0 {
        report.alert_latency_ms = latency::measure(&running, lines(&options.input)?, options).await?;
    }
    report.rss_peak_bytes = measure::rss_peak_bytes();
    running.stop().await;
    Ok(report)
}

async fn throughput(options: &Options, running: &Running, report: &mut Report) -> Result<()> {
    let sink = Sink::Local {
        ingest: running.ingest.clone(),
        tenant: running.tenant.clone(),
        door: Door::File,
        origin: BatchOrigin::default(),
    };
    let lines = lines(&options.input)?.take(usize::try_from(options.events_max)?);
    let cpu = measure::process_cpu();
    let started = Instant::now();
    let sent = feed(lines, &Plan::default(), &sink, |_| ()).await?;
    report.ingest_events_per_second = sent.lines as f64 / started.elapsed().as_secs_f64();
    anyhow::ensure!(
        running.drained(DRAIN_WAIT_MAX).await,
        "the pipeline did not finish in time"
    );
    let seconds = started.elapsed().as_secs_f64();
    let snapshot = running.view.snapshot().await;
    let events = sent.lines as f64;
    report.seconds = seconds;
    report.events_in = sent.lines;
    report.input_bytes_per_event = sent.bytes as f64 / events;
    report.events_per_second = events / seconds;
    report.cpu_us_per_event.insert(
        "process".into(),
        (measure::process_cpu() - cpu).as_secs_f64() * 1e6 / events,
    );
    for stage in &snapshot.stages {
        let total = stage.cpu_us_per_event * stage.received as f64;
        report.cpu_us_per_event.insert(stage.name.clone(), total / events);
        report.dead_letters += stage.dead.iter().map(|dead| dead.count.unsigned_abs()).sum::<u64>();
        match stage.name.as_str() {
            "index" => report.events_indexed = stage.emitted.unsigned_abs(),
            "alert" => report.alerts = stage.emitted.unsigned_abs(),
            _ => {}
        }
    }
    report.unaccounted = snapshot.unaccounted;
    report.disk_bytes_per_event = measure::bytes_below(&running.config.data_dir) as f64 / events;
    Ok(())
}

fn lines(input: &Path) -> Result<impl Iterator<Item = Result<RawLine, reader::ReadError>> + use<>> {
    reader::open(input).with_context(|| format!("cannot read {}", input.display()))
}

fn rules(options: &Options, unpacked: &Path) -> Result<watchfloor::config::RulesConfig> {
    let mut folders = options.rules.clone();
    if folders.is_empty()
        && let Some(archive) = fixtures::shared().map(|shared| shared.join(SIGMA_RULES))
    {
        std::fs::create_dir_all(unpacked)?;
        let status = std::process::Command::new("tar")
            .arg("--zstd")
            .arg("-xf")
            .arg(&archive)
            .arg("-C")
            .arg(unpacked)
            .status()?;
        anyhow::ensure!(status.success(), "cannot unpack {}", archive.display());
        folders.push(unpacked.to_owned());
    }
    Ok(watchfloor::config::RulesConfig {
        starter_pack: true,
        folders,
    })
}

fn active_rules(config: &Config) -> Result<usize> {
    use watchfloor_shared::rule::RuleState;
    let book = watchfloor::rules::RuleBook::open(config.rules.starter_pack, &config.rules.folders)?;
    Ok(book
        .summaries()
        .iter()
        .filter(|rule| matches!(rule.state, RuleState::Active))
        .count())
}
