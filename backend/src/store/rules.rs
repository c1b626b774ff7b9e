//! What the store knows about rules: what they raised, and what people said of it.

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

/// Alerts of one rule by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdicts {
    pub true_positive: i64,
    pub false_positive: i64,
    /// Nobody has judged them yet.
    pub open: i64,
}

pub async fn verdicts(tx: &mut TenantTx, rule: &RuleId) -> Result<Verdicts, StoreError> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE verdict = 0) AS "true_positive!",
                  count(*) FILTER (WHERE verdict = 1) AS "false_positive!",
                  count(*) FILTER (WHERE verdict IS NULL) AS "open!"
           FROM alerts WHERE rule_id = $1"#,
        rule.as_str()
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(Verdicts {
        true_positive: row.true_positive,
        false_positive: row.false_positive,
        open: row.open,
    })
}
