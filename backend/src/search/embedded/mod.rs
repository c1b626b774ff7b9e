//! The embedded index: tantivy, one index per tenant in a folder of its own.
//!
//! Invariants: what [`SearchIndex::commit`] returned for survives the process and the machine; an event id is in a tenant's
//! index at most once; memory for writing is bounded over all tenants. After an error of `add` or `commit`, what was added
//! since the last good commit may be gone: read it again from the committed offset. The next `commit` says so too, in case
//! the caller went on.

mod aggregate;
mod document;
mod error;
mod fields;
mod folder;
mod queue;
mod scan;
mod schema;
mod seen;
mod tenant;
mod terms;
#[cfg(test)]
mod tests;
mod translate;
mod words;

use super::{EncodedEvent, IndexOutcome, SearchError, SearchIndex, SearchSpec};
use aggregate::Aggregator;
use async_trait::async_trait;
use folder::IndexFolder;
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tantivy::{DocAddress, Searcher, TantivyDocument, schema::Value};
use tenant::TenantIndex;
use tokio::sync::Semaphore;
use watchfloor_engine::Event;
use watchfloor_shared::{
    EventId, TenantId, Timestamp,
    search::{EventHit, FieldInfo, SearchAfter, SearchResponse},
};

/// Bounds on memory, threads and time.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Memory of one of a writer's threads before it writes a segment; at least 15 MB.
    pub writer_bytes: usize,
    /// Indexing takes longer than all else that happens to an event: with one thread, the other cores wait for it.
    pub writer_threads: usize,
    /// Writers that hold memory at the same time.
    pub writers_max: usize,
    /// A writer without work for so long gives its memory back.
    pub writer_idle: Duration,
    /// Indexes that stay open.
    pub open_max: usize,
    pub searches_max: usize,
    /// From the call to the answer, waiting for a turn included.
    pub search_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            writer_bytes: 48_000_000,
            writer_threads: 2,
            writers_max: 4,
            writer_idle: Duration::from_secs(60),
            open_max: 64,
            searches_max: 4,
            search_time: Duration::from_secs(10),
        }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct EmbeddedIndex(Arc<Inner>);

struct Inner {
    folder: IndexFolder,
    limits: Limits,
    searches: Semaphore,
    open: Mutex<HashMap<TenantId, Open>>,
}

struct Open {
    index: Arc<TenantIndex>,
    used: Instant,
}

impl EmbeddedIndex {
    /// Opens `<data_dir>/index`, making it where it is missing. One process at a time; a newer layout is refused.
    pub fn open(data_dir: &Path, limits: Limits) -> Result<Self, SearchError> {
        Ok(Self(Arc::new(Inner {
            folder: IndexFolder::open(&data_dir.join("index"))?,
            limits,
            searches: Semaphore::new(limits.searches_max),
            open: Mutex::default(),
        })))
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, SearchError> + Send + 'static,
    ) -> Result<T, SearchError> {
        let inner = self.0.clone();
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.map_err(|error| SearchError::Backend(error.to_string()))?
    }

    /// Reads within the limits on concurrency and time.
    async fn reading<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, Instant) -> Result<T, SearchError> + Send + 'static,
    ) -> Result<T, SearchError> {
        let deadline = Instant::now() + self.0.limits.search_time;
        let turn = tokio::time::timeout_at(deadline.into(), self.0.searches.acquire()).await;
        let _turn = turn
            .map_err(|_| SearchError::Timeout)?
            .map_err(|error| SearchError::Backend(error.to_string()))?;
        self.blocking(move |inner| work(inner, deadline)).await
    }
}

impl Inner {
    fn tenants(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tenant's index, where it has one.
    fn existing(&self, tenant: &TenantId) -> Result<Option<Arc<TenantIndex>>, SearchError> {
        match self.folder.has(tenant) {
            true => self.index(tenant).map(Some),
            false => Ok(None),
        }
    }

    fn index(&self, tenant: &TenantId) -> Result<Arc<TenantIndex>, SearchError> {
        let mut open = self.tenants();
        if let Some(entry) = open.get_mut(tenant) {
            entry.used = Instant::now();
            return Ok(entry.index.clone());
        }
        if open.len() >= self.limits.open_max {
            let idle = open
                .iter()
                .filter(|(_, entry)| Arc::strong_count(&entry.index) == 1 && !entry.index.is_dirty());
            let oldest = idle
                .min_by_key(|(_, entry)| entry.used)
                .map(|(tenant, _)| tenant.clone());
            oldest.and_then(|tenant| open.remove(&tenant));
        }
        let index = Arc::new(TenantIndex::open(&self.folder.of(tenant))?);
        let entry = Open {
            index: index.clone(),
            used: Instant::now(),
        };
        open.insert(tenant.clone(), entry);
        Ok(index)
    }

    fn all(&self) -> Vec<Arc<TenantIndex>> {
        self.tenants().values().map(|entry| entry.index.clone()).collect()
    }

    /// Closes the writer used longest ago when another one would be too many.
    fn make_room_for_writer(&self, wanted: &Arc<TenantIndex>) -> Result<(), SearchError> {
        if wanted.has_writer() {
            return Ok(());
        }
        let mut others = self.all();
        others.retain(|other| !Arc::ptr_eq(other, wanted) && other.has_writer());
        others.sort_by_key(|other| other.last_written());
        let excess = (others.len() + 1).saturating_sub(self.limits.writers_max);
        others.iter().take(excess).try_for_each(|other| other.close_writer())
    }

    fn add(&self, tenant: &TenantId, events: Vec<EncodedEvent>) -> Result<IndexOutcome, SearchError> {
        let index = self.index(tenant)?;
        self.make_room_for_writer(&index)?;
        index.add(events, &self.limits)
    }

    fn commit(&self) -> Result<(), SearchError> {
        let mut first_error = Ok(());
        for index in self.all() {
            if index.is_dirty()
                && let Err(error) = index.commit(true)
            {
                first_error = first_error.and(Err(error));
            }
            index.rest(self.limits.writer_idle);
        }
        first_error
    }

    fn search(&self, tenant: &TenantId, spec: &SearchSpec, deadline: Instant) -> Result<SearchResponse, SearchError> {
        let began = Instant::now();
        spec.validate()?;
        let aggregators: Vec<Aggregator> = spec.aggregations.iter().map(Aggregator::new).collect();
        let Some(index) = self.existing(tenant)? else {
            return Ok(SearchResponse {
                aggregations: aggregators
                    .into_iter()
                    .map(Aggregator::result)
                    .collect::<Result<_, _>>()?,
                ..SearchResponse::default()
            });
        };
        let fields = index.fields;
        let query = translate::Translator { fields, deadline }.query(&spec.query)?;
        let searcher = index.searcher();
        let scanned = scan::Scan::new(spec, aggregators, deadline)
            .run(&searcher, query.as_ref())
            .map_err(error::from_index)?;
        let events = scanned.hits.iter().map(|at| event(&searcher, fields, *at));
        let hits: Vec<EventHit> = events.map(|event| event.map(hit)).collect::<Result<_, _>>()?;
        let full = spec.limit > 0 && hits.len() == spec.limit;
        let next = hits.last().filter(|_| full).map(|last| SearchAfter {
            timestamp: last.timestamp,
            id: last.id.clone(),
        });
        Ok(SearchResponse {
            total: i64::try_from(scanned.total).unwrap_or(i64::MAX),
            searched: i64::try_from(searcher.num_docs()).unwrap_or(i64::MAX),
            hits,
            next,
            aggregations: scanned
                .aggregators
                .into_iter()
                .map(Aggregator::result)
                .collect::<Result<_, _>>()?,
            took_ms: began.elapsed().as_secs_f64() * 1_000.0,
        })
    }

    fn get(&self, tenant: &TenantId, ids: &[EventId]) -> Result<Vec<Event>, SearchError> {
        let Some(index) = self.existing(tenant)? else {
            return Ok(Vec::new());
        };
        let searcher = index.searcher();
        let mut events = Vec::with_capacity(ids.len());
        for id in ids.iter().filter_map(|id| super::ids::parse(id.as_str())) {
            if let Some(at) = tenant::find(&searcher, index.fields, id)? {
                events.push(event(&searcher, index.fields, at)?);
            }
        }
        Ok(events)
    }
}

fn hit(event: Event) -> EventHit {
    EventHit {
        id: event.id,
        timestamp: event.timestamp,
        source: serde_json::Value::Object(event.doc.into()),
    }
}

fn event(searcher: &Searcher, fields: schema::Fields, at: DocAddress) -> Result<Event, SearchError> {
    let document: TantivyDocument = searcher.doc(at).map_err(error::from_index)?;
    let source = document.get_first(fields.source);
    let bytes = source.as_ref().and_then(|value| value.as_bytes()).unwrap_or_default();
    Event::from_json(bytes).map_err(|error| SearchError::Backend(format!("a stored event is damaged: {error}")))
}

#[async_trait]
impl SearchIndex for EmbeddedIndex {
    async fn add(&self, tenant: &TenantId, events: Vec<EncodedEvent>) -> Result<IndexOutcome, SearchError> {
        let tenant = tenant.clone();
        self.blocking(move |inner| inner.add(&tenant, events).map_err(|error| inner.folder.diagnose(error)))
            .await
    }

    async fn commit(&self) -> Result<(), SearchError> {
        self.blocking(|inner| inner.commit().map_err(|error| inner.folder.diagnose(error)))
            .await
    }

    async fn search(&self, tenant: &TenantId, spec: SearchSpec) -> Result<SearchResponse, SearchError> {
        let tenant = tenant.clone();
        self.reading(move |inner, deadline| inner.search(&tenant, &spec, deadline))
            .await
    }

    async fn get(&self, tenant: &TenantId, ids: &[EventId]) -> Result<Vec<Event>, SearchError> {
        let (tenant, ids) = (tenant.clone(), ids.to_vec());
        self.reading(move |inner, _| inner.get(&tenant, &ids)).await
    }

    async fn fields(&self, tenant: &TenantId) -> Result<Vec<FieldInfo>, SearchError> {
        let tenant = tenant.clone();
        self.reading(move |inner, _| match inner.existing(&tenant)? {
            None => Ok(Vec::new()),
            Some(index) => fields::fields(&index.searcher()).map_err(error::from_index),
        })
        .await
    }

    async fn bytes_on_disk(&self) -> Result<u64, SearchError> {
        self.blocking(|inner| inner.folder.bytes()).await
    }

    async fn delete_before(&self, tenant: &TenantId, time: Timestamp) -> Result<(), SearchError> {
        let tenant = tenant.clone();
        self.blocking(move |inner| match inner.existing(&tenant)? {
            None => Ok(()),
            Some(index) => {
                inner.make_room_for_writer(&index)?;
                index
                    .delete_before(time, &inner.limits)
                    .map_err(|error| inner.folder.diagnose(error))
            }
        })
        .await
    }
}
