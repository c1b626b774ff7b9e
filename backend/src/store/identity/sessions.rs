//! Browser sessions.

use super::{Member, member, tenant_id};
use crate::{
    identity::token,
    store::{Database, Secret, StoreError, alerts::without_nul},
};
use std::time::Duration;
use watchfloor_shared::{TenantId, Timestamp, people::OwnSession};

pub const IDLE_LIMIT: Duration = Duration::from_secs(12 * 3600);
pub const ROTATION: Duration = Duration::from_secs(15 * 60);
/// How long a replaced token still works, for requests already under way.
pub const GRACE: Duration = Duration::from_secs(30);

/// A session that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub member: Member,
    /// It is time for [`rotate`]: more than 15 minutes since the last.
    pub rotation_due: bool,
}

/// Where a session begins, for its list.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
}

/// Starts a session; the token is the cookie's value and known only now.
pub async fn create(db: &Database, member: &Member, from: &Origin) -> Result<Secret, StoreError> {
    let token = token::generate();
    let now = db.now();
    sqlx::query!(
        "SELECT identity.start_session($1, $2, $3, $4, $5, $6, $7, $8)",
        &token::hash(token.reveal())[..],
        token::random_id(),
        member.user.as_str(),
        member.tenant.as_str(),
        without_nul(&from.address),
        without_nul(&from.agent),
        now.nanos(),
        now.saturating_add(IDLE_LIMIT).nanos()
    )
    .execute(db.writing())
    .await?;
    Ok(token)
}

/// Whose session it is; none when unknown, revoked or idle for more than 12 hours. Counts as use.
pub async fn lookup(db: &Database, token: &str) -> Result<Option<Session>, StoreError> {
    let now = db.now();
    let found = sqlx::query!(
        r#"SELECT issued_ns AS "issued_ns!", replaced AS "replaced!", account_id AS "account_id!", name AS "name!",
                  email AS "email!", role AS "role!", tenant_id AS "tenant_id!", tenant_name AS "tenant_name!"
           FROM identity.use_session($1, $2, $3)"#,
        &token::hash(token)[..],
        now.nanos(),
        nanos(IDLE_LIMIT)
    )
    .fetch_optional(db.without_tenant())
    .await?;
    let Some(found) = found else { return Ok(None) };
    let tenant = tenant_id(&found.tenant_id)?;
    let age = now.nanos().saturating_sub(found.issued_ns);
    Ok(Some(Session {
        member: member(
            found.account_id,
            found.name,
            found.email,
            &found.role,
            tenant,
            found.tenant_name,
        )?,
        rotation_due: !found.replaced && age > nanos(ROTATION),
    }))
}

/// Replaces the token. The old one works for 30 seconds more, for requests already under way. None when the session is over
/// or another request replaced the token first.
pub async fn rotate(db: &Database, token: &str) -> Result<Option<Secret>, StoreError> {
    let next = token::generate();
    let rotated = sqlx::query_scalar!(
        r#"SELECT identity.rotate_session($1, $2, $3, $4, $5) AS "rotated!""#,
        &token::hash(token)[..],
        &token::hash(next.reveal())[..],
        db.now().nanos(),
        nanos(GRACE),
        nanos(IDLE_LIMIT)
    )
    .fetch_one(db.writing())
    .await?;
    Ok(rotated.then_some(next))
}

/// Ends the session with all its tokens.
pub async fn revoke(db: &Database, token: &str) -> Result<(), StoreError> {
    sqlx::query!("SELECT identity.end_session($1)", &token::hash(token)[..])
        .execute(db.writing())
        .await?;
    Ok(())
}

/// The living sessions of whoever holds this token, the one used last first.
pub async fn beside(db: &Database, token: &str) -> Result<Vec<OwnSession>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT session_id AS "id!", begun_ns AS "begun_ns!", used_ns AS "used_ns!", address AS "address!",
                  agent AS "agent!", tenant_name AS "tenant_name!", is_this AS "is_this!"
           FROM identity.sessions_beside($1, $2)"#,
        &token::hash(token)[..],
        db.now().nanos()
    )
    .fetch_all(db.without_tenant())
    .await?;
    let sessions = rows.into_iter().map(|row| OwnSession {
        id: row.id,
        begun: Timestamp::from_nanos(row.begun_ns),
        last_used: Timestamp::from_nanos(row.used_ns),
        address: row.address,
        agent: row.agent,
        organization: row.tenant_name,
        is_this: row.is_this,
    });
    Ok(sessions.collect())
}

/// Ends one of the sessions of whoever holds this token, or all others. Returns the organizations that they were of.
pub async fn end_beside(db: &Database, token: &str, session: Option<&str>) -> Result<Vec<TenantId>, StoreError> {
    let ended = sqlx::query_scalar!(
        r#"SELECT identity.end_sessions_beside($1, $2) AS "tenant!""#,
        &token::hash(token)[..],
        session
    )
    .fetch_all(db.writing())
    .await?;
    ended.iter().map(|tenant| tenant_id(tenant)).collect()
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
