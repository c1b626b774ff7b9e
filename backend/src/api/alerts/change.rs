//! `PATCH /api/v1/alerts/{id}`: status, verdict, assignee, note.

use super::{Updated, updated};
use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        etag::IfMatch,
        extract::{Body, Id},
        problem::Answer,
        state::AppState,
    },
    store::alerts,
};
use axum::extract::State;
use watchfloor_shared::{
    AlertId,
    alert::{AlertChange, AlertSummary},
    problem::ErrorCode,
};

pub fn describe() -> Describe {
    Describe::new("alerts", "Change an alert")
        .detail("Absent fields stay as they are. Only legal moves of the status are taken; every change is kept in the history.")
        .path("id", "The alert's id")
        .header("If-Match", "The ETag of what one looked at, or `*`", true)
        .body::<AlertChange>()
        .answers::<AlertSummary>("As it is now, with its new ETag")
        .fails(&[
            ErrorCode::InvalidRequest,
            ErrorCode::NotFound,
            ErrorCode::IllegalTransition,
            ErrorCode::PreconditionFailed,
            ErrorCode::PreconditionRequired,
        ])
}

pub async fn handle(
    State(state): State<AppState>,
    mut call: CallContext,
    Id(id): Id,
    IfMatch(version): IfMatch,
    Body(change): Body<AlertChange>,
) -> Answer<Updated> {
    let (id, actor) = (AlertId::new(id), call.caller.actor());
    let changed = alerts::change(&mut call.tx, &id, version, &change, actor, call.now).await?;
    call.note(&change);
    let caller = call.commit().await?;
    Ok(updated(&state, caller.tenant(), changed))
}
