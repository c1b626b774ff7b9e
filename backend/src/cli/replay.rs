//! `watchfloor replay FILE…`: recordings into the running server.

use super::{
    SettingsArguments,
    client::{Client, ServerArguments},
    terminal,
};
use crate::replay::{Plan, Sink, feed, pace::Speed, reader};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{path::PathBuf, process::ExitCode, time::Instant};
use watchfloor_shared::Timestamp;

#[derive(Args)]
pub struct ReplayArguments {
    /// Zeek (TSV, JSON), Suricata's eve.json, audit.log, JSONL, JSON array, EVTX, any of them gzip or zstd; or a folder of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// max, or times the recording's own speed: 1, 10
    #[arg(long, default_value = "max")]
    speed: Speed,
    #[command(flatten)]
    server: ServerArguments,
    #[command(flatten)]
    range: RangeArguments,
    /// Print one JSON object when done
    #[arg(long)]
    json: bool,
}

/// A stretch of event time.
#[derive(Args, Clone, Copy)]
pub struct RangeArguments {
    /// Leave out events before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Leave out events at and after this time
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
}

impl RangeArguments {
    pub fn plan(self, speed: Speed) -> Result<Plan> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            bail!("--from {from} is not before --to {to}");
        }
        Ok(Plan {
            speed,
            from: self.from,
            to: self.to,
        })
    }
}

pub async fn run(settings: &SettingsArguments, arguments: &ReplayArguments) -> Result<ExitCode> {
    let config = settings.load()?;
    let plan = arguments.range.plan(arguments.speed)?;
    let sink = Sink::Server(Client::new(&arguments.server, &config.data_dir)?);
    let started = Instant::now();
    let sent = files(&arguments.files, &plan, &sink).await?;
    let seconds = started.elapsed().as_secs_f64();
    if arguments.json {
        let summary = serde_json::json!({
            "lines": sent.lines, "bytes": sent.bytes, "skipped": sent.skipped, "seconds": seconds,
        });
        terminal::result(summary.to_string())?;
    } else {
        terminal::say(format!(
            "Sent {} events ({:.1} MB) in {seconds:.1} s; {} left out by --from and --to.",
            terminal::thousands(sent.lines),
            sent.bytes as f64 / 1e6,
            terminal::thousands(sent.skipped),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Sends all files in order, with a progress bar.
pub async fn files(files: &[PathBuf], plan: &Plan, sink: &Sink) -> Result<crate::replay::Sent> {
    let mut total = crate::replay::Sent::default();
    let bar = terminal::progress(None);
    for file in files {
        let lines = reader::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        let sent = feed(lines, plan, sink, |count| bar.inc(count))
            .await
            .with_context(|| format!("while sending {}", file.display()))?;
        total.lines += sent.lines;
        total.bytes += sent.bytes;
        total.skipped += sent.skipped;
    }
    bar.finish_and_clear();
    Ok(total)
}
