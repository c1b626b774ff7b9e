//! `GET /api/v1/alerts/{id}`.

use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        etag,
        extract::Id,
        problem::{Answer, ApiError},
    },
    store::alerts,
};
use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use watchfloor_shared::{AlertId, alert::AlertDetail, problem::ErrorCode};

pub fn describe() -> Describe {
    Describe::new("alerts", "One alert with why, evidence and history")
        .path("id", "The alert's id")
        .header("If-None-Match", "An ETag that one has already", false)
        .answers::<AlertDetail>("The alert; its ETag is its version")
        .not_modified()
        .fails(&[ErrorCode::NotFound])
}

pub async fn handle(mut call: CallContext, Id(id): Id, headers: HeaderMap) -> Answer<Response> {
    let found = alerts::get(&mut call.tx, &AlertId::new(id)).await?;
    call.commit().await?;
    let alert = found.ok_or_else(ApiError::not_found)?;
    let tag = etag::of_version(alert.summary.version);
    let known = etag::is_known(&headers, &tag);
    let headers = [
        (header::ETAG, tag),
        (
            header::CACHE_CONTROL,
            "private, no-cache".parse().map_err(ApiError::internal)?,
        ),
    ];
    Ok(match known {
        true => (StatusCode::NOT_MODIFIED, headers).into_response(),
        false => (headers, Json(alert)).into_response(),
    })
}
