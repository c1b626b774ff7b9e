//! What a sensor does before its tenant is known: it shows a claim code, and later the certificate that it got for it.

use super::tenant_id;
use crate::{
    identity::token,
    store::{Database, Secret, StoreError},
};
use watchfloor_shared::{Fingerprint, TenantId, Timestamp};

/// What a code is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub tenant: TenantId,
    /// What the sensor has to be called.
    pub host: String,
    pub state: ClaimState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimState {
    Open,
    Used,
    Expired,
}

/// A certificate as the store knows it.
#[derive(Debug, Clone, Copy)]
pub struct NewCertificate {
    pub fingerprint: Fingerprint,
    pub not_after: Timestamp,
}

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redeemed {
    Enrolled,
    /// Somebody used it meanwhile, or its time is over.
    Gone,
    /// A sensor of this name is there.
    NameTaken,
}

pub async fn claim(db: &Database, code: &Secret) -> Result<Option<Claim>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT tenant_id AS "tenant_id!", host AS "host!", state AS "state!" FROM identity.claim_code($1, $2)"#,
        &token::hash(code.reveal())[..],
        db.now().nanos()
    )
    .fetch_optional(db.without_tenant())
    .await?;
    let Some(found) = found else { return Ok(None) };
    let state = match found.state.as_str() {
        "open" => ClaimState::Open,
        "used" => ClaimState::Used,
        "expired" => ClaimState::Expired,
        other => {
            return Err(StoreError::Inconsistent {
                what: format!("the state {other:?} of a claim code"),
            });
        }
    };
    Ok(Some(Claim {
        tenant: tenant_id(&found.tenant_id)?,
        host: found.host,
        state,
    }))
}

/// Uses the code for a sensor of this id.
pub async fn redeem(
    db: &Database,
    code: &Secret,
    sensor: &str,
    certificate: NewCertificate,
) -> Result<Redeemed, StoreError> {
    let outcome = sqlx::query_scalar!(
        r#"SELECT identity.redeem_claim_code($1, $2, $3, $4, $5, $6) AS "outcome!""#,
        &token::hash(code.reveal())[..],
        sensor,
        &token::random_id(),
        &certificate.fingerprint.0[..],
        certificate.not_after.nanos(),
        db.now().nanos()
    )
    .fetch_one(db.writing())
    .await?;
    match outcome.as_str() {
        "enrolled" => Ok(Redeemed::Enrolled),
        "gone" => Ok(Redeemed::Gone),
        "name_taken" => Ok(Redeemed::NameTaken),
        other => Err(StoreError::Inconsistent {
            what: format!("the outcome {other:?} of an enrolment"),
        }),
    }
}

/// False when the credential `current` is no sensor's, or works no more.
pub async fn renew(db: &Database, current: &str, certificate: NewCertificate) -> Result<bool, StoreError> {
    let renewed = sqlx::query_scalar!(
        r#"SELECT identity.renew_certificate($1, $2, $3, $4, $5) AS "renewed!""#,
        current,
        &token::random_id(),
        &certificate.fingerprint.0[..],
        certificate.not_after.nanos(),
        db.now().nanos()
    )
    .fetch_one(db.writing())
    .await?;
    Ok(renewed)
}

/// Of these sensors, those for which a command waits.
pub async fn commanded(db: &Database, sensors: &[String]) -> Result<Vec<String>, StoreError> {
    let commanded = sqlx::query_scalar!(
        r#"SELECT sensor AS "sensor!" FROM identity.commanded_sensors($1) AS sensor"#,
        sensors
    )
    .fetch_all(db.without_tenant())
    .await?;
    Ok(commanded)
}
