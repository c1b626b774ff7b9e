//! Browser sessions.

use super::{Member, member, tenant_id};
use crate::{
    identity::token,
    store::{Database, Secret, StoreError},
};
use std::time::Duration;

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

/// Starts a session; the token is the cookie's value and known only now.
pub async fn create(db: &Database, member: &Member) -> Result<Secret, StoreError> {
    let token = token::generate();
    let now = db.now();
    sqlx::query!(
        "SELECT identity.start_session($1, $2, $3, $4, $5, $6)",
        &token::hash(token.reveal())[..],
        token::random_id(),
        member.user.as_str(),
        member.tenant.as_str(),
        now.nanos(),
        now.saturating_add(IDLE_LIMIT).nanos()
    )
    .execute(db.without_tenant())
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
    .fetch_one(db.without_tenant())
    .await?;
    Ok(rotated.then_some(next))
}

/// Ends the session with all its tokens.
pub async fn revoke(db: &Database, token: &str) -> Result<(), StoreError> {
    sqlx::query!("SELECT identity.end_session($1)", &token::hash(token)[..])
        .execute(db.without_tenant())
        .await?;
    Ok(())
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
