//! `GET /api/v1/alerts/{id}/tree`.

use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        extract::Id,
        investigate,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::alerts,
};
use axum::{Json, extract::State};
use watchfloor_shared::{AlertId, problem::ErrorCode, tree::ProcessTree};

pub fn describe() -> Describe {
    Describe::new("alerts", "The process tree of an alert")
        .path("id", "The alert's id")
        .answers::<ProcessTree>("Parents before children; empty_because says why there is none")
        .fails(&[ErrorCode::NotFound])
}

pub async fn handle(State(state): State<AppState>, mut call: CallContext, Id(id): Id) -> Answer<Json<ProcessTree>> {
    let found = alerts::get(&mut call.tx, &AlertId::new(id)).await?;
    let caller = call.commit().await?;
    let alert = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(investigate::tree(&state, caller.tenant(), &alert).await?))
}
