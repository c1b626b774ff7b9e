//! What the handlers of trees, timelines and endpoints ask the index.

use super::{problem::Answer, problem::ApiError, state::AppState};
use watchfloor_shared::{
    TenantId, Timestamp,
    alert::AlertDetail,
    endpoint::{EndpointDetail, EndpointSummary},
    timeline::{LaneBy, Timeline},
    tree::ProcessTree,
};

pub async fn tree(_state: &AppState, _tenant: &TenantId, _alert: &AlertDetail) -> Answer<ProcessTree> {
    Err(ApiError::unavailable("Trees are not there yet."))
}

pub async fn timeline(
    _state: &AppState,
    _tenant: &TenantId,
    _alert: &AlertDetail,
    _by: LaneBy,
    _range: (Option<Timestamp>, Option<Timestamp>),
) -> Answer<Timeline> {
    Err(ApiError::unavailable("Timelines are not there yet."))
}

/// Fills in what the index knows of these endpoints.
pub async fn count(_state: &AppState, _tenant: &TenantId, _endpoints: &mut [EndpointSummary]) -> Answer<()> {
    Ok(())
}

pub async fn endpoint(_state: &AppState, _tenant: &TenantId, summary: EndpointSummary) -> Answer<EndpointDetail> {
    Ok(EndpointDetail {
        summary,
        users: Vec::new(),
        executables: Vec::new(),
        destinations: Vec::new(),
        activity: Vec::new(),
        activity_interval_ms: 0,
    })
}
