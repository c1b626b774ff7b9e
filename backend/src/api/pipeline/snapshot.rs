//! `GET /api/v1/pipeline`: stages, topics and the loss ledger.

use crate::{
    api::{context::Called, describe::Describe, state::AppState},
    ingest::Door,
};
use axum::{Json, extract::State};
use watchfloor_shared::pipeline::PipelineSnapshot;

pub fn describe() -> Describe {
    Describe::new("pipeline", "Stages, topics and the loss ledger")
        .detail("Counters of the whole server, which hold no tenant's data, and the senders of your own tenant.")
        .answers::<PipelineSnapshot>("As it is now")
}

pub async fn handle(State(state): State<AppState>, called: Called) -> Json<PipelineSnapshot> {
    let mut senders = state.pipeline.senders(called.tenant()).await;
    for sender in senders.iter_mut().filter(|sender| sender.door == Door::Sensor.as_str()) {
        sender.missing = state.sensors.missing(called.tenant(), &sender.sensor);
    }
    Json(PipelineSnapshot {
        senders,
        ..state.pipeline.snapshot().await
    })
}
