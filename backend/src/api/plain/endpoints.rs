//! `GET /endpoints`.

use super::page_headers;
use crate::api::{
    context::CallContext,
    describe::Describe,
    endpoints::list::{EndpointQuery, describe_query, page},
    extract::Asked,
    problem::Answer,
    state::AppState,
};
use axum::{Json, extract::State, http::HeaderMap};
use watchfloor_shared::{endpoint::EndpointSummary, problem::ErrorCode};

pub fn describe() -> Describe {
    describe_query(Describe::new("plain", "Endpoints as a bare array"))
        .answers_many::<EndpointSummary>("One page of endpoints")
        .fails(&[ErrorCode::InvalidRequest])
}

pub async fn handle(
    State(state): State<AppState>,
    call: CallContext,
    Asked(query): Asked<EndpointQuery>,
) -> Answer<(HeaderMap, Json<Vec<EndpointSummary>>)> {
    let page = page(&state, call, query).await?;
    Ok((page_headers(page.total, page.next.as_deref()), Json(page.items)))
}
