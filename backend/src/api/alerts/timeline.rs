//! `GET /api/v1/alerts/{id}/timeline`.

use crate::{
    api::{
        context::CallContext,
        describe::{Describe, one_of, time},
        extract::{Asked, Id},
        investigate,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::alerts,
};
use axum::{Json, extract::State};
use serde::Deserialize;
use watchfloor_shared::{
    AlertId, Timestamp,
    problem::ErrorCode,
    timeline::{LaneBy, Timeline},
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimelineQuery {
    by: LaneBy,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

pub fn describe() -> Describe {
    Describe::new("alerts", "What happened around an alert")
        .path("id", "The alert's id")
        .query(
            "by",
            "What a lane is, process unless told",
            one_of(&["process", "user", "host"]),
        )
        .query("from", "Start; around the alert unless told", time())
        .query("to", "End; around the alert unless told", time())
        .answers::<Timeline>("Lanes with marks, and gaps in the telemetry")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::NotFound])
}

pub async fn handle(
    State(state): State<AppState>,
    mut call: CallContext,
    Id(id): Id,
    Asked(query): Asked<TimelineQuery>,
) -> Answer<Json<Timeline>> {
    if let (Some(from), Some(to)) = (query.from, query.to)
        && from >= to
    {
        return Err(ApiError::invalid("from must be before to."));
    }
    let found = alerts::get(&mut call.tx, &AlertId::new(id)).await?;
    let caller = call.commit().await?;
    let alert = found.ok_or_else(ApiError::not_found)?;
    let range = (query.from, query.to);
    Ok(Json(
        investigate::timeline(&state, caller.tenant(), &alert, query.by, range).await?,
    ))
}
