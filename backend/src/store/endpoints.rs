//! Hosts that sent telemetry.

use super::{StoreError, TenantTx, Window};
use watchfloor_shared::{EndpointId, Timestamp, endpoint::EndpointSummary, page::Page};

/// What a batch of events says about one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointSighting {
    pub id: EndpointId,
    pub name: String,
    pub platform: String,
    pub addresses: Vec<String>,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub simulated: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum EndpointSort {
    /// Most at risk first.
    #[default]
    Risk,
    Name,
    /// Seen last first.
    LastSeen,
}

/// Takes what each host says of itself; safe to repeat with the same sightings.
pub async fn upsert(tx: &mut TenantTx, sightings: &[EndpointSighting]) -> Result<(), StoreError> {
    let _ = (tx, sightings);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}

/// `query` is a part of the name or of an address. `events` and `usual_user` of the summaries are the search index's to know:
/// 0 and none here.
pub async fn list(
    tx: &mut TenantTx,
    query: Option<&str>,
    sort: EndpointSort,
    window: &Window,
) -> Result<Page<EndpointSummary>, StoreError> {
    let _ = (tx, query, sort, window);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}

pub async fn get(tx: &mut TenantTx, id: &EndpointId) -> Result<Option<EndpointSummary>, StoreError> {
    let _ = (tx, id);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}
