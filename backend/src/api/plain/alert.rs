//! `GET /alerts/{id}`.

use crate::api::{alerts, context::CallContext, describe::Describe, extract::Id, problem::Answer};
use axum::{http::HeaderMap, response::Response};
use watchfloor_shared::{alert::AlertDetail, problem::ErrorCode};

pub fn describe() -> Describe {
    Describe::new("plain", "One alert")
        .path("id", "The alert's id")
        .answers::<AlertDetail>("The alert")
        .not_modified()
        .fails(&[ErrorCode::NotFound])
}

pub async fn handle(call: CallContext, id: Id, headers: HeaderMap) -> Answer<Response> {
    alerts::get::handle(call, id, headers).await
}
