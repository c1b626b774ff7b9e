//! `DELETE /api/v1/walls/{id}`.

use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        extract::Id,
        problem::{Answer, ApiError},
    },
    store::walls,
};
use axum::http::StatusCode;
use watchfloor_shared::problem::ErrorCode;

pub fn describe() -> Describe {
    Describe::new("walls", "Revoke a screen")
        .detail("Its stream ends within a second, and it shows a new code.")
        .path("id", "The wall's id")
        .answers_nothing("It shows nothing any more")
        .fails(&[ErrorCode::NotFound])
}

pub async fn handle(mut call: CallContext, Id(id): Id) -> Answer<StatusCode> {
    if !walls::revoke(&mut call.tx, &id).await? {
        return Err(ApiError::not_found());
    }
    let caller = call.commit().await?;
    tracing::info!(wall.id = id, user = caller.actor(), "a wall screen was revoked");
    Ok(StatusCode::NO_CONTENT)
}
