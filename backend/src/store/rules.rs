//! What the store knows about rules: what they raised.

use super::{StoreError, TenantTx};
use watchfloor_shared::RuleId;

/// Alerts raised by each rule that raised any, by rule id.
pub async fn hits(tx: &mut TenantTx) -> Result<Vec<(RuleId, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT rule_id, count(*) AS "count!" FROM alerts GROUP BY tenant_id, rule_id ORDER BY rule_id"#
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (RuleId::new(row.rule_id), row.count))
        .collect())
}
