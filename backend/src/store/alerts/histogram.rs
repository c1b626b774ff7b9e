//! Alerts over time.

use super::{filter::push_where, row};
use crate::store::{StoreError, TenantTx};
use sqlx::QueryBuilder;
use watchfloor_shared::{
    Timestamp,
    alert::{AlertBucket, AlertFilter, AlertHistogram, Severity},
};

const BUCKETS_MAX: i64 = 10_000;

/// Alerts that pass the filter by first seen, in steps of `interval_ms` (at least 1) aligned to the epoch; empty steps are
/// left out. More than 10,000 steps with alerts: the newest 10,000.
pub async fn histogram(
    tx: &mut TenantTx,
    filter: &AlertFilter,
    interval_ms: i64,
) -> Result<AlertHistogram, StoreError> {
    let interval_ms = interval_ms.clamp(1, i64::MAX / 1_000_000);
    let step = interval_ms * 1_000_000;
    let mut query = QueryBuilder::new("SELECT div(first_seen_ns::numeric - CASE WHEN first_seen_ns < 0 THEN ");
    query.push_bind(step - 1).push(" ELSE 0 END, ").push_bind(step);
    query.push(")::bigint AS step, severity, count(*) FROM alerts");
    push_where(&mut query, filter);
    query
        .push(" GROUP BY 1, 2 ORDER BY 1 DESC LIMIT ")
        .push_bind(BUCKETS_MAX * 4);
    let rows: Vec<(i64, i16, i64)> = query.build_query_as().fetch_all(tx.connection()).await?;
    let mut buckets: Vec<AlertBucket> = Vec::new();
    for (number, severity, count) in rows.into_iter().rev() {
        let start = Timestamp::from_nanos(number.saturating_mul(step));
        if buckets.last().is_none_or(|bucket| bucket.start != start) {
            buckets.push(AlertBucket {
                start,
                low: 0,
                medium: 0,
                high: 0,
                critical: 0,
            });
        }
        if let Some(bucket) = buckets.last_mut() {
            *of(bucket, row::severity(severity)?) += count;
        }
    }
    Ok(AlertHistogram { interval_ms, buckets })
}

fn of(bucket: &mut AlertBucket, severity: Severity) -> &mut i64 {
    match severity {
        Severity::Low => &mut bucket.low,
        Severity::Medium => &mut bucket.medium,
        Severity::High => &mut bucket.high,
        Severity::Critical => &mut bucket.critical,
    }
}
