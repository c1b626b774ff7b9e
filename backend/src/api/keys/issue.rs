//! `POST /api/v1/keys`: a new key; its secret is in this answer and never again.

use crate::{
    api::{context::Signed, describe::Describe, extract::Body, problem::Answer, state::AppState},
    store::identity::api_keys,
};
use axum::{Json, extract::State};
use watchfloor_shared::{
    identity::{IssuedApiKey, NewApiKey},
    problem::ErrorCode,
};

pub fn describe() -> Describe {
    Describe::new("keys", "Issue a key to a sender")
        .detail("The answer shows the secret this one time.")
        .body::<NewApiKey>()
        .answers::<IssuedApiKey>("The key with its secret")
        .fails(&[ErrorCode::InvalidRequest])
}

pub async fn handle(
    State(state): State<AppState>,
    Signed(person): Signed,
    Body(key): Body<NewApiKey>,
) -> Answer<Json<IssuedApiKey>> {
    let issued = api_keys::issue(&state.db, &person.tenant, &key.name, Some(&person.user)).await?;
    tracing::info!(key.id = issued.id, user.id = %person.user, "an API key was issued");
    Ok(Json(issued))
}
