//! `watchfloor score FILE…`: how likely an attack is in each window of recordings. Needs the models and ONNX Runtime, no server.

use super::{terminal, training::CutArguments};
use crate::{
    infer::{Model, ModelBook, Places, Scorer, Unscored},
    training::recording::Recording,
};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use std::{collections::BTreeMap, io::Write, path::PathBuf, process::ExitCode, sync::Arc};
use watchfloor_engine::{
    graph::{Graph, Platform},
    window::Window,
};

#[derive(Args)]
pub struct ScoreArguments {
    /// What `replay` reads: JSONL, EVTX, audit.log … any of them gzip or zstd, or a folder of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object per window
    #[arg(long)]
    json: bool,
    /// Folder with <platform>/{model.onnx,manifest.json}; the models that ship when absent
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// ONNX Runtime's library; ORT_DYLIB_PATH, else what `cargo xtask setup` fetched, when absent
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,
    #[command(flatten)]
    cut: CutArguments,
}

pub fn run(arguments: &ScoreArguments, out: &mut impl Write) -> Result<ExitCode> {
    let settings = arguments.cut.settings()?;
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let places = Places {
        folders: arguments.models.iter().cloned().collect(),
        library: arguments.library.clone(),
    };
    let models = Models {
        book: ModelBook::open(places, workers),
        scorer: Scorer { workers },
    };
    let tenant = "default".parse()?;
    let mut unscored = 0_u64;
    for file in &arguments.files {
        let recording = Recording::read(file, &tenant, &settings, &[])?;
        let scored = models
            .score(&recording.windows)
            .with_context(|| format!("cannot score {}", file.display()))?;
        for (window, scored) in recording.windows.iter().zip(&scored) {
            unscored += u64::from(scored.score.is_err());
            print(window, scored, arguments.json, out)?;
        }
        let left_out: u64 = recording.left_out.values().sum();
        terminal::say(format!(
            "{}: {} windows of {} records, {left_out} left out",
            file.display(),
            recording.windows.len(),
            recording.records
        ));
    }
    if unscored > 0 {
        terminal::say(format!("{unscored} windows have no score: the model failed on them"));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

struct Models {
    book: ModelBook,
    scorer: Scorer,
}

struct Scored {
    score: Result<f32, Unscored>,
    model: String,
    threshold: f32,
}

impl Models {
    /// In the order of the windows. A platform without a usable model is an error before anything is printed.
    fn score(&self, windows: &[Window]) -> Result<Vec<Scored>> {
        let mut by_platform: BTreeMap<Platform, Vec<usize>> = BTreeMap::new();
        for (at, window) in windows.iter().enumerate() {
            by_platform.entry(window.stream.platform).or_default().push(at);
        }
        let mut scored: BTreeMap<usize, Scored> = BTreeMap::new();
        for (platform, places) in by_platform {
            let model: Arc<Model> = match self.book.required(platform) {
                Ok(model) => model,
                Err(reason) => bail!("{} windows cannot be scored: {reason}", platform.as_str()),
            };
            let graphs: Vec<&Graph> = places
                .iter()
                .filter_map(|at| windows.get(*at))
                .map(|window| &window.graph)
                .collect();
            for (at, score) in places.into_iter().zip(self.scorer.score(&model, &graphs)) {
                let (model, threshold) = (model.manifest.label(), model.manifest.threshold);
                scored.insert(
                    at,
                    Scored {
                        score,
                        model,
                        threshold,
                    },
                );
            }
        }
        Ok(scored.into_values().collect())
    }
}

fn print(window: &Window, scored: &Scored, json: bool, out: &mut impl Write) -> Result<()> {
    let stream = &window.stream;
    let (probability, error) = match &scored.score {
        Ok(score) => (Some(*score), None),
        Err(unscored) => (None, Some(unscored.0.as_str())),
    };
    if json {
        let mut line = json!({
            "tenant": stream.tenant.as_str(), "endpoint": stream.endpoint.as_str(), "platform": stream.platform.as_str(),
            "start": window.start, "end": window.end, "events": window.events.len(), "nodes": window.graph.nodes(),
            "edges": window.graph.edges.len(), "merged": window.graph.merged, "attack_prob": probability,
            "alert": probability.is_some_and(|probability| probability >= scored.threshold), "model": scored.model,
        });
        if let (Some(error), Some(line)) = (error, line.as_object_mut()) {
            line.insert("error".to_owned(), json!(error));
        }
        writeln!(out, "{line}")?;
    } else {
        let shown = probability.map_or_else(
            || error.unwrap_or_default().to_owned(),
            |probability| format!("{probability:.4}"),
        );
        let mark = if probability.is_some_and(|probability| probability >= scored.threshold) {
            "!"
        } else {
            " "
        };
        writeln!(
            out,
            "{mark} {shown:8} {} {} {:7} events {:6} nodes  {}",
            window.start,
            window.end,
            window.events.len(),
            window.graph.nodes(),
            stream.endpoint
        )?;
    }
    Ok(())
}
