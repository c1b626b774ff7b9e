//! Hosts that send telemetry.

use crate::{
    EndpointId, Timestamp, alert::Severity, inventory::Asset, search::TermBucket, search::TimeBucket,
    sensor::SensorStatus,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndpointSummary {
    pub id: EndpointId,
    /// As the host writes it.
    pub name: String,
    /// `windows` or `linux`.
    pub platform: String,
    pub addresses: Vec<String>,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub events: i64,
    pub open_alerts: OpenAlerts,
    /// 0 to 100, from open alerts by severity and count; `risk_because` says from which.
    pub risk: i64,
    pub risk_because: Vec<String>,
    /// The user seen most on it.
    pub usual_user: Option<String>,
    pub simulated: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenAlerts {
    pub critical: i64,
    pub high: i64,
    pub medium: i64,
    pub low: i64,
}

impl OpenAlerts {
    pub fn total(&self) -> i64 {
        self.critical + self.high + self.medium + self.low
    }
    pub fn of(&self, severity: Severity) -> i64 {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
        }
    }
}

/// `GET /api/v1/endpoints/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndpointDetail {
    #[serde(flatten)]
    pub summary: EndpointSummary,
    pub users: Vec<TermBucket>,
    pub executables: Vec<TermBucket>,
    pub destinations: Vec<TermBucket>,
    /// Events over its life, in equal steps.
    pub activity: Vec<TimeBucket>,
    pub activity_interval_ms: i64,
    /// What the organization's inventory says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Asset>,
    /// Our sensor on it, when one has been heard of since the server's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensor: Option<SensorStatus>,
}
