//! What the index knows of endpoints.

use super::ask::{Ask, category, of_endpoint};
use crate::search::{SearchError, SearchIndex};
use std::collections::HashMap;
use watchfloor_engine::query::Query;
use watchfloor_shared::{
    EndpointId, TenantId, Timestamp,
    search::{TermBucket, TimeBucket},
};

const LISTED: u32 = 10;
const STEPS: i64 = 60;
/// Endpoints of one page.
const ENDPOINTS_MAX: usize = 500;

/// One endpoint over its life, for its page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Insights {
    pub users: Vec<TermBucket>,
    pub executables: Vec<TermBucket>,
    pub destinations: Vec<TermBucket>,
    pub activity: Vec<TimeBucket>,
    pub activity_interval_ms: i64,
}

/// The ten most seen users, programs and destinations, and events in about sixty equal steps.
pub async fn endpoint(
    index: &dyn SearchIndex,
    tenant: &TenantId,
    endpoint: &EndpointId,
    first_seen: Timestamp,
    last_seen: Timestamp,
) -> Result<Insights, SearchError> {
    let ask = Ask {
        index,
        tenant,
        from: Some(first_seen),
        to: Some(last_seen),
    };
    let of = || of_endpoint(endpoint);
    let fields = ["user.name", "process.executable"];
    let mut seen = ask.terms(of(), &fields, LISTED).await?.into_iter();
    let outgoing = Query::and(vec![of(), category("network")]);
    let mut reached = ask.terms(outgoing, &["destination.ip"], LISTED).await?.into_iter();
    let span_ms = last_seen.millis().saturating_sub(first_seen.millis());
    let interval_ms = round_up(span_ms / STEPS);
    Ok(Insights {
        users: seen.next().unwrap_or_default(),
        executables: seen.next().unwrap_or_default(),
        destinations: reached.next().unwrap_or_default(),
        activity: ask.histogram(of(), interval_ms).await?,
        activity_interval_ms: interval_ms,
    })
}

/// The next step length that a person would choose.
fn round_up(interval_ms: i64) -> i64 {
    const SECOND: i64 = 1_000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;
    const CHOICES: [i64; 13] = [
        SECOND,
        5 * SECOND,
        15 * SECOND,
        MINUTE,
        5 * MINUTE,
        15 * MINUTE,
        HOUR,
        3 * HOUR,
        6 * HOUR,
        12 * HOUR,
        24 * HOUR,
        7 * 24 * HOUR,
        28 * 24 * HOUR,
    ];
    let chosen = CHOICES.into_iter().find(|choice| *choice >= interval_ms);
    chosen.unwrap_or(interval_ms.max(1))
}

/// Events of an endpoint and the user seen most on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointActivity {
    pub events: i64,
    pub usual_user: Option<String>,
}

/// For each of at most 500 endpoints; those without events are left out.
pub async fn activity(
    index: &dyn SearchIndex,
    tenant: &TenantId,
    endpoints: &[EndpointId],
) -> Result<HashMap<EndpointId, EndpointActivity>, SearchError> {
    let ask = Ask {
        index,
        tenant,
        from: None,
        to: None,
    };
    let mut all = HashMap::with_capacity(endpoints.len().min(ENDPOINTS_MAX));
    for endpoint in endpoints.iter().take(ENDPOINTS_MAX) {
        let aggregation = watchfloor_shared::search::Aggregation::Terms {
            field: "user.name".to_owned(),
            size: LISTED,
        };
        let order = watchfloor_shared::search::Order::NewestFirst;
        let found = ask.run(of_endpoint(endpoint), 0, order, vec![aggregation]).await?;
        if found.total == 0 {
            continue;
        }
        let users = found.aggregations.into_iter().flat_map(|result| match result {
            watchfloor_shared::search::AggregationResult::Terms { buckets, .. } => buckets,
            watchfloor_shared::search::AggregationResult::DateHistogram { .. } => Vec::new(),
        });
        let activity = EndpointActivity {
            events: found.total,
            usual_user: usual(users),
        };
        all.insert(endpoint.clone(), activity);
    }
    Ok(all)
}

/// The user seen most who is not the machine itself.
fn usual(users: impl Iterator<Item = TermBucket>) -> Option<String> {
    const MACHINE: [&str; 4] = ["system", "local service", "network service", "anonymous logon"];
    let person = |name: &str| {
        let lower = name.to_lowercase();
        !lower.ends_with('$')
            && !MACHINE.contains(&lower.as_str())
            && !lower.starts_with("dwm-")
            && !lower.starts_with("umfd-")
    };
    users.map(|bucket| bucket.value).find(|name| person(name))
}
