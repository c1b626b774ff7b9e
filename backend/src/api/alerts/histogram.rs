//! `GET /api/v1/alerts/histogram`.

use super::query::{AlertQuery, describe_filter};
use crate::{
    api::{
        context::CallContext,
        describe::{Describe, integer},
        extract::Asked,
        problem::{Answer, ApiError},
    },
    store::alerts,
};
use axum::Json;
use watchfloor_shared::{alert::AlertHistogram, problem::ErrorCode};

const INTERVAL_MS: i64 = 3_600_000;
const INTERVAL_MS_MIN: i64 = 1_000;
const INTERVAL_MS_MAX: i64 = 366 * 24 * 3_600_000;

pub fn describe() -> Describe {
    describe_filter(Describe::new("alerts", "Count alerts over time"))
        .query(
            "interval_ms",
            "Width of a step, an hour unless told",
            integer(INTERVAL_MS_MIN, INTERVAL_MS_MAX),
        )
        .answers::<AlertHistogram>("By first seen, empty steps left out")
        .fails(&[ErrorCode::InvalidRequest])
}

pub async fn handle(mut call: CallContext, Asked(query): Asked<AlertQuery>) -> Answer<Json<AlertHistogram>> {
    let interval_ms = query.interval_ms.unwrap_or(INTERVAL_MS);
    if !(INTERVAL_MS_MIN..=INTERVAL_MS_MAX).contains(&interval_ms) {
        return Err(ApiError::invalid("interval_ms must be between a second and a year."));
    }
    let histogram = alerts::histogram(&mut call.tx, &query.filter()?, interval_ms).await?;
    call.commit().await?;
    Ok(Json(histogram))
}
