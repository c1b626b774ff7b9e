//! `GET /alerts`.

use super::page_headers;
use crate::{
    api::{
        alerts::query::{AlertQuery, describe_filter, describe_page, describe_sort},
        context::CallContext,
        describe::Describe,
        extract::Asked,
        problem::Answer,
    },
    store::alerts,
};
use axum::{Json, http::HeaderMap};
use watchfloor_shared::{alert::AlertSummary, problem::ErrorCode};

pub fn describe() -> Describe {
    let describe = Describe::new("plain", "Alerts as a bare array")
        .detail("X-Total-Count has the number of all, X-Next-Cursor the cursor of the next page.");
    describe_page(describe_sort(describe_filter(describe)))
        .answers_many::<AlertSummary>("One page of alerts")
        .fails(&[ErrorCode::InvalidRequest])
}

pub async fn handle(
    mut call: CallContext,
    Asked(query): Asked<AlertQuery>,
) -> Answer<(HeaderMap, Json<Vec<AlertSummary>>)> {
    let page = alerts::list(&mut call.tx, &query.filter()?, query.sort, &query.window()?).await?;
    call.commit().await?;
    Ok((page_headers(page.total, page.next.as_deref()), Json(page.items)))
}
