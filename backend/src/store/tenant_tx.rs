//! One tenant's transaction.

use super::StoreError;
use watchfloor_shared::TenantId;

pub struct TenantTx {
    tenant: TenantId,
}

impl TenantTx {
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(())
    }
}
