//! `DELETE /api/v1/keys/{id}`.

use crate::{
    api::{
        context::Called,
        describe::Describe,
        extract::Id,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::identity::api_keys,
};
use axum::{extract::State, http::StatusCode};
use watchfloor_shared::problem::ErrorCode;

pub fn describe() -> Describe {
    Describe::new("keys", "Revoke a key")
        .path("id", "The key's id")
        .answers_nothing("It no longer works")
        .fails(&[ErrorCode::NotFound])
}

pub async fn handle(State(state): State<AppState>, called: Called, Id(id): Id) -> Answer<StatusCode> {
    match api_keys::revoke(&state.db, called.tenant(), &id).await? {
        true => {
            tracing::info!(key.id = id, user = called.caller.actor(), "an API key was revoked");
            Ok(StatusCode::NO_CONTENT)
        }
        false => Err(ApiError::not_found()),
    }
}
