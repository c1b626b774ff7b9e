//! `watchfloor import FILE…`: recordings straight into a data directory, without a server.

use super::{
    SettingsArguments,
    replay::{RangeArguments, files},
    serve, terminal,
};
use crate::{
    clock::Clock,
    ingest::{BatchOrigin, Door},
    replay::{Sink, pace::Speed},
    startup::{self, Doors},
};
use anyhow::{Result, bail};
use bytes::Bytes;
use clap::Args;
use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};
use watchfloor_engine::verdict::DeadReason;
use watchfloor_shared::{TenantId, pipeline::PipelineSnapshot};

/// Longer than this without an end is a fault worth reporting, not waiting for.
const DRAIN_WAIT_MAX: Duration = Duration::from_secs(3_600);

#[derive(Args)]
pub struct ImportArguments {
    /// Zeek (TSV, JSON), Suricata's eve.json, audit.log, JSONL, JSON array, EVTX, any of them gzip or zstd; or a folder of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Whose events these are; the first tenant when absent
    #[arg(long, value_name = "TENANT")]
    tenant: Option<TenantId>,
    /// The computer or sensor that records are of which name none
    #[arg(long, value_name = "NAME")]
    sensor: Option<String>,
    #[command(flatten)]
    range: RangeArguments,
    /// Print the loss ledger as JSON when done
    #[arg(long)]
    json: bool,
}

pub async fn run(settings: &SettingsArguments, arguments: &ImportArguments) -> Result<ExitCode> {
    let config = settings.load()?;
    serve::log(&config)?;
    let plan = arguments.range.plan(Speed::Max)?;
    let running = startup::start(config, Clock::system(), Doors::Closed).await?;
    let tenant = arguments.tenant.clone().unwrap_or_else(|| running.tenant.clone());
    // Fails for a tenant that does not exist, before anything is taken in.
    running.db.tenant(&tenant).await?.commit().await?;
    let started = Instant::now();
    let sink = Sink::Local {
        ingest: running.ingest.clone(),
        tenant,
        door: Door::File,
        origin: BatchOrigin {
            sensor: arguments.sensor.clone().map(Bytes::from),
            ..BatchOrigin::default()
        },
    };
    let sent = files(&arguments.files, &plan, &sink).await;
    let drained = running.drained(DRAIN_WAIT_MAX).await;
    let snapshot = running.view.snapshot().await;
    running.stop().await;
    let sent = sent?;
    if arguments.json {
        terminal::result(serde_json::to_string(&snapshot)?)?;
    } else {
        summary(sent.lines, started.elapsed(), &snapshot);
    }
    if !drained {
        bail!("the pipeline did not finish; start the server on this data directory and it will go on");
    }
    Ok(ExitCode::SUCCESS)
}

fn summary(lines: u64, took: Duration, snapshot: &PipelineSnapshot) {
    terminal::say(format!(
        "Took in {} events in {:.1} s.",
        terminal::thousands(lines),
        took.as_secs_f64()
    ));
    for stage in &snapshot.stages {
        let mut text = format!(
            "  {:<10} in {:>10}  out {:>10}",
            stage.name, stage.received, stage.emitted
        );
        for (kind, reasons) in [("suppressed", &stage.suppressed), ("dead", &stage.dead)] {
            for reason in reasons {
                text.push_str(&format!("  {kind} {} {}", reason.reason, reason.count));
            }
        }
        terminal::say(text);
    }
    let nameless = DeadReason::EndpointMissing.as_str();
    let mut dead = snapshot.stages.iter().flat_map(|stage| &stage.dead);
    if dead.any(|reason| reason.reason == nameless) {
        terminal::say(format!(
            "  {nameless}: records that name no computer; --sensor NAME says whose they are."
        ));
    }
    terminal::say(format!("  unaccounted {}", snapshot.unaccounted));
}
