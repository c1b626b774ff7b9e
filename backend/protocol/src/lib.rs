//! What senders and the server say to each other over gRPC: our own sensors, and OpenTelemetry's logs.
//!
//! Invariant: messages only grow; the meaning of a field never changes.

pub mod rpc;
mod spelled;

pub use spelled::request as otlp_of_json;

/// Package `watchfloor.sensor.v1`.
#[allow(clippy::all, clippy::pedantic)]
pub mod v1 {
    tonic::include_proto!("watchfloor.sensor.v1");
}

/// OTLP's logs, over gRPC and in OTLP's JSON.
#[allow(clippy::all, clippy::pedantic)]
pub mod otlp {
    tonic::include_proto!("opentelemetry.proto.collector.logs.v1");
}

/// The port that servers listen on by convention.
pub const PORT: u16 = 50_051;

/// Largest sum of a batch's records.
pub const BATCH_BYTES_MAX: usize = 4 << 20;

/// Most records of a batch.
pub const BATCH_RECORDS_MAX: usize = 1_000;

/// Largest message on the wire: a full batch and what stands beside its records.
pub const MESSAGE_BYTES_MAX: usize = BATCH_BYTES_MAX + (64 << 10);

/// Longest name of a sensor, stream or source, in bytes.
pub const NAME_BYTES_MAX: usize = 255;

/// Most reasons of a list of losses.
pub const DROPPED_REASONS_MAX: usize = 32;

/// Most interfaces of a heartbeat.
pub const INTERFACES_MAX: usize = 64;

/// How often a sensor says how it is, unless it is set otherwise.
pub const HEARTBEAT_MS: u32 = 30_000;

/// Largest request of an enrolment or a renewal.
pub const ENROLMENT_BYTES_MAX: usize = 16 << 10;

/// The metadata that says why an enrolment was refused.
pub const REASON_METADATA: &str = "watchfloor-reason";

/// Largest text of rules.
pub const RULES_BYTES_MAX: usize = 4 << 20;

/// Longest reason of a result and of a capture's state.
pub const REASON_BYTES_MAX: usize = 1_000;

/// Longest detail of a result.
pub const DETAIL_BYTES_MAX: usize = 64 << 10;

/// Captures of one sensor.
pub const CAPTURES_MAX: usize = 8;

/// Interfaces of one capture.
pub const CAPTURE_INTERFACES_MAX: usize = 8;

/// How long a server waits for the next batch before it ends the call. A sensor with nothing to send sends a heartbeat at
/// least twice in this time.
pub const IDLE_SECONDS_MAX: u64 = 120;
