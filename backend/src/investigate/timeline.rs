//! The timeline around an alert.

use super::{
    EVENTS_MAX,
    ask::{Ask, of_endpoint, process_lives},
};
use crate::search::{SearchError, SearchIndex};
use std::{collections::HashSet, time::Duration};
use watchfloor_engine::timeline::{TimelineInput, build};
use watchfloor_shared::{
    EntityId, TenantId, Timestamp,
    alert::AlertDetail,
    timeline::{LaneBy, Timeline},
};

const AROUND: Duration = Duration::from_secs(5 * 60);
/// Steps in which silence is looked for where not all events can be fetched.
const STEPS: i64 = 5_000;

/// The endpoint's events in the range; without one, from 5 minutes before the alert's first event to 5 after its last. Where
/// there are more events than an answer can hold, processes' lives and the alert's own come first.
pub async fn timeline(
    index: &dyn SearchIndex,
    tenant: &TenantId,
    alert: &AlertDetail,
    by: LaneBy,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Timeline, SearchError> {
    let summary = &alert.summary;
    let from = from.unwrap_or_else(|| summary.first_seen.saturating_sub(AROUND));
    let to = to.unwrap_or_else(|| summary.last_seen.saturating_add(AROUND)).max(from);
    let ask = Ask {
        index,
        tenant,
        from: Some(from),
        to: Some(to),
    };
    let all = of_endpoint(&summary.endpoint_id);
    let (mut events, total) = ask.events(all.clone(), EVENTS_MAX).await?;
    let mut spells = Vec::new();
    if i64::try_from(events.len()).is_ok_and(|fetched| fetched < total) {
        let lives = watchfloor_engine::query::Query::and(vec![all.clone(), process_lives()]);
        let (important, _) = ask.events(lives, EVENTS_MAX / 2).await?;
        events.truncate(EVENTS_MAX / 2);
        events.extend(important);
        let interval_ms = ((to.millis() - from.millis()) / STEPS).max(1_000);
        let step = Duration::from_millis(interval_ms.unsigned_abs());
        let steps = ask.histogram(all, interval_ms).await?;
        let busy = steps.into_iter().filter(|step| step.count > 0);
        spells = busy
            .map(|bucket| (bucket.start, bucket.start.saturating_add(step)))
            .collect();
    }
    events.extend(ask.get(&alert.events).await?);
    let tree = super::tree(index, tenant, alert).await?;
    let path: HashSet<EntityId> = tree
        .nodes
        .into_iter()
        .filter(|node| node.on_path)
        .map(|node| node.entity_id)
        .collect();
    let alert_events = alert.events.iter().chain([&alert.trigger_event]).cloned().collect();
    Ok(build(&TimelineInput {
        events: &events,
        alert_events: &alert_events,
        severity: summary.severity,
        by,
        from,
        to,
        path: &path,
        spells: &spells,
        total,
    }))
}
