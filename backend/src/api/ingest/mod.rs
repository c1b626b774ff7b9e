//! The HTTP doors. `POST /ingest/v1/sysmon`: NDJSON or one JSON array, plain, gzip or zstd, in bounded memory.
//!
//! Invariant: the count in the answer, good or bad, is what the disk has. Sending the whole request again doubles nothing,
//! because positions come out the same.

pub mod body;
pub mod elastic;
pub mod hec;
pub mod otlp;
pub mod sensor;
mod take;

use super::{
    access::Caller,
    context::Called,
    describe::Describe,
    problem::{Answer, ApiError},
    state::AppState,
};
use crate::ingest::{BatchOrigin, Door, Intake, Sender, position::Positions};
use axum::{Json, body::Body, extract::State, http::HeaderMap};
use bytes::Bytes;
use serde::Serialize;
use std::{sync::Arc, time::Duration};
use take::Lines;
use tokio::{sync::SemaphorePermit, time::timeout};
use utoipa::ToSchema;
use watchfloor_shared::problem::ErrorCode;

const POSITION: &str = "watchfloor-position";

#[derive(Debug, Serialize, ToSchema)]
pub struct Taken {
    /// Lines on the disk.
    accepted: u64,
    /// Lines that were too long; they are among the dead letters, cut.
    refused: u64,
}

pub fn describe() -> Describe {
    describe_body("Send Sysmon and Windows events")
        .detail(
            "One JSON object per line, or one JSON array; content encodings gzip and zstd. At most 64 MiB as sent and 512 MiB \
             decompressed; a line longer than 1 MiB becomes a dead letter. A problem's `accepted` says how many lines were \
             taken before it; sending the same request again doubles nothing.",
        )
        .header("Watchfloor-Position", "Place of the first line in the sender's stream, a whole number", false)
        .raw_body(&["application/x-ndjson", "application/json"], "Events")
        .answers::<Taken>("All of it is on the disk")
}

pub async fn handle(
    State(state): State<AppState>,
    called: Called,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<Taken>> {
    body::check_content_type(&headers)?;
    let encoding = body::Encoding::of(&headers)?;
    let positions = positions_of(&headers)?;
    let _place = place(&state).await.ok_or_else(too_many)?;
    let limits = &state.limits.ingest;
    let body = body::Decoded::new(body, encoding, limits);
    let mut intake = intake(&state, &called, Door::Ndjson, BatchOrigin::default());
    let outcome = Lines::new(&mut intake, positions, limits).take_all(body).await;
    match outcome {
        Ok(()) => Ok(Json(Taken {
            accepted: intake.accepted(),
            refused: intake.refused(),
        })),
        Err(error) => Err(error.having_accepted(intake.accepted())),
    }
}

/// A place among the requests that are served at once, to be held until the answer; none when it did not come in time.
async fn place(state: &AppState) -> Option<SemaphorePermit<'_>> {
    let wait = Duration::from_millis(state.limits.ingest.wait_ms_max);
    timeout(wait, state.ingest_places.acquire()).await.ok()?.ok()
}

fn too_many() -> ApiError {
    ApiError::unavailable("Many senders are being served; send this again.")
}

/// The key's sensor is where the records come from, unless they are known to come from another.
fn intake(state: &AppState, called: &Called, door: Door, origin: BatchOrigin) -> Intake {
    let sender = sender(called, door, origin);
    Intake::new(&state.ingest, sender, &state.limits.ingest.records)
}

fn sender(called: &Called, door: Door, mut origin: BatchOrigin) -> Sender {
    if let (None, Some(sensor)) = (&origin.sensor, called.caller.sensor()) {
        origin.sensor = Some(Bytes::copy_from_slice(sensor.as_bytes()));
    }
    Sender {
        tenant: called.tenant().clone(),
        door,
        origin,
        charged: match &called.caller {
            Caller::Person(_) => None,
            Caller::Key(holder) => Some(Arc::from(holder.id.as_str())),
        },
    }
}

/// What the doors that take a body have in common.
fn describe_body(summary: &'static str) -> Describe {
    Describe::new("ingest", summary)
        .header("Content-Encoding", "gzip or zstd", false)
        .fails(&[
            ErrorCode::InvalidRequest,
            ErrorCode::Timeout,
            ErrorCode::PayloadTooLarge,
            ErrorCode::UnsupportedMediaType,
        ])
}

/// The whole body, decompressed, for formats that cannot be taken in parts.
async fn whole(state: &AppState, headers: &HeaderMap, body: Body) -> Answer<Bytes> {
    let encoding = body::Encoding::of(headers)?;
    body::Decoded::new(body, encoding, &state.limits.ingest).whole().await
}

fn positions_of(headers: &HeaderMap) -> Answer<Positions> {
    let Some(value) = headers.get(POSITION) else {
        return Ok(Positions::repeats());
    };
    let first = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    match first {
        Some(next) => Ok(Positions::Stream { next }),
        None => Err(ApiError::invalid("Watchfloor-Position is a whole number, 0 or more.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_a_whole_number_or_absent() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(POSITION, text.parse().unwrap());
            positions_of(&headers)
        };
        assert!(matches!(of(" 40"), Ok(Positions::Stream { next: 40 })));
        assert!(matches!(positions_of(&HeaderMap::new()), Ok(Positions::Repeats(_))));
        assert!(of("-1").is_err() && of("x").is_err());
    }
}
