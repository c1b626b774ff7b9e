//! Tenants.

use super::super::{Database, StoreError};
use watchfloor_shared::TenantId;

/// Makes the tenant, or gives the one that exists its name. Nothing else reaches a tenant that was not made.
pub async fn create_tenant(db: &Database, tenant: &TenantId, name: &str) -> Result<(), StoreError> {
    let _ = (db, tenant, name);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}

/// All tenants, by id.
pub async fn tenants(db: &Database) -> Result<Vec<TenantId>, StoreError> {
    let _ = db;
    Err(StoreError::Unavailable("not there yet".to_owned()))
}
