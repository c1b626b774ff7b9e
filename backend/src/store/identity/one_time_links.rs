//! Links that work once: the first owner's set-up, and the sign-in that the demo prints.

use super::super::{Secret, StoreError};
use super::{super::Database, IdentityError, Member, SignedIn};
use std::time::Duration;
use watchfloor_shared::{TenantId, identity::Setup};

/// How long a set-up link works.
pub const SETUP_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// Whether nobody has an account yet.
pub async fn setup_needed(db: &Database) -> Result<bool, StoreError> {
    let _ = db;
    Ok(true)
}

/// A token for `/setup?token=`; earlier ones stop working. None when there is an account already.
pub async fn issue_setup_token(db: &Database, tenant: &TenantId) -> Result<Option<Secret>, StoreError> {
    let _ = (db, tenant);
    Ok(None)
}

/// Makes the owner of the tenant that the token was issued for and signs them in.
pub async fn redeem_setup(db: &Database, setup: &Setup) -> Result<SignedIn, IdentityError> {
    let _ = (db, setup);
    Err(IdentityError::InvalidToken)
}

/// A token for `/sign-in?token=`.
pub async fn issue(db: &Database, member: &Member, lifetime: Duration) -> Result<Secret, StoreError> {
    let _ = (db, member, lifetime);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}

/// Signs in by the link; none when it is wrong, used or too old.
pub async fn redeem(db: &Database, token: &str) -> Result<Option<SignedIn>, StoreError> {
    let _ = (db, token);
    Ok(None)
}
