//! Hosts that send telemetry.

use super::{Fault, exchange, wire::read_value};
use crate::url::Query;
use serde::Deserialize;
use serde_json::Value;
use watchfloor_shared::{
    EndpointId,
    endpoint::{EndpointDetail, EndpointSummary},
    page::Page,
    search::{TermBucket, TimeBucket},
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

/// An endpoint; what its inventory and its sensor say are lists of facts here, shown as they come.
#[derive(Clone)]
pub struct Endpoint {
    pub detail: EndpointDetail,
    pub asset: Value,
    pub sensor: Value,
}

pub async fn get(id: &EndpointId) -> Result<Endpoint, Fault> {
    let whole = exchange::get_raw(&format!("/api/v1/endpoints/{}", crate::url::encode(id.as_str()))).await?;
    let part = |name: &str| whole.get(name).cloned().unwrap_or_default();
    let (asset, sensor) = (part("asset"), part("sensor"));
    let summary = read_value(whole.clone())?;
    let beside: Beside = read_value(whole)?;
    let detail = EndpointDetail {
        summary,
        users: beside.users,
        executables: beside.executables,
        destinations: beside.destinations,
        activity: beside.activity,
        activity_interval_ms: beside.activity_interval_ms,
        asset: None,
        sensor: None,
    };
    Ok(Endpoint { detail, asset, sensor })
}

/// What an endpoint's page has beside the summary, read on its own as for an alert.
#[derive(Deserialize)]
struct Beside {
    users: Vec<TermBucket>,
    executables: Vec<TermBucket>,
    destinations: Vec<TermBucket>,
    activity: Vec<TimeBucket>,
    activity_interval_ms: i64,
}
