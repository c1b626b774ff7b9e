//! The process tree of an alert: the endpoint's processes around it, and its ancestors however far back they started.

use super::{
    EVENTS_MAX,
    ask::{Ask, category, of_endpoint, process_lives},
};
use crate::search::{SearchError, SearchIndex};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use watchfloor_engine::{
    Event,
    query::Query,
    tree::{Touched, TreeInput, build},
};
use watchfloor_shared::{
    EndpointId, EntityId, TenantId, Timestamp, alert::AlertDetail, search::Order, tree::ProcessTree,
};

const BEFORE: Duration = Duration::from_secs(30 * 60);
const AFTER: Duration = Duration::from_secs(10 * 60);
/// Generations that are looked up one by one.
const GENERATIONS_MAX: usize = 16;
const ENTITIES_MAX: usize = 200;
const COUNTED_MAX: u32 = 1_000;

/// From 30 minutes before the alert's first event to 10 minutes after its last, and earlier for ancestors.
pub async fn tree(index: &dyn SearchIndex, tenant: &TenantId, alert: &AlertDetail) -> Result<ProcessTree, SearchError> {
    let summary = &alert.summary;
    let endpoint = &summary.endpoint_id;
    let mut from = summary.first_seen.saturating_sub(BEFORE);
    let to = summary.last_seen.saturating_add(AFTER);
    let ask = Ask {
        index,
        tenant,
        from: Some(from),
        to: Some(to),
    };
    let lives = Query::and(vec![of_endpoint(endpoint), process_lives()]);
    let (mut events, _) = ask.events(lives, EVENTS_MAX).await?;
    let own = ask.get(&alert.events).await?;
    let alert_events: HashSet<_> = alert.events.iter().chain([&alert.trigger_event]).cloned().collect();
    events.extend(own);
    if !alert.events.contains(&alert.trigger_event) {
        events.extend(ask.get(std::slice::from_ref(&alert.trigger_event)).await?);
    }
    add_ancestors(
        index,
        tenant,
        endpoint,
        to,
        &alert_entities(alert, &events),
        &mut events,
    )
    .await?;
    let starts = events.iter().filter(|event| event.endpoint == *endpoint);
    from = starts
        .map(|event| event.timestamp)
        .min()
        .map_or(from, |first| first.min(from));
    let touched = touched(&ask, endpoint).await?;
    Ok(build(&TreeInput {
        events: &events,
        alert_events: &alert_events,
        trigger_entity: alert.trigger_entity.as_ref(),
        severity: summary.severity,
        touched: &touched,
        from,
        to,
        telemetry_begins: telemetry_begins(index, tenant, endpoint).await?,
    }))
}

fn alert_entities(alert: &AlertDetail, events: &[Event]) -> HashSet<EntityId> {
    let own = events.iter().filter(|event| alert.events.contains(&event.id));
    let entities = own
        .filter_map(|event| event.text("process.entity_id"))
        .map(EntityId::new);
    entities.chain(alert.trigger_entity.clone()).collect()
}

/// Starts of the matched processes and of their parents, generation by generation, where the range does not have them.
async fn add_ancestors(
    index: &dyn SearchIndex,
    tenant: &TenantId,
    endpoint: &EndpointId,
    to: Timestamp,
    matched: &HashSet<EntityId>,
    events: &mut Vec<Event>,
) -> Result<(), SearchError> {
    let ask = Ask {
        index,
        tenant,
        from: None,
        to: Some(to),
    };
    let mut asked: HashSet<EntityId> = HashSet::new();
    for _ in 0..GENERATIONS_MAX {
        let mut wanted: Vec<EntityId> = ancestors_without_start(events, matched);
        wanted.retain(|entity| asked.insert(entity.clone()));
        wanted.truncate(ENTITIES_MAX);
        if wanted.is_empty() {
            return Ok(());
        }
        let starts = Query::and(vec![
            of_endpoint(endpoint),
            category("process"),
            Query::equals("event.type", "start"),
            Query::any_of("process.entity_id", wanted.iter().map(EntityId::as_str)),
        ]);
        let (found, _) = ask.events(starts, ENTITIES_MAX).await?;
        events.extend(found);
    }
    Ok(())
}

/// Matched processes and all their known ancestors whose start is not among the events.
fn ancestors_without_start(events: &[Event], matched: &HashSet<EntityId>) -> Vec<EntityId> {
    let mut parents: HashMap<&str, &str> = HashMap::new();
    let mut started: HashSet<&str> = HashSet::new();
    for event in events {
        let Some(entity) = event.text("process.entity_id") else {
            continue;
        };
        if let Some(parent) = event.text("process.parent.entity_id") {
            parents.insert(entity, parent);
            started.insert(entity);
        }
    }
    let mut seen: HashSet<&str> = HashSet::new();
    for entity in matched {
        let mut at = Some(entity.as_str());
        while let Some(entity) = at.filter(|entity| seen.insert(entity)) {
            at = parents.get(entity).copied();
        }
    }
    let mut missing: Vec<EntityId> = seen.difference(&started).map(EntityId::new).collect();
    missing.sort();
    missing
}

async fn touched(ask: &Ask<'_>, endpoint: &EndpointId) -> Result<HashMap<EntityId, Touched>, SearchError> {
    type Slot = fn(&mut Touched) -> &mut i64;
    let kinds: [(&str, Slot); 4] = [
        ("file", |touched| &mut touched.files),
        ("network", |touched| &mut touched.network),
        ("registry", |touched| &mut touched.registry),
        ("library", |touched| &mut touched.modules),
    ];
    let mut all: HashMap<EntityId, Touched> = HashMap::new();
    for (kind, slot) in kinds {
        let query = Query::and(vec![of_endpoint(endpoint), category(kind)]);
        let counts = ask.terms(query, &["process.entity_id"], COUNTED_MAX).await?;
        for bucket in counts.into_iter().flatten() {
            *slot(all.entry(EntityId::new(&bucket.value)).or_default()) = bucket.count;
        }
    }
    Ok(all)
}

async fn telemetry_begins(
    index: &dyn SearchIndex,
    tenant: &TenantId,
    endpoint: &EndpointId,
) -> Result<Option<Timestamp>, SearchError> {
    let ask = Ask {
        index,
        tenant,
        from: None,
        to: None,
    };
    let first = ask
        .run(of_endpoint(endpoint), 1, Order::OldestFirst, Vec::new())
        .await?;
    Ok(first.hits.first().map(|hit| hit.timestamp))
}
