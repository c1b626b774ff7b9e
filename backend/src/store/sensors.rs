//! A tenant's sensors and claim codes, as administrators see them.

use super::{
    StoreError, TenantTx,
    alerts::without_nul,
    identity::{IdentityError, accounts::valid_name},
};
use crate::{identity::token, store::Secret};
use std::{collections::HashMap, time::Duration};
use watchfloor_shared::{
    Timestamp,
    fleet::{ClaimCode, NewClaimCode, SensorChange},
};

/// Codes of one tenant that wait to be used.
pub const CODES_MAX: i64 = 200;
/// Sensors of one tenant.
pub const SENSORS_MAX: i64 = 5_000;
const LOCATION_CHARS_MAX: usize = 100;
/// A code that was used or is too old is known for what it was for a day.
const REMEMBERED: Duration = Duration::from_secs(24 * 3_600);

/// Why a code was not made or a sensor not changed.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    #[error("a sensor of this name is enrolled: revoke it first, or choose another name")]
    NameTaken,
    #[error("{CODES_MAX} codes wait to be used: cancel those that nobody needs")]
    TooManyCodes,
    #[error("an organization has at most {SENSORS_MAX} sensors")]
    TooManySensors,
    #[error("a location has at most {LOCATION_CHARS_MAX} characters, none of them a control character")]
    InvalidLocation,
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for FleetError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A sensor that is enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    pub id: String,
    /// What its certificate and its records bear.
    pub host: String,
    pub name: String,
    pub location: String,
    pub enrolled_by: String,
    pub enrolled: Timestamp,
    /// To the minute.
    pub last_heartbeat: Option<Timestamp>,
    pub version: Option<String>,
    /// Of the newest of its certificates that work.
    pub certificate_ends: Option<Timestamp>,
}

/// Keeps a code for `life`.
pub async fn add_code(
    tx: &mut TenantTx,
    code: &Secret,
    new: &NewClaimCode,
    by: &str,
    now: Timestamp,
    life: Duration,
) -> Result<ClaimCode, FleetError> {
    let host = valid_name(&new.name)?;
    let location = valid_location(&new.location)?;
    let tenant = tx.tenant().clone();
    sqlx::query!(
        "DELETE FROM claim_codes WHERE expires_ns < $1",
        now.saturating_sub(REMEMBERED).nanos()
    )
    .execute(tx.connection())
    .await?;
    let held = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM claim_codes WHERE used_ns IS NULL AND expires_ns > $2) AS "codes!",
                  (SELECT count(*) FROM sensors WHERE NOT revoked) AS "sensors!",
                  EXISTS (SELECT FROM sensors WHERE NOT revoked AND lower(host) = lower($1)) AS "taken!""#,
        &host,
        now.nanos()
    )
    .fetch_one(tx.connection())
    .await?;
    match held {
        held if held.taken => return Err(FleetError::NameTaken),
        held if held.codes >= CODES_MAX => return Err(FleetError::TooManyCodes),
        held if held.sensors >= SENSORS_MAX => return Err(FleetError::TooManySensors),
        _ => {}
    }
    let (id, expires) = (token::random_id(), now.saturating_add(life));
    sqlx::query!(
        "INSERT INTO claim_codes (tenant_id, claim_id, code_hash, host, location, created_by, created_ns, expires_ns)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant.as_str(),
        &id,
        &token::hash(code.reveal())[..],
        &host,
        &location,
        without_nul(by),
        now.nanos(),
        expires.nanos()
    )
    .execute(tx.connection())
    .await?;
    Ok(ClaimCode {
        id,
        name: host,
        location,
        created: now,
        created_by: by.to_owned(),
        expires_at: expires,
    })
}

/// Those that can still be used, newest first.
pub async fn codes(tx: &mut TenantTx, now: Timestamp) -> Result<Vec<ClaimCode>, StoreError> {
    let rows = sqlx::query!(
        "SELECT claim_id, host, location, created_by, created_ns, expires_ns FROM claim_codes
         WHERE used_ns IS NULL AND expires_ns > $1 ORDER BY created_ns DESC, claim_id",
        now.nanos()
    )
    .fetch_all(tx.connection())
    .await?;
    let codes = rows.into_iter().map(|row| ClaimCode {
        id: row.claim_id,
        name: row.host,
        location: row.location,
        created: Timestamp::from_nanos(row.created_ns),
        created_by: row.created_by,
        expires_at: Timestamp::from_nanos(row.expires_ns),
    });
    Ok(codes.collect())
}

/// Whether there was such a code that nobody had used.
pub async fn cancel_code(tx: &mut TenantTx, id: &str) -> Result<bool, StoreError> {
    let cancelled = sqlx::query!(
        "DELETE FROM claim_codes WHERE claim_id = $1 AND used_ns IS NULL",
        without_nul(id)
    )
    .execute(tx.connection())
    .await?;
    Ok(cancelled.rows_affected() > 0)
}

/// Those that are not revoked, by name.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<Enrolled>, StoreError> {
    those(tx, None).await
}

/// The one of this id, unless it is revoked.
pub async fn get(tx: &mut TenantTx, id: &str) -> Result<Option<Enrolled>, StoreError> {
    Ok(those(tx, Some(&without_nul(id))).await?.pop())
}

/// All, or the one of an id.
async fn those(tx: &mut TenantTx, id: Option<&str>) -> Result<Vec<Enrolled>, StoreError> {
    let tenant = tx.tenant().clone();
    let ends = sqlx::query!(
        r#"SELECT sensor_id AS "sensor_id!", not_after_ns AS "not_after_ns!" FROM identity.certificates_end($1)"#,
        tenant.as_str()
    )
    .fetch_all(tx.connection())
    .await?;
    let mut ends: HashMap<String, i64> = ends.into_iter().map(|row| (row.sensor_id, row.not_after_ns)).collect();
    let rows = sqlx::query!(
        "SELECT sensor_id, host, name, location, enrolled_by, enrolled_ns, last_heartbeat_ns, version
         FROM sensors WHERE NOT revoked AND ($1::text IS NULL OR sensor_id = $1) ORDER BY lower(name), sensor_id",
        id
    )
    .fetch_all(tx.connection())
    .await?;
    let sensors = rows.into_iter().map(|row| Enrolled {
        certificate_ends: ends.remove(&row.sensor_id).map(Timestamp::from_nanos),
        id: row.sensor_id,
        host: row.host,
        name: row.name,
        location: row.location,
        enrolled_by: row.enrolled_by,
        enrolled: Timestamp::from_nanos(row.enrolled_ns),
        last_heartbeat: row.last_heartbeat_ns.map(Timestamp::from_nanos),
        version: row.version,
    });
    Ok(sensors.collect())
}

/// Whether there was such a sensor.
pub async fn change(tx: &mut TenantTx, id: &str, change: &SensorChange) -> Result<bool, FleetError> {
    let name = change.name.as_deref().map(valid_name).transpose()?;
    let location = change.location.as_deref().map(valid_location).transpose()?;
    let changed = sqlx::query!(
        "UPDATE sensors SET name = coalesce($2, name), location = coalesce($3, location)
         WHERE sensor_id = $1 AND NOT revoked",
        without_nul(id),
        name,
        location
    )
    .execute(tx.connection())
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Keeps when it was last heard over a restart of the server.
pub async fn note_heartbeat(tx: &mut TenantTx, id: &str, version: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE sensors SET last_heartbeat_ns = $2, version = $3 WHERE sensor_id = $1 AND NOT revoked",
        id,
        now.nanos(),
        without_nul(version)
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whether there was such a sensor. Nothing that it holds works any more.
pub async fn revoke(tx: &mut TenantTx, id: &str) -> Result<bool, StoreError> {
    let tenant = tx.tenant().clone();
    let revoked = sqlx::query_scalar!(
        r#"SELECT identity.revoke_sensor($1, $2) AS "revoked!""#,
        tenant.as_str(),
        without_nul(id)
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(revoked)
}

fn valid_location(text: &str) -> Result<String, FleetError> {
    let text = text.trim();
    match text.chars().count() <= LOCATION_CHARS_MAX && !text.chars().any(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err(FleetError::InvalidLocation),
    }
}
