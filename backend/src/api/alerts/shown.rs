//! `POST /api/v1/alerts/shown`: a browser drew these rows now.

use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        extract::Body,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::alerts,
};
use axum::{extract::State, http::StatusCode};
use std::time::Duration;
use watchfloor_shared::{alert::ShownAlerts, problem::ErrorCode};

const IDS_MAX: usize = 1_000;

/// An alert that waited longer was waiting for a person, which says nothing about how fast the product is.
const MEASURED_MAX: Duration = Duration::from_secs(60);

pub fn describe() -> Describe {
    Describe::new("alerts", "Note which alerts were drawn")
        .detail("The first time of each is kept as `times.shown`. At most 1,000.")
        .body::<ShownAlerts>()
        .answers_nothing("Noted; ids that are not there are left out")
        .fails(&[ErrorCode::InvalidRequest])
}

pub async fn handle(
    State(state): State<AppState>,
    mut call: CallContext,
    Body(shown): Body<ShownAlerts>,
) -> Answer<StatusCode> {
    if shown.ids.len() > IDS_MAX {
        return Err(ApiError::invalid("At most 1,000 alerts at once."));
    }
    let now = call.now;
    let first = alerts::mark_shown(&mut call.tx, &shown.ids, now).await?;
    call.commit().await?;
    for (_, received) in first {
        let latency = now.since(received);
        if latency <= MEASURED_MAX {
            state.latency.screen.record(latency, now);
        }
    }
    Ok(StatusCode::NO_CONTENT)
}
