//! Keys of machines that send telemetry: `wf_<id>_<secret>`.

use super::super::{Database, StoreError};
use watchfloor_shared::{TenantId, Timestamp, UserId, identity::IssuedApiKey};

/// A key as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: String,
    pub name: String,
    pub created: Timestamp,
    /// To the minute.
    pub last_used: Option<Timestamp>,
}

/// Whom a presented key speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHolder {
    pub tenant: TenantId,
    pub id: String,
    pub name: String,
}

/// `by` is absent for a key that the product issues itself (the demo's).
pub async fn issue(
    db: &Database,
    tenant: &TenantId,
    name: &str,
    by: Option<&UserId>,
) -> Result<IssuedApiKey, super::IdentityError> {
    let _ = (db, tenant, name, by);
    Err(super::IdentityError::InvalidName)
}

/// The tenant's keys that are not revoked, newest first.
pub async fn list(db: &Database, tenant: &TenantId) -> Result<Vec<ApiKey>, StoreError> {
    let _ = (db, tenant);
    Ok(Vec::new())
}

/// Whose key this is, if it is one and not revoked.
pub async fn lookup(db: &Database, presented: &str) -> Result<Option<KeyHolder>, StoreError> {
    let _ = (db, presented);
    Ok(None)
}

/// Whether there was such a key of this tenant.
pub async fn revoke(db: &Database, tenant: &TenantId, id: &str) -> Result<bool, StoreError> {
    let _ = (db, tenant, id);
    Ok(false)
}
