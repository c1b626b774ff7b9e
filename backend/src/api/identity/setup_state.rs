//! `GET /api/v1/setup`: whether this server still waits for its owner.

use crate::{
    api::{describe::Describe, problem::Answer, state::AppState},
    store::identity::setup_needed,
};
use axum::{Json, extract::State};
use watchfloor_shared::identity::SetupState;

pub fn describe() -> Describe {
    Describe::new(
        "identity",
        "Whether the server waits for its owner, and who signs people in beside it",
    )
    .answers::<SetupState>("Needed or not")
}

pub async fn handle(State(state): State<AppState>) -> Answer<Json<SetupState>> {
    let needed = setup_needed(&state.db).await?;
    let provider = state.provider.as_ref().map(|provider| provider.name().to_owned());
    Ok(Json(SetupState { needed, provider }))
}
