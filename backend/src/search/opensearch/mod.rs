//! OpenSearch: one index per tenant on a cluster, shared by all processes.
//!
//! Invariants: an event is created once, under its id; what [`SearchIndex::commit`] returned for is on the disks of the cluster and
//! found by searches. Unlike an index of the process' own, what was added before an error or a crash may stay: it is found once it
//! was added again and committed.

mod aggregate;
mod bulk;
mod client;
mod config;
mod document;
mod keys;
mod read;
mod template;
#[cfg(test)]
mod tests;
mod translate;

pub use config::{OpenSearchConfig, OpenSearchTls};

use super::{EncodedEvent, IndexOutcome, SearchError, SearchIndex, SearchSpec};
use crate::clock::Clock;
use async_trait::async_trait;
use bulk::{Bulk, Writing};
use client::{Body, Client};
use read::Reader;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    ops::Bound,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use watchfloor_engine::Event;
use watchfloor_shared::{
    EventId, TenantId, Timestamp,
    search::{FieldInfo, SearchResponse},
};

/// Deleting what is old reads and writes much of an index.
const DELETE_WAIT_MAX: Duration = Duration::from_secs(600);

/// Cheap to clone.
#[derive(Clone)]
pub struct OpenSearchIndex(Arc<Inner>);

struct Inner {
    client: Client,
    config: OpenSearchConfig,
    clock: Clock,
    tenants: Mutex<HashMap<TenantId, Tenant>>,
}

/// Held by whoever writes to the tenant's index, over its requests.
type Tenant = Arc<tokio::sync::Mutex<Writing>>;

impl OpenSearchIndex {
    /// Finds the cluster, and makes the index template or brings it up to date.
    ///
    /// # Errors
    /// When no node answers, the account is not known there, or the template is a newer version's.
    pub async fn open(config: &OpenSearchConfig, clock: Clock) -> Result<Self, SearchError> {
        let inner = Inner {
            client: Client::new(config)?,
            config: config.clone(),
            clock,
            tenants: Mutex::default(),
        };
        template::bootstrap(&inner.client, config, inner.write_wait_max()).await?;
        Ok(Self(Arc::new(inner)))
    }
}

impl Inner {
    /// A tenant's id is made of what an index' name may hold: see [`TenantId`].
    fn index(&self, tenant: &TenantId) -> String {
        format!("{}{tenant}", self.config.index_prefix)
    }

    fn tenant(&self, tenant: &TenantId) -> Tenant {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tenants.entry(tenant.clone()).or_default())
    }

    fn all(&self) -> Vec<(TenantId, Tenant)> {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let each = tenants.iter();
        each.map(|(id, tenant)| (id.clone(), Arc::clone(tenant))).collect()
    }

    fn write_wait_max(&self) -> Duration {
        Duration::from_millis(self.config.write_timeout_ms)
    }

    fn search_wait_max(&self) -> Duration {
        Duration::from_millis(self.config.search_timeout_ms)
    }

    fn reader<'a>(&'a self, index: &'a str) -> Reader<'a> {
        Reader {
            client: &self.client,
            index,
            wait_max: self.search_wait_max(),
        }
    }

    async fn add(
        &self,
        index: &str,
        writing: &mut Writing,
        events: &[EncodedEvent],
    ) -> Result<IndexOutcome, SearchError> {
        if !writing.is_made {
            template::make_index(&self.client, index, self.write_wait_max()).await?;
            writing.is_made = true;
        }
        let bulk = Bulk {
            client: &self.client,
            index,
            writing,
            events,
            received: self.clock.now(),
            bytes_max: self.config.bulk_bytes_max,
            wait_max: self.write_wait_max(),
        };
        bulk.run().await
    }

    async fn refresh(&self, index: &str) -> Result<(), SearchError> {
        let path = format!("{index}/_refresh");
        let wait_max = self.write_wait_max();
        let done = self
            .client
            .done(Method::POST, &path, &[], Body::Nothing, wait_max)
            .await?;
        match done.pointer("/_shards/failed").and_then(Value::as_u64) {
            Some(0) => Ok(()),
            _ => Err(SearchError::Backend(format!(
                "not every shard of {index} could be refreshed"
            ))),
        }
    }
}

/// Ends what the caller must read again: the index may have been deleted meanwhile.
fn failed(writing: &mut Writing) {
    writing.failed();
    writing.is_made = false;
}

#[async_trait]
impl SearchIndex for OpenSearchIndex {
    async fn add(&self, tenant: &TenantId, events: Vec<EncodedEvent>) -> Result<IndexOutcome, SearchError> {
        if events.is_empty() {
            return Ok(IndexOutcome::default());
        }
        let writing = self.0.tenant(tenant);
        let mut writing = writing.lock().await;
        let outcome = self.0.add(&self.0.index(tenant), &mut writing, &events).await;
        if outcome.is_err() {
            failed(&mut writing);
        }
        outcome
    }

    async fn commit(&self) -> Result<(), SearchError> {
        let mut first_error = Ok(());
        for (tenant, writing) in self.0.all() {
            let mut writing = writing.lock().await;
            if !writing.is_dirty {
                continue;
            }
            match self.0.refresh(&self.0.index(&tenant)).await {
                Ok(()) => writing.refreshed(),
                Err(error) => {
                    failed(&mut writing);
                    first_error = first_error.and(Err(error));
                }
            }
        }
        first_error
    }

    async fn search(&self, tenant: &TenantId, spec: SearchSpec) -> Result<SearchResponse, SearchError> {
        spec.validate()?;
        self.0.reader(&self.0.index(tenant)).search(&spec).await
    }

    async fn get(&self, tenant: &TenantId, ids: &[EventId]) -> Result<Vec<Event>, SearchError> {
        self.0.reader(&self.0.index(tenant)).get(ids).await
    }

    async fn fields(&self, tenant: &TenantId) -> Result<Vec<FieldInfo>, SearchError> {
        self.0.reader(&self.0.index(tenant)).fields().await
    }

    async fn bytes_on_disk(&self) -> Result<u64, SearchError> {
        let path = format!("{}*/_stats/store", self.0.config.index_prefix);
        let wait_max = self.0.search_wait_max();
        let stats = self
            .0
            .client
            .done(Method::GET, &path, &[], Body::Nothing, wait_max)
            .await?;
        let bytes = stats.pointer("/_all/total/store/size_in_bytes");
        Ok(bytes.and_then(Value::as_u64).unwrap_or(0))
    }

    async fn delete_before(&self, tenant: &TenantId, time: Timestamp) -> Result<(), SearchError> {
        let path = format!("{}/_delete_by_query", self.0.index(tenant));
        let how = [
            ("conflicts", "proceed"),
            ("refresh", "true"),
            ("slices", "auto"),
            ("ignore_unavailable", "true"),
        ];
        let older = translate::time_range(Bound::Unbounded, Bound::Excluded(time.nanos()));
        let body = Body::json(&json!({"query": older}));
        let done = self
            .0
            .client
            .ask(Method::POST, &path, &how, body, DELETE_WAIT_MAX)
            .await?;
        if done.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        let done = done.ok()?;
        match done["failures"].as_array().is_none_or(Vec::is_empty) {
            true => Ok(()),
            false => Err(SearchError::Backend(format!(
                "not all that is old could be deleted: {}",
                done["failures"][0]
            ))),
        }
    }
}
