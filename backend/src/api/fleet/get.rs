//! `GET /api/v1/fleet/{id}`: one sensor with its last hour.

use super::enrolled;
use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        extract::Id,
        problem::{Answer, ApiError},
        state::AppState,
    },
    sensors::SensorKey,
    store::{commands, sensors},
};
use axum::{Json, extract::State};
use watchfloor_shared::{fleet::SensorDetail, problem::ErrorCode};

pub fn describe() -> Describe {
    Describe::new("fleet", "A sensor and its last hour")
        .path("id", "The sensor's id")
        .answers::<SensorDetail>("As of now; without InfluxDB the history begins with the server's start")
        .fails(&[ErrorCode::NotFound])
}

pub async fn handle(State(state): State<AppState>, mut call: CallContext, Id(id): Id) -> Answer<Json<SensorDetail>> {
    let sensor = sensors::get(&mut call.tx, &id).await?.ok_or_else(ApiError::not_found)?;
    let captures = commands::captures(&mut call.tx, &id).await?;
    let (now, listening) = (call.now, state.sensors.listening_since());
    let caller = call.commit().await?;
    let heard = state.sensors.heard_of(caller.tenant(), &id);
    let whose = SensorKey {
        tenant: caller.tenant().clone(),
        enrolled: Some(id),
        host: sensor.host.clone(),
    };
    Ok(Json(SensorDetail {
        sensor: enrolled(sensor, heard.as_ref(), now, listening),
        history: state.sensors.history(&whose).await,
        captures,
    }))
}
