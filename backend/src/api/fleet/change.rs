//! `PATCH /api/v1/fleet/{id}`: what people call a sensor, and where it is.

use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        extract::{Body, Id},
        problem::{Answer, ApiError},
    },
    store::sensors,
};
use axum::http::StatusCode;
use watchfloor_shared::{fleet::SensorChange, problem::ErrorCode};

pub fn describe() -> Describe {
    Describe::new("fleet", "Rename a sensor or say where it is")
        .detail("Its records and its certificate keep the name with which it enrolled.")
        .path("id", "The sensor's id")
        .body::<SensorChange>()
        .answers_nothing("It is called that now")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::NotFound])
}

pub async fn handle(mut call: CallContext, Id(id): Id, Body(change): Body<SensorChange>) -> Answer<StatusCode> {
    if !sensors::change(&mut call.tx, &id, &change).await? {
        return Err(ApiError::not_found());
    }
    call.note(&change);
    let caller = call.commit().await?;
    tracing::info!(sensor.id = id, user = caller.actor(), "a sensor was renamed");
    Ok(StatusCode::NO_CONTENT)
}
