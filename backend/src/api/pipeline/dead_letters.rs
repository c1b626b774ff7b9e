//! `GET /api/v1/pipeline/dead-letters`: what could not be used, by reason.

use crate::api::{context::Called, describe::Describe, state::AppState};
use axum::{Json, extract::State};
use watchfloor_shared::pipeline::DeadLetters;

const GROUPS_MAX: usize = 200;

pub fn describe() -> Describe {
    Describe::new("pipeline", "What could not be used, by reason").answers::<DeadLetters>("Newest groups first")
}

pub async fn handle(State(state): State<AppState>, called: Called) -> Json<DeadLetters> {
    Json(state.pipeline.dead_letters(called.tenant(), GROUPS_MAX).await)
}
