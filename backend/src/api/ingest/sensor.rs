//! `POST /ingest/v1/sensor`: the sensor protocol for those who have no gRPC. One batch as a JSON object, or lines as they come.

use super::{body, describe_body, intake, place, positions_of, sender, take::Lines, too_many, whole};
use crate::{
    api::{
        context::Called,
        describe::Describe,
        problem::{Answer, ApiError},
        state::AppState,
    },
    ingest::{BatchOrigin, Door, position::Positions},
    sensors::{self, BatchRefused, Came, Origin, SentBy},
};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use watchfloor_protocol::v1;
use watchfloor_shared::{Timestamp, pipeline::ReasonCount, problem::ErrorCode};

const SENSOR: &str = "watchfloor-sensor";
const STREAM: &str = "watchfloor-stream";
const SOURCE: &str = "watchfloor-source";

/// As `SensorBatch` of the protocol.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    sensor: String,
    #[serde(default)]
    stream: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    first_sequence: u64,
    /// JSON values; a text is a record by its own content.
    #[serde(default)]
    #[schema(value_type = Vec<serde_json::Value>)]
    records: Vec<Box<RawValue>>,
    #[serde(default)]
    dropped: Vec<ReasonCount>,
    heartbeat: Option<Heartbeat>,
    /// For whom the sensor believes to send; another than the credential's is refused.
    #[serde(default)]
    tenant: String,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Heartbeat {
    version: String,
    kernel: String,
    method: String,
    spool_bytes: u64,
    spool_bytes_max: u64,
    dropped: Vec<ReasonCount>,
    started: Option<Timestamp>,
    spool_records: u64,
    interval_ms: u32,
    load: Option<Load>,
}

/// As `Load` of the protocol.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Load {
    cpu_percent: Option<f32>,
    memory_total_bytes: Option<u64>,
    memory_used_bytes: Option<u64>,
    disk_total_bytes: Option<u64>,
    disk_used_bytes: Option<u64>,
    interfaces: Vec<Interface>,
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Interface {
    name: String,
    received_bytes: u64,
    sent_bytes: u64,
    received_packets: u64,
    sent_packets: u64,
    dropped_packets: u64,
    errors: u64,
    up: Option<bool>,
    /// By it the server is reached.
    management: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SensorTaken {
    /// Records on the disk.
    accepted: u64,
    /// Records that were too long; they are among the dead letters, cut.
    refused: u64,
    /// Sequence number that is expected next, where the sender counts.
    next_sequence: Option<u64>,
}

pub fn describe() -> Describe {
    describe_body("Send records of a sensor")
        .detail(
            "As application/json: one batch of at most 1000 records and 4 MiB, with its numbers, losses and heartbeat. As \
             application/x-ndjson: a record per line, of which the headers say what a batch says. The twin of \
             `watchfloor.sensor.v1.SensorService` over gRPC; sending the same numbers again doubles nothing.",
        )
        .header("Watchfloor-Sensor", "Lines: the sensor's name", false)
        .header("Watchfloor-Stream", "Lines: what the numbers belong to", false)
        .header("Watchfloor-Source", "Lines: what the records are: ebpf, zeek.conn, auditd", false)
        .header("Watchfloor-Position", "Lines: sequence number of the first, a whole number", false)
        .body::<Batch>()
        .answers::<SensorTaken>("All of it is on the disk")
}

pub async fn handle(
    State(state): State<AppState>,
    called: Called,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<SensorTaken>> {
    body::check_content_type(&headers)?;
    let _place = place(&state).await.ok_or_else(too_many)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_batch = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
    let taken = match is_batch {
        true => batch(&state, &called, &whole(&state, &headers, body).await?).await?,
        false => lines(&state, &called, &headers, body).await?,
    };
    Ok(Json(taken))
}

async fn batch(state: &AppState, called: &Called, body: &[u8]) -> Answer<SensorTaken> {
    let batch: Batch = serde_json::from_slice(body).map_err(|error| {
        let detail = format!(
            "The body is no batch (line {}, column {}).",
            error.line(),
            error.column()
        );
        ApiError::invalid(detail)
    })?;
    let batch = v1::SensorBatch::from(batch);
    let records = batch.records.len() as u64;
    let by = sent_by(called, BatchOrigin::default());
    let ack = sensors::take(&state.db, &state.ingest, &state.sensors, by, batch, called.now).await?;
    Ok(SensorTaken {
        accepted: records.saturating_sub(ack.refused),
        refused: ack.refused,
        next_sequence: Some(ack.next_sequence),
    })
}

async fn lines(state: &AppState, called: &Called, headers: &HeaderMap, body: Body) -> Answer<SensorTaken> {
    let text = |name: &str| headers.get(name).map_or(Ok(""), |value| value.to_str());
    let texts = || Ok::<_, header::ToStrError>((text(SENSOR)?, text(STREAM)?, text(SOURCE)?));
    let (sensor, stream, source) = texts().map_err(|_| ApiError::invalid("The names in the headers are ASCII."))?;
    let origin = Origin { sensor, stream, source };
    origin.validate()?;
    sent_by(called, origin.of_batch()).may_be(sensor, "")?;
    let (positions, first) = match positions_of(headers)? {
        Positions::Stream { next } => (
            Positions::Stream {
                next: sensors::position(stream, next),
            },
            Some(next),
        ),
        repeats => (repeats, None),
    };
    let limits = &state.limits.ingest;
    let body = body::Decoded::new(body, body::Encoding::of(headers)?, limits);
    let mut intake = intake(state, called, Door::Sensor, origin.of_batch());
    let outcome = Lines::new(&mut intake, positions, limits).take_all(body).await;
    let (accepted, refused) = (intake.accepted(), intake.refused());
    let came = Came {
        enrolled: called.caller.enrolled(),
        sensor,
        stream,
        source,
        first_sequence: first.unwrap_or(0),
        records: accepted.saturating_add(refused),
        refused,
    };
    state.sensors.note_records(called.tenant(), &came, called.now);
    outcome.map_err(|error| error.having_accepted(accepted))?;
    Ok(SensorTaken {
        accepted,
        refused,
        next_sequence: first.map(|first| first.saturating_add(came.records)),
    })
}

fn sent_by(called: &Called, origin: BatchOrigin) -> SentBy {
    SentBy {
        sender: sender(called, Door::Sensor, origin),
        enrolled: called.caller.enrolled().map(str::to_owned),
        host: called.caller.sensor().map(str::to_owned),
    }
}

impl From<Batch> for v1::SensorBatch {
    fn from(batch: Batch) -> Self {
        Self {
            sensor: batch.sensor,
            stream: batch.stream,
            source: batch.source,
            first_sequence: batch.first_sequence,
            records: batch.records.into_iter().map(record).collect(),
            sent_unix_ns: 0,
            dropped: dropped(batch.dropped),
            heartbeat: batch.heartbeat.map(Into::into),
            tenant: batch.tenant,
        }
    }
}

/// A text is a line of its own; anything else is the record as it was written.
fn record(value: Box<RawValue>) -> Bytes {
    match serde_json::from_str::<String>(value.get()) {
        Ok(line) => Bytes::from(line),
        Err(_) => Bytes::from(String::from(Box::<str>::from(value))),
    }
}

fn dropped(reasons: Vec<ReasonCount>) -> Vec<v1::Dropped> {
    let reasons = reasons.into_iter().map(|ReasonCount { reason, count }| v1::Dropped {
        reason,
        count: u64::try_from(count).unwrap_or_default(),
    });
    reasons.collect()
}

impl From<Heartbeat> for v1::Heartbeat {
    fn from(heartbeat: Heartbeat) -> Self {
        Self {
            version: heartbeat.version,
            kernel: heartbeat.kernel,
            method: heartbeat.method,
            spool_bytes: heartbeat.spool_bytes,
            spool_bytes_max: heartbeat.spool_bytes_max,
            dropped: dropped(heartbeat.dropped),
            started_unix_ns: heartbeat.started.map_or(0, Timestamp::nanos),
            spool_records: heartbeat.spool_records,
            interval_ms: heartbeat.interval_ms,
            load: heartbeat.load.map(Into::into),
        }
    }
}

impl From<Load> for v1::Load {
    fn from(load: Load) -> Self {
        let interfaces = load.interfaces.into_iter().map(|interface| v1::Interface {
            name: interface.name,
            received_bytes: interface.received_bytes,
            sent_bytes: interface.sent_bytes,
            received_packets: interface.received_packets,
            sent_packets: interface.sent_packets,
            dropped_packets: interface.dropped_packets,
            errors: interface.errors,
            up: interface.up,
            management: interface.management,
        });
        Self {
            cpu_percent: load.cpu_percent,
            memory_total_bytes: load.memory_total_bytes,
            memory_used_bytes: load.memory_used_bytes,
            disk_total_bytes: load.disk_total_bytes,
            disk_used_bytes: load.disk_used_bytes,
            interfaces: interfaces.collect(),
        }
    }
}

impl From<BatchRefused> for ApiError {
    fn from(refused: BatchRefused) -> Self {
        match refused {
            BatchRefused::Impostor(why) => ApiError::new(ErrorCode::Forbidden, why),
            BatchRefused::Invalid(why) => ApiError::invalid(why),
            BatchRefused::Bus(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_keep_their_bytes_and_a_text_is_its_content() {
        let text = r#"{"sensor":"s","first_sequence":7,"records":[{"b": 1.0,"a":[]},"type=EOE msg=audit(1.0:2): \u00e9"],
            "heartbeat":{"version":"1","started":"2026-01-01T00:00:00Z"}}"#;
        let batch = v1::SensorBatch::from(serde_json::from_str::<Batch>(text).unwrap());
        assert_eq!(
            batch.records,
            ["{\"b\": 1.0,\"a\":[]}", "type=EOE msg=audit(1.0:2): é"].map(Bytes::from)
        );
        assert_eq!((batch.first_sequence, batch.sensor.as_str()), (7, "s"));
        assert_eq!(batch.heartbeat.unwrap().started_unix_ns, 1_767_225_600_000_000_000);
    }
}
