//! `GET /api/v1/pipeline`: stages, topics and the loss ledger.

use crate::api::{describe::Describe, state::AppState};
use axum::{Json, extract::State};
use watchfloor_shared::pipeline::PipelineSnapshot;

pub fn describe() -> Describe {
    Describe::new("pipeline", "Stages, topics and the loss ledger")
        .detail("Counters of the whole server; they hold no tenant's data.")
        .answers::<PipelineSnapshot>("As it is now")
}

pub async fn handle(State(state): State<AppState>) -> Json<PipelineSnapshot> {
    Json(state.pipeline.snapshot().await)
}
