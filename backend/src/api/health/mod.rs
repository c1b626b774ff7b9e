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
async fn checks(state: &AppState) -> [(&'static str, bool); 3] {
    let (db, bus, index) = tokio::join!(
        passes("database", state.db.ping()),
        passes("bus", state.ingest.ready()),
        passes("index", state.search.bytes_on_disk()),
    );
    [("database", db), ("bus", bus), ("index", index)]
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
