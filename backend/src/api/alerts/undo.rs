//! `POST /api/v1/alerts/{id}/undo`: restores what was before one's own last change.

use super::{Updated, updated};
use crate::{
    api::{context::CallContext, describe::Describe, etag::IfMatch, extract::Id, problem::Answer, state::AppState},
    store::alerts,
};
use axum::extract::State;
use watchfloor_shared::{AlertId, alert::AlertSummary, problem::ErrorCode};

pub fn describe() -> Describe {
    Describe::new("alerts", "Undo one's last change of an alert")
        .path("id", "The alert's id")
        .header("If-Match", "The ETag of what one looked at, or `*`", true)
        .answers::<AlertSummary>("As it is now, with its new ETag")
        .fails(&[
            ErrorCode::NotFound,
            ErrorCode::Conflict,
            ErrorCode::PreconditionFailed,
            ErrorCode::PreconditionRequired,
        ])
}

pub async fn handle(
    State(state): State<AppState>,
    mut call: CallContext,
    Id(id): Id,
    IfMatch(version): IfMatch,
) -> Answer<Updated> {
    let (id, actor) = (AlertId::new(id), call.caller.actor());
    let changed = alerts::undo(&mut call.tx, &id, version, actor, call.now).await?;
    let caller = call.commit().await?;
    Ok(updated(&state, caller.tenant(), changed))
}
