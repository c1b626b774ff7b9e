//! `POST /v1/logs`: OTLP's logs over HTTP, as protobuf or JSON.

use super::{body, place, too_many};
use crate::{
    api::{
        context::Called,
        describe::Describe,
        problem::{Answer, ApiError},
        state::{AppState, IngestLimits},
    },
    otlp,
};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use prost::Message;
use serde_json::json;
use watchfloor_protocol::{otlp::ExportLogsServiceRequest, otlp_of_json};
use watchfloor_shared::problem::ErrorCode;

/// Of the route.
pub const NAME: &str = "ingest.otlp_logs";
const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoded {
    Protobuf,
    Json,
}

pub fn describe() -> Describe {
    Describe::new("ingest", "Send logs as OpenTelemetry's OTLP")
        .detail(
            "An `ExportLogsServiceRequest` as protobuf or in OTLP's JSON; content encodings gzip and zstd; at most 16 MiB. A \
             body that is a record of a known source (Zeek, Suricata, Windows, auditd, syslog) is taken as one, anything else \
             becomes an ECS event. Records that were too long are counted in `partialSuccess`.",
        )
        .header("Content-Encoding", "gzip or zstd", false)
        .raw_body(&[PROTOBUF, JSON], "ExportLogsServiceRequest")
        .answers_shape("All but the counted ones are on the disk", json!({ "type": "object" }))
        .fails(&[
            ErrorCode::InvalidRequest,
            ErrorCode::Timeout,
            ErrorCode::PayloadTooLarge,
            ErrorCode::UnsupportedMediaType,
        ])
}

pub async fn handle(State(state): State<AppState>, called: Called, headers: HeaderMap, body: Body) -> Answer<Response> {
    let encoded = Encoded::of(&headers)?;
    let encoding = body::Encoding::of(&headers)?;
    let _place = place(&state).await.ok_or_else(too_many)?;
    let limits = IngestLimits {
        body_bytes_max: otlp::REQUEST_BYTES_MAX as u64,
        ..state.limits.ingest.clone()
    };
    let body = body::Decoded::new(body, encoding, &limits).whole().await?;
    let request = match encoded {
        Encoded::Protobuf => ExportLogsServiceRequest::decode(body).ok(),
        Encoded::Json => otlp_of_json(&body),
    };
    let request = request.ok_or_else(|| ApiError::invalid("The body is no ExportLogsServiceRequest."))?;
    let taken = otlp::take(&state.ingest, called.tenant(), called.caller.sensor(), request).await?;
    Ok(match encoded {
        Encoded::Protobuf => ([(header::CONTENT_TYPE, PROTOBUF)], taken.answer().encode_to_vec()).into_response(),
        Encoded::Json => Json(taken.answer_json()).into_response(),
    })
}

impl Encoded {
    fn of(headers: &HeaderMap) -> Answer<Self> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        match kind.to_ascii_lowercase().as_str() {
            PROTOBUF | "application/protobuf" => Ok(Self::Protobuf),
            JSON => Ok(Self::Json),
            _ => Err(ApiError::new(
                ErrorCode::UnsupportedMediaType,
                "Send application/x-protobuf or application/json.",
            )),
        }
    }
}
