//! The search seam: one index per tenant, one query type, any back end.

mod config;
mod counts;
pub mod elsewhere;
pub mod embedded;
mod flatten;
mod ids;
pub mod opensearch;
mod words;

pub use config::SearchConfig;

use async_trait::async_trait;
use bytes::Bytes;
use std::borrow::Borrow;
use watchfloor_engine::{Event, query::Query};
use watchfloor_shared::{
    EventId, TenantId, Timestamp,
    search::{Aggregation, FieldInfo, Order, SearchAfter, SearchResponse},
};

/// A parsed request: [`watchfloor_shared::search::SearchRequest`] with its query as an AST.
#[derive(Debug, Clone)]
pub struct SearchSpec {
    pub query: Query,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub limit: usize,
    pub order: Order,
    pub search_after: Option<SearchAfter>,
    pub aggregations: Vec<Aggregation>,
}

/// Hits on one page; the API asks for 1,000 at most, investigation for more.
pub const PAGE_HITS_MAX: usize = 10_000;

impl SearchSpec {
    /// # Errors
    /// [`SearchError::InvalidQuery`] for a page or an aggregation that no back end gives.
    fn validate(&self) -> Result<(), SearchError> {
        if self.limit > PAGE_HITS_MAX {
            return Err(SearchError::InvalidQuery(format!(
                "a page has at most {PAGE_HITS_MAX} events"
            )));
        }
        self.aggregations.iter().try_for_each(counts::validate)
    }
}

/// An event as it travels: its JSON goes into the index as it is, with what the index orders by beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedEvent {
    pub id: EventId,
    pub timestamp: Timestamp,
    pub json: Bytes,
}

impl From<&Event> for EncodedEvent {
    fn from(event: &Event) -> Self {
        Self {
            id: event.id.clone(),
            timestamp: event.timestamp,
            json: event.to_json().into(),
        }
    }
}

impl EncodedEvent {
    pub fn all(events: impl IntoIterator<Item = impl Borrow<Event>>) -> Vec<Self> {
        events.into_iter().map(|event| Self::from(event.borrow())).collect()
    }
}

/// What became of a batch: every event is in exactly one of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexOutcome {
    pub indexed: usize,
    /// Positions in the batch of those whose id was there already.
    pub duplicates: Vec<usize>,
    /// Positions in the batch that the index refused, and why.
    pub refused: Vec<(usize, String)>,
}

#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("{0}")]
    InvalidQuery(String),
    #[error("the index was written by a newer version ({found}, this one knows {known})")]
    NewerFormat { found: u32, known: u32 },
    #[error("the disk is full")]
    DiskFull,
    #[error("the query took longer than its limit")]
    Timeout,
    #[error("index: {0}")]
    Backend(String),
}

#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// Adds events; an id that is there already is left as it is and counted as a duplicate, within the batch too.
    /// Not searchable and not durable before [`SearchIndex::commit`].
    async fn add(&self, tenant: &TenantId, events: Vec<EncodedEvent>) -> Result<IndexOutcome, SearchError>;

    /// Makes all added events of all tenants durable and searchable. Offsets are committed only after this returns.
    async fn commit(&self) -> Result<(), SearchError>;

    async fn search(&self, tenant: &TenantId, spec: SearchSpec) -> Result<SearchResponse, SearchError>;

    /// Whole documents by id; ids that are not there are left out.
    async fn get(&self, tenant: &TenantId, ids: &[EventId]) -> Result<Vec<Event>, SearchError>;

    /// Fields of the tenant's events for the query bar, most used first.
    async fn fields(&self, tenant: &TenantId) -> Result<Vec<FieldInfo>, SearchError>;

    /// Bytes on disk, all tenants.
    async fn bytes_on_disk(&self) -> Result<u64, SearchError>;

    /// Forgets the tenant's events from before `time`. Their room is given back as segments merge.
    async fn delete_before(&self, tenant: &TenantId, time: Timestamp) -> Result<(), SearchError>;
}
