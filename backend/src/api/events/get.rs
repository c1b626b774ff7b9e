//! `GET /api/v1/events/{id}`: one whole event.

use crate::api::{
    context::Called,
    describe::Describe,
    extract::Id,
    problem::{Answer, ApiError},
    state::AppState,
};
use axum::{Json, extract::State};
use serde_json::Value;
use watchfloor_shared::{EventId, problem::ErrorCode, search::EventHit};

pub fn describe() -> Describe {
    Describe::new("events", "One event")
        .path("id", "The event's id")
        .answers::<EventHit>("The whole document")
        .fails(&[ErrorCode::NotFound])
}

pub async fn handle(State(state): State<AppState>, called: Called, Id(id): Id) -> Answer<Json<EventHit>> {
    let found = state.search.get(called.tenant(), &[EventId::new(id)]).await?;
    let event = found.into_iter().next().ok_or_else(ApiError::not_found)?;
    Ok(Json(EventHit {
        id: event.id,
        timestamp: event.timestamp,
        source: Value::Object(event.doc.into()),
    }))
}
