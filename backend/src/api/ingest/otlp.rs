//! `POST /v1/logs`: OTLP's logs over HTTP, as protobuf or JSON.

use super::{body, describe_body, place, sender, too_many};
use crate::{
    api::{
        context::Called,
        describe::Describe,
        problem::{Answer, ApiError},
        state::{AppState, IngestLimits},
    },
    ingest::{BatchOrigin, Door},
    otlp,
};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use prost::Message;
use serde_json::json;
use std::sync::Arc;
use tonic::Code;
use watchfloor_protocol::{otlp::ExportLogsServiceRequest, otlp_of_json, rpc};
use watchfloor_shared::problem::{ErrorCode, Problem};

/// Of the route.
pub const NAME: &str = "ingest.otlp_logs";
const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoded {
    Protobuf,
    Json,
}

pub fn describe() -> Describe {
    describe_body("Send logs as OpenTelemetry's OTLP")
        .detail(
            "An `ExportLogsServiceRequest` as protobuf or in OTLP's JSON; content encodings gzip and zstd; at most 16 MiB. A \
             body that is a record of a known source (Zeek, Suricata, Windows, auditd, syslog) is taken as one, anything else \
             becomes an ECS event. Records that were too long are counted in `partialSuccess`. What fails is said as \
             `google.rpc.Status`, encoded as the request.",
        )
        .raw_body(&[PROTOBUF, JSON], "ExportLogsServiceRequest")
        .answers_shape("All but the counted ones are on the disk", json!({ "type": "object" }))
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
    let sender = sender(&called, Door::Otlp, BatchOrigin::default());
    let taken = otlp::take(&state.ingest, sender, request).await?;
    Ok(match encoded {
        Encoded::Protobuf => ([(header::CONTENT_TYPE, PROTOBUF)], taken.answer().encode_to_vec()).into_response(),
        Encoded::Json => Json(taken.answer_json()).into_response(),
    })
}

/// A problem as OTLP has it: `google.rpc.Status`, encoded as the request was. Any other answer stays as it is.
pub fn in_its_words(mut response: Response, encoded: Encoded) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Arc<Problem>>() else {
        return response;
    };
    let status = rpc::Status {
        code: code(problem.code).into(),
        message: problem.detail.clone(),
        details: Vec::new(),
    };
    let (kind, body) = match encoded {
        Encoded::Protobuf => (PROTOBUF, status.encode_to_vec()),
        Encoded::Json => (JSON, status.to_json().to_string().into_bytes()),
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Response::from_parts(parts, Body::from(body))
}

fn code(code: ErrorCode) -> Code {
    match code {
        ErrorCode::Unauthenticated => Code::Unauthenticated,
        ErrorCode::Forbidden => Code::PermissionDenied,
        ErrorCode::RateLimited => Code::ResourceExhausted,
        ErrorCode::Timeout => Code::DeadlineExceeded,
        ErrorCode::Unavailable => Code::Unavailable,
        ErrorCode::Internal => Code::Internal,
        _ => Code::InvalidArgument,
    }
}

impl Encoded {
    /// Of an answer, also where the request is not what it should be.
    pub fn of_answer(headers: &HeaderMap) -> Self {
        Self::of(headers).unwrap_or(Self::Json)
    }

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
