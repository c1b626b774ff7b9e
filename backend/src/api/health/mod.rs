//! Whether the server lives, is ready, and how it is.

pub mod live;
pub mod ready;
pub mod summary;

use super::state::AppState;
use std::{future::Future, time::Duration};
use tokio::time::timeout;

/// A check that hangs is a failed one.
const CHECK_MAX: Duration = Duration::from_secs(2);

/// Name and outcome of each part that the server cannot work without. Causes go to the log.
async fn checks(state: &AppState) -> [(&'static str, bool); 4] {
    let (db, bus, index, pipeline) = tokio::join!(
        passes("database", state.db.ping()),
        passes("bus", state.ingest.ready()),
        passes("index", state.search.bytes_on_disk()),
        passes("pipeline", stages_go_on(state)),
    );
    [("database", db), ("bus", bus), ("index", index), ("pipeline", pipeline)]
}

/// The first stage that cannot go on, as on a full disk: what is taken in is kept, and is not searched or alerted on yet.
async fn stages_go_on(state: &AppState) -> Result<(), String> {
    let snapshot = state.pipeline.snapshot().await;
    let mut faults = snapshot
        .stages
        .into_iter()
        .filter_map(|stage| Some((stage.name, stage.fault?)));
    match faults.next() {
        Some((stage, fault)) => Err(format!("{stage}: {fault}")),
        None => Ok(()),
    }
}

async fn passes<T, E: std::fmt::Display>(name: &str, check: impl Future<Output = Result<T, E>>) -> bool {
    match timeout(CHECK_MAX, check).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => {
            tracing::warn!(check = name, error.cause = %error, "not ready");
            false
        }
        Err(_) => {
            tracing::warn!(check = name, "not ready: no answer in time");
            false
        }
    }
}
