//! What the index knows of a platform's model: how many windows it judged, how high, and by which version.

use super::ask::Ask;
use crate::search::{SearchError, SearchIndex};
use std::time::Duration;
use watchfloor_engine::{graph::Platform, inference, query::Query};
use watchfloor_shared::{
    TenantId, Timestamp,
    model::{SCORE_BUCKETS, VersionUse},
    search::{TermBucket, TimeBucket},
};

const DAY: Duration = Duration::from_secs(24 * 3600);
const HOUR_MS: i64 = 3_600_000;
/// Percent, from none to all.
const PERCENTS: u32 = 101;
const VERSIONS_MAX: u32 = 20;

/// Windows of one platform.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judged {
    /// Of the last day, by hour.
    pub windows: Vec<TimeBucket>,
    /// Of the last day and of the seven before it, by score.
    pub scores: Vec<i64>,
    pub scores_before: Vec<i64>,
    /// Of the last thirty days.
    pub versions: Vec<VersionUse>,
}

pub async fn judged(
    index: &dyn SearchIndex,
    tenant: &TenantId,
    platform: Platform,
    now: Timestamp,
) -> Result<Judged, SearchError> {
    let within = |from: u32, to: u32| Ask {
        index,
        tenant,
        from: Some(now.saturating_sub(DAY * from)),
        to: Some(now.saturating_sub(DAY * to)),
    };
    let of = || {
        Query::and(vec![
            Query::equals("event.dataset", inference::DATASET),
            Query::equals("host.os.type", platform.as_str()),
        ])
    };
    let (day, before, month) = (within(1, 0), within(8, 1), within(30, 0));
    let field = ["event.risk_score_norm"];
    let versions = month.terms(of(), &["inference.model.version"], VERSIONS_MAX).await?;
    let mut used = Vec::new();
    for TermBucket { value, count } in versions.into_iter().flatten() {
        let query = Query::and(vec![of(), Query::equals("inference.model.version", &value)]);
        let (first, last) = month.span(query).await?;
        used.push(VersionUse {
            version: value,
            windows: count,
            first,
            last,
        });
    }
    Ok(Judged {
        windows: day.histogram(of(), HOUR_MS).await?,
        scores: buckets(day.terms(of(), &field, PERCENTS).await?),
        scores_before: buckets(before.terms(of(), &field, PERCENTS).await?),
        versions: used,
    })
}

/// Percents in steps of five; a hundred is in the last.
fn buckets(percents: Vec<Vec<TermBucket>>) -> Vec<i64> {
    let mut buckets = vec![0; SCORE_BUCKETS];
    for TermBucket { value, count } in percents.into_iter().flatten() {
        let percent = value.parse::<usize>().unwrap_or(0);
        if let Some(bucket) = buckets.get_mut((percent * SCORE_BUCKETS / 100).min(SCORE_BUCKETS - 1)) {
            *bucket += count;
        }
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_fall_into_steps_of_five() {
        let percent = |value: &str, count| TermBucket {
            value: value.to_owned(),
            count,
        };
        let found = buckets(vec![vec![
            percent("0", 7),
            percent("4", 1),
            percent("5", 2),
            percent("100", 3),
        ]]);
        assert_eq!((found[0], found[1], found[19]), (8, 2, 3));
    }
}
