//! Files that were dropped, opened or chosen: into the server, one after the other, with how far it is on the screen.

use super::{
    desktop::Desktop,
    window::{self, Banner},
};
use crate::import::{Progress, files};
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;
use watchfloor::{
    ingest::{BatchOrigin, Door},
    replay::Sink,
    startup::Running,
};

/// The banner follows at most this often.
const SHOWN_EVERY: Duration = Duration::from_millis(250);

pub fn local(running: &Running) -> Sink {
    Sink::Local {
        ingest: running.ingest.clone(),
        tenant: running.tenant.clone(),
        door: Door::File,
        origin: BatchOrigin::default(),
    }
}

pub async fn run(desktop: Arc<Desktop>, sink: Sink, mut waiting: mpsc::Receiver<PathBuf>) {
    while let Some(path) = waiting.recv().await {
        let mut shown: Option<Instant> = None;
        files(&[path], &sink, |progress| {
            let is_step = matches!(progress, Progress::Read { .. });
            if is_step && shown.is_some_and(|at| at.elapsed() < SHOWN_EVERY) {
                return;
            }
            shown = Some(Instant::now());
            let text = said(&progress);
            window::banner(&desktop.app, Banner::Import, Some(&text));
            if !is_step {
                tracing::info!(text, "import");
                desktop.tell_imported(text);
            }
        })
        .await;
    }
}

fn said(progress: &Progress) -> String {
    match progress {
        Progress::Read { file, records } => format!("Importing {file}: {records} records"),
        Progress::Done { file, records } => format!("Imported {file}: {records} records"),
        Progress::Failed { file, why } => format!("{file} was not imported: {why}"),
    }
}
