//! `GET /api/v1/events/fields`: what the query bar completes from.

use crate::api::{context::Called, describe::Describe, problem::Answer, state::AppState};
use axum::{Json, extract::State};
use watchfloor_shared::search::FieldInfo;

pub fn describe() -> Describe {
    Describe::new("events", "Fields of the tenant's events").answers_many::<FieldInfo>("Most used first")
}

pub async fn handle(State(state): State<AppState>, called: Called) -> Answer<Json<Vec<FieldInfo>>> {
    Ok(Json(state.search.fields(called.tenant()).await?))
}
