//! What the store knows about rules: what they raised.

use super::{StoreError, TenantTx};
use watchfloor_shared::RuleId;

/// Alerts raised by each rule that raised any, by rule id.
pub async fn hits(tx: &mut TenantTx) -> Result<Vec<(RuleId, i64)>, StoreError> {
    let _ = tx;
    Err(StoreError::Unavailable("not there yet".to_owned()))
}
