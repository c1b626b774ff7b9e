//! The search index: which, and how long it keeps events.

use super::Running;
use crate::{
    clock::Clock,
    config::Config,
    search::{
        SearchError, SearchIndex,
        elsewhere::Elsewhere,
        embedded::{EmbeddedIndex, Limits},
        opensearch::OpenSearchIndex,
    },
    store::{Database, identity},
};
use anyhow::{Context, Result};
use std::{future::Future, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use watchfloor_shared::Timestamp;

/// Events are kept for days: an hour more is none.
const RETENTION_EVERY: Duration = Duration::from_secs(3_600);

/// OpenSearch where URLs are named, else the index in the data directory.
pub async fn open(config: &Config, clock: &Clock) -> Result<Arc<dyn SearchIndex>> {
    if !config.roles.uses_index() {
        return Ok(Arc::new(Elsewhere));
    }
    let opensearch = &config.search.opensearch;
    if opensearch.is_set() {
        return Ok(Arc::new(OpenSearchIndex::open(opensearch, clock.clone()).await?));
    }
    let dir = config.data_dir.clone();
    let what = format!("in {}", dir.display());
    let index = tokio::task::spawn_blocking(move || EmbeddedIndex::open(&dir, Limits::default())).await?;
    Ok(Arc::new(index.context(what)?))
}

/// Forgets old events of every tenant until `stop`; at once when `search.retention_days` is absent.
pub fn retention(running: &Running, stop: CancellationToken) -> impl Future<Output = ()> + Send + use<> {
    let (search, db, clock) = (Arc::clone(&running.search), running.db.clone(), running.clock.clone());
    let age_max = running.config.search.age_max();
    async move {
        let Some(age_max) = age_max else { return };
        loop {
            forget(search.as_ref(), &db, clock.now().saturating_sub(age_max)).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RETENTION_EVERY) => {}
            }
        }
    }
}

async fn forget(search: &dyn SearchIndex, db: &Database, before: Timestamp) {
    let tenants = match identity::tenants(db).await {
        Ok(tenants) => tenants,
        Err(error) => {
            return tracing::warn!(%error, "the index' retention could not be applied, trying again in an hour");
        }
    };
    for tenant in tenants {
        let forgotten: Result<(), SearchError> = search.delete_before(&tenant, before).await;
        if let Err(error) = forgotten {
            tracing::warn!(tenant.id = %tenant, %error, "old events could not be deleted, trying again in an hour");
        }
    }
}
