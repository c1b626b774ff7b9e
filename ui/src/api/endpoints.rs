//! Hosts that send telemetry.

use super::{Fault, exchange, wire::read_value};
use crate::url::Query;
use serde::Deserialize;
use watchfloor_shared::{
    EndpointId,
    endpoint::{EndpointDetail, EndpointSummary},
    inventory::Asset,
    page::Page,
    search::{TermBucket, TimeBucket},
    sensor::SensorStatus,
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
    let whole = exchange::get_raw(&format!("/api/v1/endpoints/{}", crate::url::encode(id.as_str()))).await?;
    let summary = read_value(whole.clone())?;
    let beside: Beside = read_value(whole)?;
    Ok(EndpointDetail {
        summary,
        users: beside.users,
        executables: beside.executables,
        destinations: beside.destinations,
        activity: beside.activity,
        activity_interval_ms: beside.activity_interval_ms,
        asset: beside.asset,
        sensor: beside.sensor,
    })
}

/// What an endpoint's page has beside the summary, read on its own as for an alert.
#[derive(Deserialize)]
struct Beside {
    users: Vec<TermBucket>,
    executables: Vec<TermBucket>,
    destinations: Vec<TermBucket>,
    activity: Vec<TimeBucket>,
    activity_interval_ms: i64,
    asset: Option<Asset>,
    sensor: Option<SensorStatus>,
}
