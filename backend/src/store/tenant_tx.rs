//! One tenant's transaction.
//!
//! Invariant: `app.tenant_id` is set once, here, for this transaction only: the server forgets it at commit and at rollback, so
//! a connection goes back to the pool without a tenant, and without a tenant row-level security shows nothing. The connection
//! is reachable inside the store alone, and no statement there sets `app.tenant_id` again (a test reads the sources).

use super::{StoreError, alerts::FacetCache};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use std::sync::Arc;
use watchfloor_shared::TenantId;

/// The only way to a tenant's tables. Dropped without [`TenantTx::commit`], also by a cancelled request, it is rolled back.
pub struct TenantTx {
    tenant: TenantId,
    inner: Transaction<'static, Postgres>,
    facets: Arc<FacetCache>,
    /// Whether this transaction changed alerts, so that what it sees may never come to be.
    wrote: bool,
}

impl TenantTx {
    pub(super) async fn begin(pool: &PgPool, tenant: &TenantId, facets: Arc<FacetCache>) -> Result<Self, StoreError> {
        let mut inner = pool.begin().await?;
        sqlx::query_scalar!("SELECT set_config('app.tenant_id', $1, true)", tenant.as_str())
            .fetch_one(&mut *inner)
            .await?;
        Ok(Self {
            tenant: tenant.clone(),
            inner,
            facets,
            wrote: false,
        })
    }

    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        self.inner.commit().await?;
        Ok(())
    }

    pub(in crate::store) fn connection(&mut self) -> &mut PgConnection {
        &mut self.inner
    }

    /// Locks the tenant's change counter until the end of the transaction: whoever changes alerts goes one after the other, so
    /// change numbers follow the order of commits and each sees all that those before did. Returns the last number given.
    pub(in crate::store) async fn lock_changes(&mut self) -> Result<i64, StoreError> {
        self.wrote = true;
        let counter = sqlx::query_scalar!("SELECT change_seq FROM tenants FOR UPDATE")
            .fetch_optional(self.connection())
            .await?;
        counter.ok_or(StoreError::UnknownTenant)
    }

    /// Notes that numbers up to `last` are taken.
    pub(in crate::store) async fn advance_changes(&mut self, last: i64) -> Result<(), StoreError> {
        sqlx::query!("UPDATE tenants SET change_seq = $1", last)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    pub(in crate::store) fn facet_cache(&self) -> Option<Arc<FacetCache>> {
        (!self.wrote).then(|| Arc::clone(&self.facets))
    }
}
