//! Windows against a model that has every event and begins anew for each window.

use super::*;
use crate::graph::{Entity, FactLink, Link, Mention, NodeKind, Relation, Traits, build};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const BASE: i64 = 1_700_000_000_000;

fn facts(id: u64, at_ms: i64, from: u32, to: u32) -> Facts {
    let process = |pid: u32, is_known: bool| Mention {
        kind: NodeKind::Process,
        key: u64::from(pid) + if is_known { 1000 } else { 0 },
        pid,
        is_known,
        traits: {
            let mut traits = Traits::new(NodeKind::Process);
            traits.raise(usize::try_from(pid).unwrap(), 100 + u8::try_from(id % 50).unwrap());
            traits
        },
        label: format!("p{pid}").into(),
    };
    Facts {
        event: u128::from(id),
        time: Timestamp::from_millis(BASE + at_ms),
        platform: Platform::Windows,
        is_simulated: false,
        mentions: vec![process(from, true), process(to, id % 5 > 0)],
        links: vec![FactLink {
            relation: if id % 2 == 0 {
                Relation::Spawned
            } else {
                Relation::Accessed
            },
            from: 0,
            to: 1,
            weight: u8::try_from(id % 200).unwrap(),
            failed: id % 7 == 0,
        }],
    }
}

fn key() -> (TenantId, EndpointId) {
    ("t".parse().unwrap(), EndpointId::new("ws-1"))
}

/// From nothing but the events of the window.
fn naive(start_ms: i64, end_ms: i64, pane: i64, events: &[&Facts]) -> Graph {
    let mut entities: Vec<Entity> = Vec::new();
    let mut by_pane: BTreeMap<(u64, i64), u32> = BTreeMap::new();
    let mut links: Vec<Link> = Vec::new();
    for facts in events {
        let time = facts.time.millis();
        let mut places = Vec::new();
        for mention in &facts.mentions {
            let found = entities.iter().position(|known| known.key == mention.key);
            let at = found.unwrap_or(entities.len());
            if found.is_none() {
                entities.push(Entity {
                    kind: mention.kind,
                    key: mention.key,
                    pid: mention.pid,
                    is_known: mention.is_known,
                    first_ms: time,
                    events: 0,
                    busiest: 0,
                    traits: mention.traits.clone(),
                    label: mention.label.clone(),
                });
            }
            let count = by_pane.entry((mention.key, time.div_euclid(pane))).or_default();
            *count += 1;
            entities[at].busiest = entities[at].busiest.max(*count);
            entities[at].events += 1;
            entities[at].first_ms = entities[at].first_ms.min(time);
            entities[at].traits.absorb(&mention.traits);
            places.push(at);
        }
        for link in &facts.links {
            links.push(Link {
                relation: link.relation,
                from: places[link.from],
                to: places[link.to],
                first_ms: time,
                last_ms: time,
                count: 1,
                failed: u32::from(link.failed),
                weight: link.weight,
                event: facts.event,
            });
        }
    }
    build(start_ms, end_ms, entities, links)
}

fn model(settings: &Settings, events: &[Facts]) -> BTreeMap<i64, (Vec<u128>, Graph)> {
    let cut = settings.cut();
    let (mut newest, mut seen, mut kept) = (i64::MIN, BTreeSet::new(), Vec::new());
    for facts in events {
        let time = facts.time.millis();
        if newest == i64::MIN || time >= newest - cut.lateness {
            newest = newest.max(time);
            if seen.insert(facts.event) {
                kept.push(facts);
            }
        }
    }
    let mut windows = BTreeMap::new();
    let times = || kept.iter().map(|facts| facts.time.millis());
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return windows;
    };
    let mut end = first.div_euclid(cut.step) * cut.step;
    while end <= last + cut.length {
        let inside: Vec<&Facts> = kept
            .iter()
            .copied()
            .filter(|facts| (end - cut.length..end).contains(&facts.time.millis()))
            .collect();
        if !inside.is_empty() {
            let mut ids: Vec<u128> = inside.iter().map(|facts| facts.event).collect();
            ids.sort_unstable();
            windows.insert(end, (ids, naive(end - cut.length, end, cut.pane, &inside)));
        }
        end += cut.step;
    }
    windows
}

fn settings() -> impl Strategy<Value = Settings> {
    (1..6_u64, 1..10_u64, 0..40_u64).prop_map(|(steps, step, lateness)| Settings {
        length: Duration::from_secs(steps * step * 10 + (steps % 2) * 5),
        step: Duration::from_secs(step * 10),
        lateness: Duration::from_secs(lateness),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn windows_are_what_a_naive_model_says(
        settings in settings(),
        steps in prop::collection::vec((0..40_000_i64, -50_000..1_i64, 0..6_u32, 0..6_u32, any::<bool>()), 1..60),
        gap in 0..400_000_i64,
    ) {
        let mut now = 0;
        let mut events = Vec::new();
        for (number, (forward, back, from, to, again)) in steps.iter().enumerate() {
            now += forward + if number == steps.len() / 2 { gap } else { 0 };
            events.push(facts(number as u64 + 1, now + back, *from, *to));
            if *again {
                events.push(events[number / 2].clone());
            }
        }
        let (tenant, endpoint) = key();
        let mut windows = Windows::new(&settings);
        let mut found = BTreeMap::new();
        let mut given = Vec::new();
        for facts in &events {
            given.extend(windows.on_event(Timestamp::EPOCH, &tenant, &endpoint, facts.clone()));
        }
        given.extend(windows.finish());
        for window in given {
            prop_assert_eq!(window.end.since(window.start), settings.length);
            let known = found.insert(window.end.millis(), (window.events, window.graph));
            prop_assert!(known.is_none(), "a window was given out twice");
        }
        prop_assert_eq!(found, model(&settings, &events));
    }
}

#[test]
fn order_within_the_lateness_does_not_matter() {
    let (tenant, endpoint) = key();
    let run = |events: &[Facts]| {
        let mut windows = Windows::new(&Settings::default());
        let mut all: Vec<Window> = events
            .iter()
            .flat_map(|facts| windows.on_event(facts.time, &tenant, &endpoint, facts.clone()))
            .collect();
        all.extend(windows.finish());
        all
    };
    let mut events: Vec<Facts> = (0..40)
        .map(|id| facts(id, i64::try_from(id).unwrap() * 700, u32::try_from(id % 5).unwrap(), 5))
        .collect();
    let one = run(&events);
    events.reverse();
    assert_eq!(one, run(&events));
    assert!(!one.is_empty());
}

#[test]
fn a_clock_that_was_set_back_is_followed_and_a_late_event_is_not() {
    let (tenant, endpoint) = key();
    let mut windows = Windows::new(&Settings::default());
    let feed = |windows: &mut Windows, received: i64, id: u64, at: i64| {
        windows
            .on_event(
                Timestamp::from_millis(received),
                &tenant,
                &endpoint,
                facts(id, at, 1, 2),
            )
            .len()
    };
    feed(&mut windows, 0, 1, 10_000_000);
    feed(&mut windows, 1_000, 2, 0);
    feed(&mut windows, 2_000, 3, 10_001_000);
    assert_eq!(windows.late(), 1);
    for id in 10..60 {
        let at = i64::try_from(id).unwrap() * 10_000;
        feed(&mut windows, 3_000 + at, id, at);
    }
    assert!(
        (2..25).contains(&windows.late()),
        "late until what was open counts as silent, {}",
        windows.late()
    );
    let last = windows.finish();
    assert!(last.iter().all(|window| window.end.millis() < BASE + 1_000_000));
    assert!(!last.is_empty());
}

#[test]
fn silence_ends_windows_and_costs_nothing() {
    let (tenant, endpoint) = key();
    let mut windows = Windows::new(&Settings::default());
    let now = Timestamp::from_millis(BASE);
    assert!(windows.on_event(now, &tenant, &endpoint, facts(1, 0, 1, 2)).is_empty());
    let key = StreamKey {
        tenant,
        endpoint,
        platform: Platform::Windows,
    };
    assert!(windows.oldest_needed(&key).is_some_and(|time| time <= now));
    let deadline = windows.next_deadline().unwrap();
    assert!(
        windows
            .on_deadline(deadline.saturating_sub(Duration::from_millis(1)))
            .is_empty()
    );
    assert_eq!(
        windows.on_deadline(deadline).len(),
        6,
        "every window that the event is in"
    );
    assert_eq!((windows.open(), windows.next_deadline()), (0, None));
}
