//! What trees, timelines and endpoints take from the index.

use super::{problem::Answer, state::AppState};
use crate::investigate;
use watchfloor_shared::{
    TenantId, Timestamp,
    alert::AlertDetail,
    endpoint::{EndpointDetail, EndpointSummary},
    timeline::{LaneBy, Timeline},
    tree::ProcessTree,
};

pub async fn tree(state: &AppState, tenant: &TenantId, alert: &AlertDetail) -> Answer<ProcessTree> {
    Ok(investigate::tree(state.search.as_ref(), tenant, alert).await?)
}

pub async fn timeline(
    state: &AppState,
    tenant: &TenantId,
    alert: &AlertDetail,
    by: LaneBy,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
) -> Answer<Timeline> {
    Ok(investigate::timeline(state.search.as_ref(), tenant, alert, by, from, to).await?)
}

/// Fills in what the index knows of these endpoints.
pub async fn count(state: &AppState, tenant: &TenantId, endpoints: &mut [EndpointSummary]) -> Answer<()> {
    let ids: Vec<_> = endpoints.iter().map(|endpoint| endpoint.id.clone()).collect();
    let mut known = investigate::activity(state.search.as_ref(), tenant, &ids).await?;
    for endpoint in endpoints {
        if let Some(activity) = known.remove(&endpoint.id) {
            endpoint.events = activity.events;
            endpoint.usual_user = activity.usual_user;
        }
    }
    Ok(())
}

pub async fn endpoint(state: &AppState, tenant: &TenantId, summary: EndpointSummary) -> Answer<EndpointDetail> {
    let mut counted = [summary];
    count(state, tenant, &mut counted).await?;
    let [summary] = counted;
    let index = state.search.as_ref();
    let insights = investigate::endpoint(index, tenant, &summary.id, summary.first_seen, summary.last_seen).await?;
    Ok(EndpointDetail {
        summary,
        users: insights.users,
        executables: insights.executables,
        destinations: insights.destinations,
        activity: insights.activity,
        activity_interval_ms: insights.activity_interval_ms,
        asset: None,
        sensor: None,
    })
}
