//! `GET /api/v1/alerts`.

use super::query::{AlertQuery, describe_filter, describe_page, describe_sort};
use crate::{
    api::{context::CallContext, describe::Describe, extract::Asked, problem::Answer},
    store::alerts,
};
use axum::Json;
use watchfloor_shared::{alert::AlertSummary, page::Page, problem::ErrorCode};

pub fn describe() -> Describe {
    let describe = Describe::new("alerts", "List alerts");
    describe_page(describe_sort(describe_filter(describe)))
        .answers_page::<AlertSummary>("One page")
        .fails(&[ErrorCode::InvalidRequest])
}

pub async fn handle(mut call: CallContext, Asked(query): Asked<AlertQuery>) -> Answer<Json<Page<AlertSummary>>> {
    let page = alerts::list(&mut call.tx, &query.filter()?, query.sort, &query.window()?).await?;
    call.commit().await?;
    Ok(Json(page))
}
