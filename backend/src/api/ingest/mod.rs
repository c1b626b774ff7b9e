//! The HTTP doors. `POST /ingest/v1/sysmon`: NDJSON or one JSON array, plain, gzip or zstd, in bounded memory.
//!
//! Invariant: the count in the answer, good or bad, is what the disk has. Sending the whole request again doubles nothing,
//! because positions come out the same.

pub mod body;
pub mod elastic;
pub mod hec;
pub mod lines;
mod position;
mod take;

use super::{
    context::Called,
    describe::Describe,
    problem::{Answer, ApiError},
    state::AppState,
};
use axum::{Json, body::Body, extract::State, http::HeaderMap};
use serde::Serialize;
use std::time::Duration;
use take::Intake;
use tokio::time::timeout;
use utoipa::ToSchema;
use watchfloor_shared::problem::ErrorCode;

#[derive(Debug, Serialize, ToSchema)]
pub struct Taken {
    /// Lines on the disk.
    accepted: u64,
    /// Lines that were too long; they are among the dead letters, cut.
    refused: u64,
}

pub fn describe() -> Describe {
    Describe::new("ingest", "Send Sysmon and Windows events")
        .detail(
            "One JSON object per line, or one JSON array; content encodings gzip and zstd. At most 64 MiB as sent and 512 MiB \
             decompressed; a line longer than 1 MiB becomes a dead letter. A problem's `accepted` says how many lines were \
             taken before it; sending the same request again doubles nothing.",
        )
        .header("Watchfloor-Position", "Place of the first line in the sender's stream, a whole number", false)
        .header("Content-Encoding", "gzip or zstd", false)
        .raw_body(&["application/x-ndjson", "application/json"], "Events")
        .answers::<Taken>("All of it is on the disk")
        .fails(&[
            ErrorCode::InvalidRequest,
            ErrorCode::Timeout,
            ErrorCode::PayloadTooLarge,
            ErrorCode::UnsupportedMediaType,
        ])
}

pub async fn handle(
    State(state): State<AppState>,
    called: Called,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<Taken>> {
    body::check_content_type(&headers)?;
    let encoding = body::Encoding::of(&headers)?;
    let positions = position::Positions::of(&headers)?;
    let wait = Duration::from_millis(state.limits.ingest.wait_ms_max);
    let Ok(Ok(_place)) = timeout(wait, state.ingest_places.acquire()).await else {
        return Err(ApiError::unavailable("Many senders are being served; send this again."));
    };
    let limits = &state.limits.ingest;
    let body = body::Decoded::new(body, encoding, limits);
    let mut intake = Intake::new(&state.ingest, called.tenant(), limits, positions);
    match intake.take_all(body).await {
        Ok(()) => Ok(Json(Taken {
            accepted: intake.accepted(),
            refused: intake.refused(),
        })),
        Err(error) => Err(error.having_accepted(intake.accepted())),
    }
}
