//! Second factors: whose codes are asked for, and that each works once.

use crate::{
    identity::token::{self, TokenHash},
    store::{Database, StoreError, TenantTx},
};
use watchfloor_shared::{Timestamp, UserId, factor::FactorState};

/// Why somebody's factor was not taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReset {
    #[error("nobody of this organization has this id")]
    Unknown,
    #[error("they have no second factor")]
    None,
    #[error("they are in another organization too, which has its say: they use a recovery code, or leave one of them")]
    Elsewhere,
}

/// Keeps a sealed key that was shown and waits for its first code. False when the person has a factor already.
pub async fn begin(db: &Database, session: &str, sealed: &[u8]) -> Result<bool, StoreError> {
    let hash = token::hash(session);
    let begun = sqlx::query_scalar!(r#"SELECT identity.begin_totp($1, $2) AS "begun!""#, &hash[..], sealed);
    Ok(begun.fetch_one(db.without_tenant()).await?)
}

/// The sealed key that waits for its first code.
pub async fn pending(db: &Database, session: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let hash = token::hash(session);
    let pending = sqlx::query_scalar!("SELECT identity.pending_totp($1)", &hash[..]);
    Ok(pending.fetch_one(db.without_tenant()).await?)
}

/// From now on sign-ins are asked for codes. `step`: the first code's, which works no second time.
pub async fn confirm(
    db: &Database,
    session: &str,
    sealed: &[u8],
    step: i64,
    recovery: &[TokenHash],
) -> Result<bool, StoreError> {
    let hash = token::hash(session);
    let codes: Vec<Vec<u8>> = recovery.iter().map(|code| code.to_vec()).collect();
    let confirmed = sqlx::query_scalar!(
        r#"SELECT identity.confirm_totp($1, $2, $3, $4, $5) AS "confirmed!""#,
        &hash[..],
        sealed,
        step,
        &codes,
        db.now().nanos()
    );
    Ok(confirmed.fetch_one(db.without_tenant()).await?)
}

pub async fn state(db: &Database, session: &str) -> Result<FactorState, StoreError> {
    let row = sqlx::query!(
        r#"SELECT confirmed_ns AS "since!", codes_left AS "left!" FROM identity.totp_state($1)"#,
        &token::hash(session)[..]
    )
    .fetch_optional(db.without_tenant())
    .await?;
    Ok(row.map_or_else(FactorState::default, |row| FactorState {
        since: Some(Timestamp::from_nanos(row.since)),
        recovery_codes_left: u32::try_from(row.left).unwrap_or(0),
    }))
}

/// Whether there was one.
pub async fn remove(db: &Database, session: &str) -> Result<bool, StoreError> {
    let hash = token::hash(session);
    let removed = sqlx::query_scalar!(r#"SELECT identity.remove_totp($1) AS "removed!""#, &hash[..]);
    Ok(removed.fetch_one(db.without_tenant()).await?)
}

/// The sealed key of a person whose password was right; none where no code is asked for.
pub async fn sealed(db: &Database, person: &UserId) -> Result<Option<Vec<u8>>, StoreError> {
    let sealed = sqlx::query_scalar!("SELECT identity.totp_of($1)", person.as_str());
    Ok(sealed.fetch_one(db.without_tenant()).await?)
}

/// False when this code, or a later one, was used before.
pub async fn use_step(db: &Database, person: &UserId, step: i64) -> Result<bool, StoreError> {
    let used = sqlx::query_scalar!(
        r#"SELECT identity.use_totp_step($1, $2) AS "used!""#,
        person.as_str(),
        step
    );
    Ok(used.fetch_one(db.without_tenant()).await?)
}

/// False when there is no such code, or none any more.
pub async fn use_recovery_code(db: &Database, person: &UserId, code: &TokenHash) -> Result<bool, StoreError> {
    let used = sqlx::query_scalar!(
        r#"SELECT identity.use_recovery_code($1, $2) AS "used!""#,
        person.as_str(),
        &code[..]
    );
    Ok(used.fetch_one(db.without_tenant()).await?)
}

/// Takes the factor of somebody who lost theirs.
pub async fn reset(tx: &mut TenantTx, person: &UserId) -> Result<Result<(), NotReset>, StoreError> {
    let outcome = sqlx::query_scalar!(r#"SELECT identity.reset_totp($1) AS "outcome!""#, person.as_str());
    Ok(match outcome.fetch_one(tx.connection()).await?.as_str() {
        "done" => Ok(()),
        "none" => Err(NotReset::None),
        "elsewhere" => Err(NotReset::Elsewhere),
        _ => Err(NotReset::Unknown),
    })
}
