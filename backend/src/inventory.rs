//! Each tenant's inventory, ready for the stages that enrich; read again when a table was replaced.
//!
//! Invariant: a tenant's events are enriched with that tenant's tables alone. When the database is away, the tables known last
//! stay in force.

use crate::store::{Database, StoreError, identity, inventory};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use watchfloor_engine::enrich::Inventory;
use watchfloor_shared::TenantId;

const LOOK_EVERY: Duration = Duration::from_secs(2);

/// All tenants' tables at one moment.
pub type Inventories = HashMap<TenantId, Arc<Inventory>>;

/// Cheap to clone; all clones see the same tables.
#[derive(Clone, Default)]
pub struct InventoryBook(Arc<RwLock<Page>>);

#[derive(Default)]
struct Page {
    sequences: HashMap<TenantId, i64>,
    inventories: Arc<Inventories>,
}

impl InventoryBook {
    /// Reads every tenant's tables.
    pub async fn open(db: &Database) -> Result<Self, StoreError> {
        let book = Self::default();
        book.look(db).await?;
        Ok(book)
    }

    pub fn current(&self) -> Arc<Inventories> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).inventories)
    }

    /// Looks at the tables until `stop`.
    pub async fn follow(self, db: Database, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if let Err(error) = self.look(&db).await {
                tracing::warn!(%error, "the inventory could not be read; the tables known last stay in force");
            }
        }
    }

    async fn look(&self, db: &Database) -> Result<(), StoreError> {
        for tenant in identity::tenants::tenants(db).await? {
            let mut tx = db.tenant(&tenant).await?;
            let sequence = inventory::sequence(&mut tx).await?;
            if self.sequence(&tenant) == Some(sequence) {
                continue;
            }
            let assets = inventory::assets(&mut tx).await?;
            let people = inventory::people(&mut tx).await?;
            let sites = inventory::sites(&mut tx).await?;
            self.put(tenant, sequence, Inventory::new(&assets, &people, &sites));
        }
        Ok(())
    }

    fn sequence(&self, tenant: &TenantId) -> Option<i64> {
        let page = self.0.read().unwrap_or_else(PoisonError::into_inner);
        page.sequences.get(tenant).copied()
    }

    fn put(&self, tenant: TenantId, sequence: i64, inventory: Inventory) {
        let mut page = self.0.write().unwrap_or_else(PoisonError::into_inner);
        page.sequences.insert(tenant.clone(), sequence);
        let mut inventories = Inventories::clone(&page.inventories);
        inventories.insert(tenant, Arc::new(inventory));
        page.inventories = Arc::new(inventories);
    }
}
