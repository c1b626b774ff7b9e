//! `GET /api/v1/sensors`: how the tenant's sensors are.

use super::{context::Called, describe::Describe, state::AppState};
use axum::{Json, extract::State};
use watchfloor_shared::sensor::SensorStatus;

pub fn describe() -> Describe {
    Describe::new("pipeline", "Every sensor as the server last heard of it")
        .detail("Sensors that speak the sensor protocol, over gRPC or HTTP, since the server's start.")
        .answers_many::<SensorStatus>("By name")
}

pub async fn handle(State(state): State<AppState>, called: Called) -> Json<Vec<SensorStatus>> {
    Json(state.sensors.list(called.tenant()))
}
