//! What other processes changed, for those who listen here: where the database is shared, it is asked.

use super::LiveHub;
use crate::store::{Database, StoreError, alerts};
use std::{collections::HashMap, time::Duration};
use tokio_util::sync::CancellationToken;
use watchfloor_shared::TenantId;

/// One short query for each tenant that somebody watches.
const ASKED_EVERY: Duration = Duration::from_millis(500);
/// Beyond that the newest is told alone, and each listener reads the rest for itself.
const TOLD_MAX: i64 = 100;

impl LiveHub {
    /// Asks until stopped, and at once when [`LiveHub::ask`] says so. Whoever heard of a change already hears nothing of it again.
    pub async fn follow(self, db: Database, stop: CancellationToken) {
        let mut told: HashMap<TenantId, i64> = HashMap::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.asked() => {}
                () = tokio::time::sleep(ASKED_EVERY) => {}
            }
            let watched = self.watched();
            told.retain(|tenant, _| watched.contains(tenant));
            for tenant in watched {
                match self.bring(&db, &tenant, told.get(&tenant).copied()).await {
                    Ok(last) => {
                        told.insert(tenant, last);
                    }
                    Err(error) => tracing::debug!(%error, "what others changed cannot be asked"),
                }
            }
        }
    }

    /// Brings what came after `told`, or the newest alone to those that began to listen meanwhile. Returns the newest's number.
    async fn bring(&self, db: &Database, tenant: &TenantId, told: Option<i64>) -> Result<i64, StoreError> {
        let mut tx = db.tenant(tenant).await?;
        let last = alerts::last_change(&mut tx).await?;
        let from = told.filter(|told| last - told <= TOLD_MAX).unwrap_or(last - 1);
        if last <= from {
            return Ok(last);
        }
        let changes = alerts::changed_since(&mut tx, from, TOLD_MAX).await?;
        tx.commit().await?;
        for change in changes {
            self.deliver(tenant, change);
        }
        Ok(last)
    }
}
