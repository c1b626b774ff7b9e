//! The live map and the wall in a real browser: what a picture costs beside MapLibre's own lines, how long an event takes to the
//! glass, and whether hours of it change anything.

mod feed;
mod soak;

use crate::{browser, product};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, process::Stdio, time::Duration};
use tokio::io::{AsyncBufReadExt, BufReader};
use watchfloor::startup::{Doors, Running};

pub use soak::{map as soak_map, wall as soak_wall, weather};

const SCRIPT: &str = "bench_map.mjs";
/// Beyond the time that a script is to measure: start of the browser, its end, what is collected.
const AROUND: Duration = Duration::from_secs(240);

pub struct Options {
    /// How many arcs are drawn, one measurement each.
    pub arcs: Vec<u32>,
    /// Of each measurement.
    pub seconds: u64,
    /// Events a second while latency is measured.
    pub rate: u64,
    /// Without MapLibre's lines beside ours.
    pub alone: bool,
}

/// The keys are a contract of `cargo xtask bench map --json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    /// What draws: this machine has no graphics card, or nobody asked it.
    pub renderer: String,
    pub drawing: Vec<Drawing>,
    /// An event's way from when the server took it to the second frame after the browser heard of it.
    pub latency_ms: Latency,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Drawing {
    pub arcs: u32,
    pub ours: Cost,
    pub maplibre_lines: Option<Cost>,
    /// How many times as much a picture costs there, one that shows something new.
    pub cpu_ratio: Option<f64>,
    /// The same by all frames that were drawn there, most of which show nothing new.
    pub cpu_ratio_of_frames: Option<f64>,
}

/// CPU is that of all processes of the browser.
#[derive(Debug, Serialize, Deserialize)]
pub struct Cost {
    pub pictures_per_second: f64,
    pub cpu_ms_per_picture: f64,
    /// Cores.
    pub cpu_share: f64,
    pub frames_per_second: f64,
    pub cpu_ms_per_frame: f64,
    /// Of a picture.
    pub cpu_ms_by_process: BTreeMap<String, f64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
    pub samples: u64,
    pub pictures_per_second: f64,
    pub cpu_share: f64,
}

pub async fn run(options: &Options) -> Result<Report> {
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Open).await;
    let report = measured(&running, options).await;
    running.stop().await;
    report
}

async fn measured(running: &Running, options: &Options) -> Result<Report> {
    let link = browser::link(running).await;
    let cases = options.arcs.len() as u64 * 2;
    let asked =
        json!({"what": "drawing", "arcs": options.arcs, "seconds": options.seconds, "warm": 8, "alone": options.alone});
    let drawing = found(&link, &asked, Duration::from_secs(cases * (options.seconds + 60))).await?;
    let mut feed = feed::Feed::new(running).await?;
    let link = browser::link(running).await;
    let asked = json!({"what": "latency", "seconds": options.seconds.max(20), "warm": 8});
    let latency = tokio::select! {
        latency = found(&link, &asked, Duration::from_secs(options.seconds + 60)) => latency?,
        fault = feed.run(running, options.rate) => anyhow::bail!("{fault:?}"),
    };
    Ok(Report {
        renderer: "software (SwiftShader), no graphics card".to_owned(),
        drawing: serde_json::from_value(drawing)?,
        latency_ms: serde_json::from_value(latency)?,
    })
}

/// What the script found; what it says on the way goes to whoever watches.
async fn found(link: &str, asked: &Value, wait_max: Duration) -> Result<Value> {
    let mut node = browser::node(SCRIPT, link);
    node.env("OPTIONS", asked.to_string()).stdout(Stdio::piped());
    let mut child = node.spawn().context("node")?;
    let out = child.stdout.take().context("its output")?;
    let read = async {
        let (mut lines, mut last) = (BufReader::new(out).lines(), None);
        while let Some(line) = lines.next_line().await? {
            last = Some(line);
        }
        anyhow::ensure!(child.wait().await?.success(), "the browser's script failed: {last:?}");
        serde_json::from_str(&last.context("the script found nothing")?).context("what the script found")
    };
    tokio::time::timeout(wait_max + AROUND, read)
        .await
        .context("the browser's script hangs")?
}
