//! The fleet: sensors that enrolled with a claim code, how each is, and what an enrolment says on the wire.

use crate::{TenantId, Timestamp, control::SensorCaptures, sensor::SensorStatus};
use serde::{Deserialize, Serialize};

/// Whether a sensor lives, as far as the server can know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It was heard in time.
    Online,
    /// A heartbeat is overdue.
    Late,
    /// Three heartbeats are overdue.
    Offline,
    /// It was never heard, or the server was away and it has had no time to call again.
    #[default]
    Unknown,
}

impl Presence {
    pub const ALL: [Presence; 4] = [Presence::Online, Presence::Late, Presence::Offline, Presence::Unknown];

    pub const fn as_str(self) -> &'static str {
        match self {
            Presence::Online => "online",
            Presence::Late => "late",
            Presence::Offline => "offline",
            Presence::Unknown => "unknown",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|presence| presence.as_str() == text)
    }
}

/// `GET /api/v1/fleet`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fleet {
    /// The server's clock; presences are as of then.
    pub now: Timestamp,
    /// Enrolled sensors by name, then those that send with a key.
    pub sensors: Vec<FleetSensor>,
    /// Where a sensor enrols, `https://soc.example:50051`; absent where none can.
    pub enrols_at: Option<String>,
}

/// A sensor as administrators see it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FleetSensor {
    /// Absent for a sensor that sends with a key: it is seen, not managed here.
    pub id: Option<String>,
    /// What people call it.
    pub name: String,
    /// What its records bear.
    pub host: String,
    pub location: String,
    pub presence: Presence,
    /// Over restarts of the server, to the minute.
    pub last_heartbeat: Option<Timestamp>,
    pub version: Option<String>,
    pub enrolled: Option<Enrolment>,
    /// Since the server's start; absent until it is heard.
    pub status: Option<SensorStatus>,
    pub load: Option<SensorLoad>,
    /// CPU of the last heartbeats in whole percent, oldest first.
    pub cpu_recent: Vec<Option<u8>>,
}

/// `GET /api/v1/fleet/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SensorDetail {
    pub sensor: FleetSensor,
    /// Oldest first, an hour at the usual rate.
    pub history: Vec<LoadPoint>,
    /// As it last said; absent until it does.
    pub captures: Option<SensorCaptures>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolment {
    pub at: Timestamp,
    /// Who made the code.
    pub by: String,
    /// Of the newest certificate.
    pub certificate_ends: Option<Timestamp>,
}

/// How busy a host is, by its sensor's last heartbeat.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SensorLoad {
    /// Of all cores, 0 to 100.
    pub cpu_percent: Option<f32>,
    pub memory_total_bytes: Option<i64>,
    pub memory_used_bytes: Option<i64>,
    /// Used of total, 0 to 100.
    pub memory_percent: Option<f32>,
    /// Of the file system that holds the spool.
    pub disk_total_bytes: Option<i64>,
    pub disk_used_bytes: Option<i64>,
    /// Records that wait for an acknowledgement.
    pub spool_records: i64,
    pub interfaces: Vec<SensorInterface>,
}

/// Counters since the interface came up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SensorInterface {
    pub name: String,
    pub received_bytes: i64,
    pub sent_bytes: i64,
    pub received_packets: i64,
    pub sent_packets: i64,
    /// Lost by the kernel or the card, both ways.
    pub dropped_packets: i64,
    pub errors: i64,
    /// Absent from sensors that do not say.
    pub up: Option<bool>,
    /// By it the sensor reaches the server, so it is not captured on.
    pub management: bool,
}

/// A heartbeat, for a chart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoadPoint {
    pub at: Timestamp,
    pub cpu_percent: Option<f32>,
    pub memory_percent: Option<f32>,
    pub spool_bytes: i64,
    /// Left out by the sensor since it was installed.
    pub dropped: i64,
    /// All interfaces together, since the point before; absent for the first and after a counter began anew.
    pub received_bytes: Option<i64>,
    pub sent_bytes: Option<i64>,
}

/// `POST /api/v1/fleet/claims`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewClaimCode {
    /// What the sensor has to be called: the host's name, as its records bear it.
    pub name: String,
    #[serde(default)]
    pub location: String,
}

/// A code that waits to be used. The code itself nobody has but who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimCode {
    pub id: String,
    pub name: String,
    pub location: String,
    pub created: Timestamp,
    pub created_by: String,
    pub expires_at: Timestamp,
}

/// A code that was just made, shown this one time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuedClaimCode {
    pub claim: ClaimCode,
    /// `K7QF-9TXM-2HVD-PB3C.` and the SHA-256 of the certificate by which the sensor knows the server.
    pub code: String,
    /// What to run on the host.
    pub command: String,
    /// The server's clock.
    pub now: Timestamp,
}

/// `PATCH /api/v1/fleet/{id}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SensorChange {
    pub name: Option<String>,
    pub location: Option<String>,
}

/// `POST /ingest/v1/sensor/enrolment`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// What follows a full stop is for the sensor alone and need not be sent.
    pub code: String,
    /// PKCS #10 in PEM.
    pub request_pem: String,
}

/// `POST /ingest/v1/sensor/renewal`, with the certificate to renew.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RenewRequest {
    pub request_pem: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SensorCertificate {
    /// The sensor's certificate, then its authority's.
    pub chain_pem: String,
    pub tenant: TenantId,
    pub sensor_id: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}
