//! `watchfloor score FILE…`: how likely an attack is in each window of recordings. Needs the models and ONNX Runtime, no server.

use super::{terminal, training::CutArguments};
use crate::{
    infer::{InferConfig, Model, ModelBook, Places, Scorer, Unscored},
    training::recording::Recording,
};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};
use watchfloor_engine::{
    graph::{Graph, Platform, explain, sentence, techniques},
    window::Window,
};
use watchfloor_shared::alert::Phrase;

#[derive(Args)]
pub struct ScoreArguments {
    /// What `replay` reads: JSONL, EVTX, audit.log … any of them gzip or zstd, or a folder of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object per window
    #[arg(long)]
    json: bool,
    /// With --json: which of an alert's links carry it, with the scores without them and of them alone
    #[arg(long, requires = "json")]
    explain: bool,
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
    let (tenant, daemons) = ("default".parse()?, InferConfig::default().routine());
    let mut unscored = 0_u64;
    for file in &arguments.files {
        let recording = Recording::read(file, &tenant, &settings, &daemons)?;
        let scored = models
            .score(&recording.windows)
            .with_context(|| format!("cannot score {}", file.display()))?;
        for (window, scored) in recording.windows.iter().zip(&scored) {
            unscored += u64::from(scored.score.is_err());
            let explanation = match arguments.explain && scored.is_alert() {
                true => models.explain(window, &recording),
                false => None,
            };
            print(window, scored, explanation, arguments.json, out)?;
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

impl Scored {
    fn is_alert(&self) -> bool {
        self.score.as_ref().is_ok_and(|score| *score >= self.threshold)
    }
}

impl Models {
    /// The links that carry a window's verdict, with the records that they were first seen in.
    fn explain(&self, window: &Window, recording: &Recording) -> Option<Value> {
        let (model, graph) = (self.book.current(window.stream.platform)?, &window.graph);
        let mut answer = |graphs: &[&Graph]| self.scorer.score(&model, graphs).into_iter().map(Result::ok).collect();
        let found = explain(graph, model.manifest.threshold, &mut answer)?;
        let words = sentence(graph, &found.edges).into_iter().map(|phrase| match phrase {
            Phrase::Words(text) | Phrase::Machine(text) => text,
        });
        let edges = found.edges.iter().filter_map(|at| graph.edges.get(*at));
        let lines: BTreeSet<u32> = edges
            .filter_map(|edge| recording.lines.get(&edge.event).copied())
            .collect();
        let techniques = techniques(graph, &found.edges);
        Some(json!({
            "edges": found.edges.len(), "without": found.without, "only": found.only, "lines": lines, "words": words.collect::<String>(),
            "techniques": techniques.iter().map(|(technique, _)| technique.id.as_str()).collect::<Vec<_>>(),
        }))
    }

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

fn print(window: &Window, scored: &Scored, explanation: Option<Value>, json: bool, out: &mut impl Write) -> Result<()> {
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
            "alert": scored.is_alert(), "model": scored.model,
        });
        for (name, value) in [("error", error.map(Value::from)), ("explanation", explanation)] {
            if let Some(value) = value {
                line[name] = value;
            }
        }
        writeln!(out, "{line}")?;
    } else {
        let shown = probability.map_or_else(
            || error.unwrap_or_default().to_owned(),
            |probability| format!("{probability:.4}"),
        );
        let mark = if scored.is_alert() { "!" } else { " " };
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
