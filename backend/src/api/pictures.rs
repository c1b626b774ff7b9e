//! `GET /api/v1/pictures/{file}`: what the console draws, for what cannot open it.

use super::{
    access::Person,
    context::CallContext,
    describe::{Describe, integer, one_of, time},
    extract::{Asked, Id},
    problem::{Answer, ApiError, capitalized},
    state::AppState,
};
use crate::{
    picture::{self, PNG_WIDTH_MAX, PNG_WIDTH_MIN, RasterError, Theme, Threats, Trend},
    store::alerts,
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use std::time::Duration;
use tokio::time::timeout;
use watchfloor_shared::{Timestamp, alert::AlertFilter, problem::ErrorCode};

const WIDTH: u32 = 1_600;
const PLACE_WAIT_MAX: Duration = Duration::from_secs(10);
const DAY_MS: i64 = 24 * 3_600_000;
const SPAN_MS_MAX: i64 = 366 * DAY_MS;
/// Bars of a chart, about.
const STEPS: i64 = 96;
const STEP_MS_MIN: i64 = 60_000;

const MAP: &str = "map";
const ALERTS: &str = "alerts";

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PictureQuery {
    theme: Theme,
    width: u32,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Default for PictureQuery {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            width: WIDTH,
            from: None,
            to: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Svg,
    Png,
}

pub fn describe() -> Describe {
    Describe::new("pictures", "The map or the alerts over time as a picture")
        .detail(
            "`map.svg` and `map.png` show the last half hour of the threat map, `alerts.svg` and `alerts.png` the alerts first seen \
             between two times, for reports, tickets and chats. All times are in UTC.",
        )
        .path("file", "map.svg, map.png, alerts.svg or alerts.png")
        .query("theme", "light unless told", one_of(&["light", "dark"]))
        .query(
            "width",
            "Pixels of a PNG, 1600 unless told",
            integer(PNG_WIDTH_MIN.into(), PNG_WIDTH_MAX.into()),
        )
        .query("from", "Alerts first seen from then on; a day before `to` unless told", time())
        .query("to", "Alerts first seen before; now unless told", time())
        .answers_text("image/svg+xml", "The picture, or image/png")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::NotFound, ErrorCode::Unavailable])
}

pub async fn handle(
    State(state): State<AppState>,
    mut call: CallContext,
    Id(file): Id,
    Asked(query): Asked<PictureQuery>,
) -> Answer<Response> {
    let (what, kind) = match file.rsplit_once('.') {
        Some((what, "svg")) => (what, Kind::Svg),
        Some((what, "png")) => (what, Kind::Png),
        _ => return Err(ApiError::not_found()),
    };
    if !(PNG_WIDTH_MIN..=PNG_WIDTH_MAX).contains(&query.width) {
        let text = format!("width must be between {PNG_WIDTH_MIN} and {PNG_WIDTH_MAX}.");
        return Err(ApiError::invalid(text));
    }
    let svg = match what {
        MAP => {
            let caller = call.commit().await?;
            let snapshot = state.map.snapshot(caller.tenant()).0;
            let (theme, credits) = (query.theme, state.geo.credits());
            let organization = organization(caller.person());
            drawn(&state, move || {
                let threats = Threats {
                    organization: &organization,
                    snapshot: &snapshot,
                    credits: &credits,
                    theme,
                };
                Ok(picture::threats(&threats)?)
            })
            .await?
        }
        ALERTS => {
            let (from, to) = span(&query, call.now)?;
            let interval_ms = step(from, to);
            let filter = AlertFilter {
                from: Some(from),
                to: Some(to),
                ..AlertFilter::default()
            };
            let histogram = alerts::histogram(&mut call.tx, &filter, interval_ms).await?;
            let caller = call.commit().await?;
            picture::trend(&Trend {
                organization: &organization(caller.person()),
                from,
                to,
                interval_ms: histogram.interval_ms,
                buckets: &histogram.buckets,
                theme: query.theme,
            })
        }
        _ => return Err(ApiError::not_found()),
    };
    match kind {
        Kind::Svg => Ok(answer("image/svg+xml; charset=utf-8", svg.into_bytes())),
        Kind::Png => {
            let png = drawn(&state, move || picture::png(&svg, query.width)).await?;
            Ok(answer("image/png", png))
        }
    }
}

fn organization(person: Option<&Person>) -> String {
    person.map(|person| person.tenant_name.clone()).unwrap_or_default()
}

fn span(query: &PictureQuery, now: Timestamp) -> Answer<(Timestamp, Timestamp)> {
    let to = query.to.unwrap_or(now);
    let from = query
        .from
        .unwrap_or(Timestamp::from_millis(to.millis().saturating_sub(DAY_MS)));
    match to.millis().saturating_sub(from.millis()) {
        1..=SPAN_MS_MAX => Ok((from, to)),
        _ => Err(ApiError::invalid("from must be before to, by at most a year.")),
    }
}

/// A width of bars that people know.
fn step(from: Timestamp, to: Timestamp) -> i64 {
    const KNOWN_MINUTES: [i64; 9] = [1, 5, 15, 30, 60, 180, 360, 720, 1_440];
    let least = ((to.millis() - from.millis()) / STEPS).max(STEP_MS_MIN);
    let known = KNOWN_MINUTES.into_iter().map(|minutes| minutes * 60_000);
    known.into_iter().find(|step| *step >= least).unwrap_or(7 * DAY_MS)
}

/// Drawing is work: a few at a time, on threads of their own.
async fn drawn<T: Send + 'static>(
    state: &AppState,
    draw: impl FnOnce() -> Result<T, RasterError> + Send + 'static,
) -> Answer<T> {
    let Ok(Ok(_place)) = timeout(PLACE_WAIT_MAX, state.drawing.acquire()).await else {
        return Err(ApiError::unavailable("Many pictures are being drawn."));
    };
    match tokio::task::spawn_blocking(draw).await {
        Ok(Ok(drawn)) => Ok(drawn),
        Ok(Err(RasterError::NotBuilt(error))) => Err(ApiError::unavailable(capitalized(&error.to_string()))),
        Ok(Err(error)) => Err(ApiError::internal(error)),
        Err(error) => Err(ApiError::internal(error)),
    }
}

fn answer(kind: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_about_a_hundred_bars_of_a_known_width() {
        let at = |hours: i64| Timestamp::from_millis(hours * 3_600_000);
        let minutes = |hours| step(at(0), at(hours)) / 60_000;
        assert_eq!(
            [1, 24, 24 * 7, 24 * 30, 24 * 366].map(minutes),
            [1, 15, 180, 720, 7 * 1_440]
        );
    }
}
