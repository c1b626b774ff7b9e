//! Tenants.

use crate::store::{Database, StoreError, alerts::without_nul};
use watchfloor_shared::TenantId;

/// Makes the tenant, or gives the one that exists its name. Nothing else reaches a tenant that was not made.
pub async fn create_tenant(db: &Database, tenant: &TenantId, name: &str) -> Result<(), StoreError> {
    sqlx::query!("SELECT identity.put_tenant($1, $2)", tenant.as_str(), without_nul(name))
        .execute(db.writing())
        .await?;
    Ok(())
}

/// All tenants, by id.
pub async fn tenants(db: &Database) -> Result<Vec<TenantId>, StoreError> {
    let ids = sqlx::query_scalar!(r#"SELECT identity.all_tenants() AS "id!""#)
        .fetch_all(db.without_tenant())
        .await?;
    ids.into_iter().map(|id| super::tenant_id(&id)).collect()
}
