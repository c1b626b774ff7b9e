//! `GET /api/v1/alerts/facets`.

use super::query::{AlertQuery, describe_filter};
use crate::{
    api::{context::CallContext, describe::Describe, extract::Asked, problem::Answer},
    store::alerts,
};
use axum::Json;
use watchfloor_shared::{alert::AlertFacets, problem::ErrorCode};

pub fn describe() -> Describe {
    describe_filter(Describe::new("alerts", "Count alerts for each filter"))
        .detail("Each facet counts as if its own filter were not set.")
        .answers::<AlertFacets>("The counts")
        .fails(&[ErrorCode::InvalidRequest])
}

pub async fn handle(mut call: CallContext, Asked(query): Asked<AlertQuery>) -> Answer<Json<AlertFacets>> {
    let facets = alerts::facets(&mut call.tx, &query.filter()?).await?;
    call.commit().await?;
    Ok(Json(facets))
}
