//! Counts for the facet column.
//!
//! Counting seven facets of 100,000 alerts, each as if its own filter were not set, costs a database 100 ms and more. So each
//! tenant's alerts are kept here once more, as columns of small numbers, brought up to date by change number before each
//! answer: the database stays the truth, also with several servers on it.

mod columns;
mod count;

use super::filter::push_words;
use crate::store::{StoreError, TenantTx};
use columns::{AlertColumns, FacetRow};
use sqlx::QueryBuilder;
use std::{collections::HashSet, sync::Arc};
use tokio::sync::Mutex;
use watchfloor_shared::{
    TenantId,
    alert::{AlertFacets, AlertFilter},
};

/// Tenants whose columns are kept; the least recently asked for goes first. About 5 MB for 100,000 alerts.
const TENANTS_MAX: u64 = 64;

pub struct FacetCache {
    tenants: moka::future::Cache<TenantId, Arc<Mutex<AlertColumns>>>,
}

impl Default for FacetCache {
    fn default() -> Self {
        Self {
            tenants: moka::future::Cache::new(TENANTS_MAX),
        }
    }
}

/// Counts for each facet, each as if its own filter were not set. `open` and `unassigned` (not closed, nobody's) count in the
/// time range alone, as `in_range` does.
pub async fn facets(tx: &mut TenantTx, filter: &AlertFilter) -> Result<AlertFacets, StoreError> {
    let words = filter.q.as_deref().unwrap_or_default();
    let found = if words.trim().is_empty() {
        None
    } else {
        Some(containing(tx, words).await?)
    };
    match tx.facet_cache() {
        Some(cache) => {
            let columns = cache
                .tenants
                .get_with(tx.tenant().clone(), async { Arc::default() })
                .await;
            let mut columns = columns.lock().await;
            refresh(tx, &mut columns).await?;
            Ok(count::facets(&columns, filter, found.as_ref()))
        }
        // What this transaction wrote may never be committed: nothing of it is kept.
        None => {
            let mut columns = AlertColumns::default();
            refresh(tx, &mut columns).await?;
            Ok(count::facets(&columns, filter, found.as_ref()))
        }
    }
}

async fn refresh(tx: &mut TenantTx, columns: &mut AlertColumns) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        FacetRow,
        r#"SELECT alert_id, severity, status, source, endpoint_id, rule_id, title, user_name,
                  assignee IS NOT NULL AS "assigned!", first_seen_ns, techniques::text AS "techniques!", change_seq
           FROM alerts WHERE change_seq > $1 ORDER BY change_seq"#,
        columns.seq()
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().try_for_each(|row| columns.put(row))
}

async fn containing(tx: &mut TenantTx, words: &str) -> Result<HashSet<String>, StoreError> {
    let mut query = QueryBuilder::new("SELECT alert_id FROM alerts WHERE true");
    push_words(&mut query, words);
    let ids: Vec<String> = query.build_query_scalar().fetch_all(tx.connection()).await?;
    Ok(ids.into_iter().collect())
}
