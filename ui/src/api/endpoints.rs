//! Hosts that send telemetry.

use super::{Fault, exchange};
use crate::url::Query;
use watchfloor_shared::{
    EndpointId,
    endpoint::{EndpointDetail, EndpointSummary},
    page::Page,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndpointSort {
    #[default]
    Risk,
    Name,
    LastSeen,
}

impl EndpointSort {
    pub const fn as_str(self) -> &'static str {
        match self {
            EndpointSort::Risk => "risk",
            EndpointSort::Name => "name",
            EndpointSort::LastSeen => "last_seen",
        }
    }
}

pub async fn list(
    q: &str,
    sort: EndpointSort,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<EndpointSummary>, Fault> {
    let mut query = Query::default();
    query.set("q", Some(q.to_owned()).filter(|q| !q.is_empty()));
    query.set("sort", Some(sort.as_str().to_owned()));
    query.set("cursor", cursor);
    query.set("limit", Some(limit.to_string()));
    exchange::get(&format!("/api/v1/endpoints{query}")).await
}

pub async fn get(id: &EndpointId) -> Result<EndpointDetail, Fault> {
    exchange::get(&format!("/api/v1/endpoints/{}", crate::url::encode(id.as_str()))).await
}
