//! Whether the server lives, is ready, and how it is.

pub mod live;
pub mod ready;
pub mod summary;

use super::state::AppState;
use std::{future::Future, time::Duration};
use tokio::time::timeout;

/// A check that hangs is a failed one.
const CHECK_MAX: Duration = Duration::from_secs(2);

/// Name and outcome of each part that this process cannot do its work without. Causes go to the log.
async fn checks(state: &AppState) -> Vec<(&'static str, bool)> {
    let index = async {
        match state.roles.uses_index() {
            true => Some(passes("index", state.search.bytes_on_disk()).await),
            false => None,
        }
    };
    let (db, bus, index, pipeline) = tokio::join!(
        passes("database", state.db.ping()),
        passes("bus", state.ingest.ready()),
        index,
        passes("pipeline", stages_go_on(state)),
    );
    let index = index.map(|passes| ("index", passes));
    let checks = [("database", db), ("bus", bus)].into_iter().chain(index);
    checks.chain([("pipeline", pipeline)]).collect()
}

/// What may be away while the process still does its work, and whether it is.
fn away(state: &AppState) -> Vec<(&'static str, bool)> {
    let redis = state.ephemeral.is_away().map(|is_away| ("redis", is_away));
    let series = state.sensors.series_are_away().map(|are_away| ("influxdb", are_away));
    redis.into_iter().chain(series).collect()
}

/// The first stage of this process that cannot go on, as on a full disk: what is taken in is kept, and is not searched or
/// alerted on yet.
async fn stages_go_on(state: &AppState) -> Result<(), String> {
    match state.pipeline.troubles().into_iter().next() {
        Some((stage, why)) => Err(format!("{stage}: {why}")),
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
