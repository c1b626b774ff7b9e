//! `cargo xtask bench pipeline --input DIR --json`, and `sources`, `gnn`, `skew`, `map` in its place.

use crate::{
    process::{cargo, step},
    setup, ui,
};
use anyhow::Result;
use clap::{Args, Subcommand};
use std::{os::unix::process::CommandExt, path::PathBuf};

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Recordings through everything: bus, normalize, Sigma, index, alerts
    Pipeline {
        /// A recording or a folder of them
        #[arg(long)]
        input: PathBuf,
        /// Folders of Sigma rules besides the starter pack
        #[arg(long)]
        rules: Vec<PathBuf>,
        /// Stop after this many events
        #[arg(long)]
        events_max: Option<u64>,
        /// One JSON object instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Windows from events to scores, by size; memory of open windows
    Gnn {
        /// Folder with <platform>/{model.onnx,manifest.json}; the models that ship when absent
        #[arg(long)]
        models: Option<PathBuf>,
        /// A Python with torch, torch-geometric and networkx: the usual pipeline is measured beside ours
        #[arg(long, value_name = "PYTHON")]
        peer: Option<PathBuf>,
        /// One JSON object instead of a table
        #[arg(long)]
        json: bool,
    },
    /// How evenly endpoints spread over partitions and replicas
    Skew {
        /// One JSON object instead of a table
        #[arg(long)]
        json: bool,
    },
    /// The map and the wall in a real browser: what a picture costs, how long an event takes to the glass, hours of it
    Map(Map),
    /// Every recording through its normalizer, and documents through the doors: what each costs
    Sources {
        /// One JSON object instead of tables
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Map {
    /// So many arcs instead of 500, 2,000 and 5,000
    #[arg(long)]
    arcs: Option<u32>,
    /// Instead of all that: the map for so many minutes, and what memory it takes
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..=720))]
    soak: Option<u64>,
    /// Events a second; 200 for latency, 500 for a soak
    #[arg(long)]
    rate: Option<u64>,
    /// Instead of all that: a wall for so many minutes, the middle third of it without a network
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..=720))]
    wall: Option<u64>,
    /// What goes by on the wall's server meanwhile
    #[arg(long, default_value_t = 12)]
    hours: u64,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> Result<()> {
    if let What::Map(_) = &options.what {
        setup::run(&setup::Options {
            browser: true,
            ..setup::Options::default()
        })?;
        ui::run(&ui::Options { dev: false })?;
    }
    let mut bench = cargo(&[
        "run",
        "--quiet",
        "--release",
        "--package",
        "watchfloor-tests",
        "--bin",
        "bench",
        "--",
    ]);
    let json = match &options.what {
        What::Pipeline {
            input,
            rules,
            events_max,
            json,
        } => {
            bench.arg("pipeline").arg("--input").arg(std::path::absolute(input)?);
            for folder in rules {
                bench.arg("--rules").arg(std::path::absolute(folder)?);
            }
            if let Some(events) = events_max {
                bench.arg("--events-max").arg(events.to_string());
            }
            json
        }
        What::Gnn { models, peer, json } => {
            bench.arg("gnn");
            if let Some(folder) = models {
                bench.arg("--models").arg(std::path::absolute(folder)?);
            }
            if let Some(python) = peer {
                bench.arg("--peer").arg(std::path::absolute(python)?);
            }
            json
        }
        What::Map(map) => {
            map.pass_to(&mut bench);
            &map.json
        }
        What::Skew { json } => {
            bench.arg("skew");
            json
        }
        What::Sources { json } => {
            bench.arg("sources");
            json
        }
    };
    if *json {
        bench.arg("--json");
    }
    Err(bench.exec().into())
}

impl Map {
    fn pass_to(&self, bench: &mut std::process::Command) {
        bench.args(["map", "--hours", &self.hours.to_string()]);
        let numbers = [
            ("--arcs", self.arcs.map(u64::from)),
            ("--soak", self.soak),
            ("--rate", self.rate),
            ("--wall", self.wall),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                bench.args([name, &number.to_string()]);
            }
        }
    }
}

/// The benchmark itself works: a short run, no figure asserted.
pub fn smoke() -> Result<()> {
    step(
        "benchmark",
        cargo(&["build", "--quiet", "--workspace", "--bin", "bench"]),
    )?;
    let bench = crate::process::target_dir().join("debug/bench");
    step(
        "the benchmark runs",
        crate::process::command(bench, &["pipeline", "--smoke"]),
    )
}
