//! `GET /api/v1/endpoints/{id}`.

use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        extract::Id,
        investigate,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::{endpoints, inventory},
};
use axum::{Json, extract::State};
use watchfloor_shared::{EndpointId, endpoint::EndpointDetail, problem::ErrorCode};

pub fn describe() -> Describe {
    Describe::new(
        "endpoints",
        "One endpoint with users, programs, destinations and activity",
    )
    .path("id", "The endpoint's id")
    .answers::<EndpointDetail>("The endpoint")
    .fails(&[ErrorCode::NotFound])
}

pub async fn handle(State(state): State<AppState>, mut call: CallContext, Id(id): Id) -> Answer<Json<EndpointDetail>> {
    let found = endpoints::get(&mut call.tx, &EndpointId::new(id)).await?;
    let summary = found.ok_or_else(ApiError::not_found)?;
    let asset = inventory::asset_of_host(&mut call.tx, &summary.name, summary.id.as_str()).await?;
    let caller = call.commit().await?;
    let sensor = state
        .sensors
        .of_host(caller.tenant(), &summary.name, summary.id.as_str());
    let detail = investigate::endpoint(&state, caller.tenant(), summary).await?;
    Ok(Json(EndpointDetail {
        asset,
        sensor,
        ..detail
    }))
}
