//! Splunk's HTTP event collector: `/services/collector/event` takes objects one after the other, `/raw` takes lines.
//!
//! Invariant: code 0 is answered only when the disk has all of it.

use super::{describe_body, intake, place, too_many, whole};
use crate::{
    api::{context::Called, describe::Describe, problem::Answer, state::AppState},
    ingest::{BatchOrigin, Door, epoch, position::Positions},
};
use axum::{
    Json,
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use watchfloor_shared::Timestamp;

pub fn describe_event() -> Describe {
    describe_body("Send events as Splunk's HTTP event collector takes them")
        .detail(
            "The API key is the token: `Authorization: Splunk <key>`. Sending the same request again doubles nothing.",
        )
        .raw_body(
            &["application/json"],
            "Objects with `event`, and `time`, `host`, `source`, `sourcetype`, `fields`",
        )
        .answers_shape("Code 0: all of it is on the disk", json!({ "type": "object" }))
}

pub fn describe_raw() -> Describe {
    describe_body("Send lines as Splunk's HTTP event collector takes them")
        .query("host", "Whose lines these are", json!({ "type": "string" }))
        .query("source", "The file they are from", json!({ "type": "string" }))
        .query("sourcetype", "What they are", json!({ "type": "string" }))
        .raw_body(&["text/plain"], "Lines")
        .answers_shape("Code 0: all of it is on the disk", json!({ "type": "object" }))
}

pub fn describe_health() -> Describe {
    Describe::new("ingest", "Say that the collector is healthy").answers_shape("Code 17", json!({ "type": "object" }))
}

pub async fn health(_: Called) -> Response {
    said(StatusCode::OK, "HEC is healthy", 17)
}

fn said(status: StatusCode, text: &str, code: u8) -> Response {
    (status, Json(json!({ "text": text, "code": code }))).into_response()
}

/// What the envelope, or the address of raw lines, says of an event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Envelope {
    time: Option<Value>,
    host: Option<String>,
    source: Option<String>,
    sourcetype: Option<String>,
    event: Option<Value>,
    fields: Option<Map<String, Value>>,
}

pub async fn event(state: State<AppState>, called: Called, headers: HeaderMap, body: Body) -> Answer<Response> {
    let _place = place(&state).await.ok_or_else(too_many)?;
    let body = whole(&state, &headers, body).await?;
    let mut records = Vec::new();
    for (number, envelope) in serde_json::Deserializer::from_slice(&body)
        .into_iter::<Envelope>()
        .enumerate()
    {
        let record = envelope
            .map_err(|_| ("Invalid data format", 6))
            .and_then(Envelope::record);
        match record {
            Ok(record) => records.push(record),
            Err((text, code)) => {
                let body = json!({ "text": text, "code": code, "invalid-event-number": number });
                return Ok((StatusCode::BAD_REQUEST, Json(body)).into_response());
            }
        }
    }
    submit(&state, &called, records, BatchOrigin::default()).await
}

pub async fn raw(
    state: State<AppState>,
    Query(from): Query<Envelope>,
    called: Called,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    let _place = place(&state).await.ok_or_else(too_many)?;
    let body = whole(&state, &headers, body).await?;
    let lines = body
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .filter(|line| !line.is_empty());
    let origin = BatchOrigin {
        source: from.sourcetype.clone().map(Bytes::from),
        sensor: from.host.clone().map(Bytes::from),
    };
    let records = lines.map(|line| body.slice_ref(line)).collect();
    submit(&state, &called, records, origin).await
}

async fn submit(state: &AppState, called: &Called, records: Vec<Bytes>, origin: BatchOrigin) -> Answer<Response> {
    if records.is_empty() {
        return Ok(said(StatusCode::BAD_REQUEST, "No data", 5));
    }
    let mut positions = Positions::repeats();
    let mut intake = intake(state, called, Door::SplunkHec, origin);
    for record in records {
        let position = positions.of_line(&record);
        intake.add(record, position).await?;
    }
    intake.flush().await?;
    Ok(said(StatusCode::OK, "Success", 0))
}

impl Envelope {
    /// The event as one record: an object keeps its own fields and is told what only the envelope knows; a text becomes a
    /// message.
    fn record(self) -> Result<Bytes, (&'static str, u8)> {
        let mut record = match self.event {
            None => return Err(("Event field is required", 12)),
            Some(Value::String(text)) if text.trim().is_empty() => return Err(("Event field cannot be blank", 13)),
            Some(Value::Object(event)) => event,
            Some(Value::String(text)) => Map::from_iter([("message".to_owned(), Value::String(text))]),
            Some(other) => Map::from_iter([("message".to_owned(), Value::String(other.to_string()))]),
        };
        if let Some(time) = self.time.as_ref().and_then(timestamp) {
            record.entry("@timestamp").or_insert_with(|| json!(time.to_string()));
        }
        if let Some(host) = self.host {
            record.entry("host").or_insert_with(|| json!({ "name": host }));
        }
        if let Some(source) = self.source {
            record
                .entry("log")
                .or_insert_with(|| json!({ "file": { "path": source } }));
        }
        if let Some(sourcetype) = self.sourcetype {
            record.entry("sourcetype").or_insert_with(|| json!(sourcetype));
        }
        for (name, value) in self.fields.unwrap_or_default() {
            record.entry(name).or_insert(value);
        }
        Ok(Bytes::from(Value::Object(record).to_string()))
    }
}

/// Seconds since the epoch with a fraction, as a number or as text.
fn timestamp(time: &Value) -> Option<Timestamp> {
    let text = match time {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    epoch::seconds(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(envelope: Value) -> Result<Value, (&'static str, u8)> {
        let envelope: Envelope = serde_json::from_value(envelope).unwrap();
        envelope.record().map(|bytes| serde_json::from_slice(&bytes).unwrap())
    }

    #[test]
    fn an_event_is_told_what_only_its_envelope_knows() {
        let told = record(
            json!({"time": "1700000000.25", "host": "ws-1", "source": "/var/log/x", "sourcetype": "app",
            "event": {"a": 1, "host": {"name": "own"}}, "fields": {"region": "eu", "a": 2}}),
        );
        let wanted = json!({"a": 1, "host": {"name": "own"}, "@timestamp": "2023-11-14T22:13:20.25Z",
            "log": {"file": {"path": "/var/log/x"}}, "sourcetype": "app", "region": "eu"});
        assert_eq!(told, Ok(wanted));
        let text = record(json!({"time": 1_700_000_000, "event": "hello"})).unwrap();
        assert_eq!(
            (&text["message"], &text["@timestamp"]),
            (&json!("hello"), &json!("2023-11-14T22:13:20Z"))
        );
    }

    #[test]
    fn an_event_without_event_is_refused_in_the_collectors_words() {
        assert_eq!(record(json!({"host": "x"})), Err(("Event field is required", 12)));
        assert_eq!(record(json!({"event": " "})), Err(("Event field cannot be blank", 13)));
    }
}
