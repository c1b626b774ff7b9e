//! The usual pipeline of NetworkX and PyTorch Geometric, on the windows that ours is measured with.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
};
use watchfloor_engine::Event;

/// What `training/peer.py` says of one window: CPU time of one thread.
#[derive(Debug, Serialize, Deserialize)]
pub struct Peer {
    pub nodes: usize,
    pub edges: usize,
    pub graph_us: f64,
    pub tensors_us: f64,
    pub score_us: f64,
    /// Its time by ours, facts included in ours and features left out of its.
    #[serde(default)]
    pub times_ours: f64,
}

impl Peer {
    pub fn window_us(&self) -> f64 {
        self.graph_us + self.tensors_us + self.score_us
    }
}

/// Runs in the repository's root; `python` has torch, torch-geometric and networkx.
pub fn run(python: &Path, windows: &BTreeMap<usize, Vec<Event>>) -> Result<BTreeMap<usize, Peer>> {
    let folder = tempfile::tempdir()?;
    for (size, events) in windows {
        let lines: Vec<Vec<u8>> = events.iter().map(Event::to_json).collect();
        std::fs::write(folder.path().join(format!("{size}.jsonl")), lines.join(&b'\n'))?;
    }
    let said = Command::new(python)
        .args(["-m", "training.peer"])
        .arg(folder.path())
        .env("OMP_NUM_THREADS", "1")
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", python.display()))?;
    ensure!(
        said.status.success(),
        "{} -m training.peer: {}",
        python.display(),
        said.status
    );
    let found: BTreeMap<usize, Peer> = serde_json::from_slice(&said.stdout).context("what the peer measured")?;
    Ok(found)
}
