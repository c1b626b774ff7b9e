//! `DELETE /api/v1/fleet/{id}`.

use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        extract::Id,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::sensors,
};
use axum::{extract::State, http::StatusCode};
use watchfloor_shared::problem::ErrorCode;

pub fn describe() -> Describe {
    Describe::new("fleet", "Revoke a sensor")
        .detail("Its connections end within a second, and none of its certificates works any more. It may enrol again with a new code.")
        .path("id", "The sensor's id")
        .answers_nothing("It sends nothing any more")
        .fails(&[ErrorCode::NotFound])
}

pub async fn handle(State(state): State<AppState>, mut call: CallContext, Id(id): Id) -> Answer<StatusCode> {
    if !sensors::revoke(&mut call.tx, &id).await? {
        return Err(ApiError::not_found());
    }
    let caller = call.commit().await?;
    state.sensors.forget(caller.tenant(), &id);
    tracing::info!(sensor.id = id, user = caller.actor(), "a sensor was revoked");
    Ok(StatusCode::NO_CONTENT)
}
