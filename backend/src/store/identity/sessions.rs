//! Browser sessions.

use super::super::{Database, Secret, StoreError};
use super::Member;

/// A session that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub member: Member,
    /// It is time for [`rotate`]: more than 15 minutes since the last.
    pub rotation_due: bool,
}

/// Starts a session; the token is the cookie's value and known only now.
pub async fn create(db: &Database, member: &Member) -> Result<Secret, StoreError> {
    let _ = (db, member);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}

/// Whose session it is; none when unknown, revoked or idle for more than 12 hours. Counts as use.
pub async fn lookup(db: &Database, token: &str) -> Result<Option<Session>, StoreError> {
    let _ = (db, token);
    Ok(None)
}

/// Replaces the token. The old one works for 30 seconds more, for requests already under way.
pub async fn rotate(db: &Database, token: &str) -> Result<Option<Secret>, StoreError> {
    let _ = (db, token);
    Ok(None)
}

/// Ends the session with all its tokens.
pub async fn revoke(db: &Database, token: &str) -> Result<(), StoreError> {
    let _ = (db, token);
    Ok(())
}
