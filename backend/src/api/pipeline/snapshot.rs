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
    for sender in &mut senders {
        sender.missing = match sender.door.as_str() {
            door if door == Door::Sensor.as_str() => state.sensors.missing(called.tenant(), &sender.sensor),
            door if door == Door::Syslog.as_str() => {
                let missing = state.ingest.sequences().missing(called.tenant(), &sender.sensor);
                missing.map(|count| i64::try_from(count).unwrap_or(i64::MAX))
            }
            _ => None,
        };
    }
    Json(PipelineSnapshot {
        senders,
        ..state.pipeline.snapshot().await
    })
}
