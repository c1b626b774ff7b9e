//! The fleet: what administrators see of their sensors and do with them, and how a sensor becomes one.

pub mod change;
pub mod claims;
pub mod commands;
pub mod enrol;
pub mod get;
pub mod list;
pub mod revoke;

use super::problem::{ApiError, capitalized};
use crate::{
    pki::Unfit,
    sensors::{EnrolRefused, Heard},
    store::sensors::{Enrolled, FleetError},
};
use std::time::Duration;
use watchfloor_engine::presence::presence;
use watchfloor_shared::{
    Timestamp,
    fleet::{Enrolment, FleetSensor},
    problem::ErrorCode,
};

/// Heartbeats that a row of the list draws.
const RECENT: usize = 20;
/// Of a sensor that has not said how often it is to be heard.
const INTERVAL: Duration = Duration::from_millis(watchfloor_protocol::HEARTBEAT_MS as u64);

impl From<FleetError> for ApiError {
    fn from(error: FleetError) -> Self {
        let code = match error {
            FleetError::Store(error) => return error.into(),
            FleetError::Identity(error) => return error.into(),
            FleetError::NameTaken | FleetError::TooManyCodes | FleetError::TooManySensors => ErrorCode::Conflict,
            FleetError::InvalidLocation => ErrorCode::InvalidRequest,
        };
        ApiError::new(code, capitalized(&error.to_string()))
    }
}

impl From<EnrolRefused> for ApiError {
    fn from(refused: EnrolRefused) -> Self {
        let code = match refused {
            EnrolRefused::Store(error) => return error.into(),
            EnrolRefused::Making(error) => return ApiError::internal(error),
            EnrolRefused::TooOften(wait) => return ApiError::rate_limited(wait),
            EnrolRefused::Malformed
            | EnrolRefused::OtherName(_)
            | EnrolRefused::OtherOrganization
            | EnrolRefused::Unfit(Unfit::NotOne | Unfit::Key) => ErrorCode::InvalidRequest,
            EnrolRefused::Unknown | EnrolRefused::Used | EnrolRefused::Expired | EnrolRefused::NotEnrolled => {
                ErrorCode::Forbidden
            }
            EnrolRefused::NameTaken => ErrorCode::Conflict,
        };
        let detail = format!("{} ({}).", capitalized(&refused.to_string()), refused.reason());
        ApiError::new(code, detail)
    }
}

/// One that is enrolled, with what was heard of it.
fn enrolled(of: Enrolled, heard: Option<&Heard>, now: Timestamp, listening: Timestamp) -> FleetSensor {
    let last = heard.map(|heard| heard.status.last_seen).max(of.last_heartbeat);
    let interval = heard.map_or(INTERVAL, |heard| heard.interval);
    let said = heard.and_then(|heard| heard.status.version.clone());
    FleetSensor {
        id: Some(of.id),
        name: of.name,
        host: of.host,
        location: of.location,
        presence: presence(last, now, interval, listening),
        last_heartbeat: last,
        version: said.or(of.version),
        enrolled: Some(Enrolment {
            at: of.enrolled,
            by: of.enrolled_by,
            certificate_ends: of.certificate_ends,
        }),
        status: heard.map(|heard| heard.status.clone()),
        load: heard.and_then(|heard| heard.load.clone()),
        cpu_recent: heard.map(cpu_recent).unwrap_or_default(),
    }
}

/// One that sends with a key.
fn unmanaged(heard: &Heard, now: Timestamp, listening: Timestamp) -> FleetSensor {
    let last = Some(heard.status.last_seen);
    FleetSensor {
        id: None,
        name: heard.status.name.clone(),
        host: heard.status.name.clone(),
        location: String::new(),
        presence: presence(last, now, heard.interval, listening),
        last_heartbeat: last,
        version: heard.status.version.clone(),
        enrolled: None,
        status: Some(heard.status.clone()),
        load: heard.load.clone(),
        cpu_recent: cpu_recent(heard),
    }
}

fn cpu_recent(heard: &Heard) -> Vec<Option<u8>> {
    let from = heard.history.len().saturating_sub(RECENT);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
    let whole = |percent: f32| percent.round() as u8;
    let recent = heard.history.iter().skip(from);
    recent.map(|point| point.cpu_percent.map(whole)).collect()
}
