//! In place of the index in a process whose roles do not use it.

use super::{EncodedEvent, IndexOutcome, SearchError, SearchIndex, SearchSpec};
use async_trait::async_trait;
use watchfloor_engine::Event;
use watchfloor_shared::{
    EventId, TenantId, Timestamp,
    search::{FieldInfo, SearchResponse},
};

/// Says to every call that the index is elsewhere.
pub struct Elsewhere;

fn elsewhere<T>() -> Result<T, SearchError> {
    Err(SearchError::Backend(
        "this process has no role that uses the index".to_owned(),
    ))
}

#[async_trait]
impl SearchIndex for Elsewhere {
    async fn add(&self, _: &TenantId, _: Vec<EncodedEvent>) -> Result<IndexOutcome, SearchError> {
        elsewhere()
    }

    async fn commit(&self) -> Result<(), SearchError> {
        elsewhere()
    }

    async fn search(&self, _: &TenantId, _: SearchSpec) -> Result<SearchResponse, SearchError> {
        elsewhere()
    }

    async fn get(&self, _: &TenantId, _: &[EventId]) -> Result<Vec<Event>, SearchError> {
        elsewhere()
    }

    async fn fields(&self, _: &TenantId) -> Result<Vec<FieldInfo>, SearchError> {
        elsewhere()
    }

    async fn bytes_on_disk(&self) -> Result<u64, SearchError> {
        elsewhere()
    }

    async fn delete_before(&self, _: &TenantId, _: Timestamp) -> Result<(), SearchError> {
        elsewhere()
    }
}
