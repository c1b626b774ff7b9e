//! OpenTelemetry's logs, however they come: each log record becomes one raw record.
//!
//! Invariant: a record's bytes and place depend on nothing but the request, so a request sent again doubles nothing.

mod record;

use crate::{
    bus::BusError,
    ingest::{BatchOrigin, Ingestor, Intake, IntakeLimits, Sender, position::Positions},
};
use bytes::Bytes;
use record::UNNAMED;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::HashMap, net::SocketAddr};
use watchfloor_protocol::otlp::{ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse};

pub use record::{RawLog, records};

/// Largest request, decompressed.
pub const REQUEST_BYTES_MAX: usize = 16 << 20;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OtlpConfig {
    /// Where to listen for OTLP over HTTP besides `http.listen`, 4318 by convention; nowhere when absent.
    pub http: Option<SocketAddr>,
}

/// What became of a request's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub accepted: u64,
    /// Too long: among the dead letters, cut.
    pub refused: u64,
}

impl Taken {
    fn complaint(self) -> Option<String> {
        (self.refused > 0).then(|| {
            format!(
                "{} records are longer than 1 MiB; their beginnings are kept.",
                self.refused
            )
        })
    }

    pub fn answer(self) -> ExportLogsServiceResponse {
        let partial_success = self.complaint().map(|error_message| ExportLogsPartialSuccess {
            rejected_log_records: i64::try_from(self.refused).unwrap_or(i64::MAX),
            error_message,
        });
        ExportLogsServiceResponse { partial_success }
    }

    pub fn answer_json(self) -> Value {
        match self.complaint() {
            None => json!({}),
            Some(message) => json!({
                "partialSuccess": { "rejectedLogRecords": self.refused.to_string(), "errorMessage": message },
            }),
        }
    }
}

/// Takes a whole request of `sender`, whose records may each say another origin.
pub async fn take(ingest: &Ingestor, sender: Sender, request: ExportLogsServiceRequest) -> Result<Taken, BusError> {
    let sensor = sender
        .origin
        .sensor
        .as_deref()
        .and_then(|sensor| std::str::from_utf8(sensor).ok());
    let mut positions = Positions::repeats();
    // Hosts and sources may take turns; a batch has one of each.
    let mut by_origin: HashMap<BatchOrigin, Vec<(Bytes, u64)>> = HashMap::new();
    for RawLog { bytes, origin } in records(request, sensor.unwrap_or(UNNAMED)) {
        let position = positions.of_line(&bytes);
        by_origin.entry(origin).or_default().push((bytes, position));
    }
    let mut taken = Taken {
        accepted: 0,
        refused: 0,
    };
    for (origin, records) in by_origin {
        let sender = Sender {
            origin,
            ..sender.clone()
        };
        let mut intake = Intake::new(ingest, sender, &IntakeLimits::default());
        for (bytes, position) in records {
            intake.add(bytes, position).await?;
        }
        intake.flush().await?;
        taken.accepted += intake.accepted();
        taken.refused += intake.refused();
    }
    Ok(taken)
}
