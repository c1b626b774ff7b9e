//! People and their passwords.

use super::super::Secret;
use super::{super::Database, IdentityError, Member};
use watchfloor_shared::{TenantId, identity::Role};

/// Makes an account with a role in one tenant.
pub async fn create_account(
    db: &Database,
    tenant: &TenantId,
    name: &str,
    email: &str,
    password: &Secret,
    role: Role,
) -> Result<Member, IdentityError> {
    let _ = (db, tenant, name, email, password, role);
    Err(IdentityError::InvalidName)
}

/// The person, if the password is theirs. Takes as long for an address that nobody has.
pub async fn verify_password(db: &Database, email: &str, password: &Secret) -> Result<Option<Member>, IdentityError> {
    let _ = (db, email, password);
    Ok(None)
}
