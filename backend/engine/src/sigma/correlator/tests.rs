use super::*;
use crate::sigma::{RuleSource, view::tests::event};
use proptest::prelude::*;
use serde_json::json;

const PARTS: &str = r"
title: A
name: a
logsource: {product: windows, service: security}
detection: {selection: {EventID: 1}, condition: selection}
---
title: B
name: b
logsource: {product: windows, service: security}
detection: {selection: {EventID: 2}, condition: selection}
";

fn rules(correlation: &str) -> RuleSet {
    let yaml = format!("{PARTS}---\ntitle: C\nid: c\nlevel: high\n{correlation}");
    let rules = RuleSet::load([RuleSource {
        pack: "test".to_owned(),
        path: "c.yml".to_owned(),
        yaml,
    }]);
    assert_eq!(rules.counts().unsupported, 0, "{:?}", rules.rules());
    rules
}

fn count(threshold: u64) -> RuleSet {
    rules(&format!(
        "correlation:\n  type: event_count\n  rules: [a]\n  group-by: [User]\n  timespan: 10s\n  condition: {{gte: {threshold}}}\n"
    ))
}

fn at(second: i64, name: &str, event_id: u64, user: &str) -> Event {
    let time = Timestamp::from_millis(second * 1000);
    event(json!({"@timestamp": time.to_string(), "event": {"id": name},
        "winlog": {"channel": "Security", "event_id": event_id, "event_data": {"User": user}}}))
}

fn feed(correlator: &mut Correlator, rules: &RuleSet, event: &Event) -> Vec<Detection> {
    let now = Timestamp::from_millis(1_000_000_000);
    let detections = rules.detect(event, now, now);
    correlator.on_detections(rules, event, &detections, now, now)
}

fn names(detection: &Detection) -> Vec<&str> {
    detection.contributing.iter().map(EventId::as_str).collect()
}

#[test]
fn a_count_fires_when_it_is_reached_and_once_per_timespan_while_it_lasts() {
    let (rules, mut correlator) = (count(3), Correlator::default());
    let mut fired = Vec::new();
    for second in 0..40 {
        if !feed(&mut correlator, &rules, &at(second, &format!("e{second}"), 1, "bob")).is_empty() {
            fired.push(second);
        }
    }
    assert_eq!(fired, [2, 10, 20, 30]);
}

#[test]
fn parts_of_a_correlation_stay_silent_and_the_match_names_its_events() {
    let (rules, mut correlator) = (count(2), Correlator::default());
    let (first, second) = (at(1, "x", 1, "bob"), at(2, "y", 1, "bob"));
    assert!(rules.detect(&first, Timestamp::EPOCH, Timestamp::EPOCH).is_empty());
    assert!(feed(&mut correlator, &rules, &first).is_empty());
    let found = feed(&mut correlator, &rules, &second);
    assert_eq!(found.len(), 1);
    assert_eq!(names(&found[0]), ["x", "y"]);
    assert_eq!(found[0].event_id.as_str(), "y");
    assert_eq!(found[0].evidence, "2 × A in 10s · User bob");
}

#[test]
fn an_event_that_comes_twice_counts_once_and_groups_do_not_mix() {
    let (rules, mut correlator) = (count(2), Correlator::default());
    for _ in 0..5 {
        assert!(feed(&mut correlator, &rules, &at(1, "x", 1, "bob")).is_empty());
    }
    assert!(feed(&mut correlator, &rules, &at(2, "y", 1, "eve")).is_empty());
    assert!(feed(&mut correlator, &rules, &at(3, "z", 1, "")).is_empty());
    assert_eq!(correlator.groups(), 2);
}

#[test]
fn values_are_counted_once_each() {
    let rules =
        rules("correlation:\n  type: value_count\n  rules: [a]\n  timespan: 10s\n  condition: {field: User, gte: 3}\n");
    let mut correlator = Correlator::default();
    let users = ["bob", "bob", "eve", "amy"];
    let fired: Vec<usize> = (0..4)
        .map(|i| {
            feed(
                &mut correlator,
                &rules,
                &at(i, &format!("e{i}"), 1, users[usize::try_from(i).unwrap()]),
            )
            .len()
        })
        .collect();
    assert_eq!(fired, [0, 0, 0, 1]);
}

#[test]
fn an_order_is_told_from_mere_company() {
    let correlation =
        |kind: &str| format!("correlation:\n  type: {kind}\n  rules: [a, b]\n  group-by: [User]\n  timespan: 10s\n");
    let run = |kind: &str, ids: &[u64]| {
        let (rules, mut correlator) = (rules(&correlation(kind)), Correlator::default());
        let mut fired = 0;
        for (second, event_id) in ids.iter().enumerate() {
            let event = at(i64::try_from(second).unwrap(), &format!("e{second}"), *event_id, "bob");
            fired += feed(&mut correlator, &rules, &event).len();
        }
        fired
    };
    assert_eq!(run("temporal", &[2, 1]), 1);
    assert_eq!(run("temporal_ordered", &[2, 1]), 0);
    assert_eq!(run("temporal_ordered", &[2, 1, 2]), 1);
    assert_eq!(run("temporal", &[1, 1, 1]), 0);
}

#[test]
fn reading_again_what_is_still_needed_restores_the_state() {
    let rules = count(3);
    let events: Vec<Event> = (0..60)
        .map(|i| {
            at(
                i * 7 % 97,
                &format!("e{i}"),
                1,
                ["bob", "eve"][usize::try_from(i % 2).unwrap()],
            )
        })
        .collect();
    let mut undisturbed = Correlator::default();
    for (position, event) in events.iter().enumerate() {
        let expected = feed(&mut undisturbed, &rules, event);
        let mut before = Correlator::default();
        events[..position]
            .iter()
            .for_each(|event| drop(feed(&mut before, &rules, event)));
        let since = before.oldest_needed().unwrap_or(event.timestamp);
        let mut restored = Correlator::default();
        for event in events[..position].iter().filter(|event| event.timestamp >= since) {
            drop(feed(&mut restored, &rules, event));
        }
        assert_eq!(feed(&mut restored, &rules, event), expected, "at {position}");
    }
}

#[test]
fn what_cannot_run_says_why() {
    let reason = |correlation: &str| {
        let yaml = format!("{PARTS}---\ntitle: C\nid: c\n{correlation}");
        let set = RuleSet::load([RuleSource {
            pack: "t".to_owned(),
            path: "c.yml".to_owned(),
            yaml,
        }]);
        format!("{:?}", set.rule(&RuleId::new("c")).unwrap().state)
    };
    let base = |kind: &str, rules: &str, condition: &str| {
        reason(&format!(
            "correlation:\n  type: {kind}\n  rules: [{rules}]\n  timespan: 10s\n  condition: {condition}\n"
        ))
    };
    assert!(base("event_count", "nobody", "{gte: 2}").contains("no loaded rule has"));
    assert!(base("event_count", "c", "{gte: 2}").contains("waits for this rule itself"));
    assert!(base("event_count", "a", "{lte: 2}").contains("cannot be told from a stream"));
    assert!(base("value_avg", "a", "{gte: 2, field: x}").contains("value_avg are not supported"));
}

#[test]
fn groups_are_bounded() {
    let (rules, mut correlator) = (count(2), Correlator::default());
    for i in 0..(GROUPS_MAX + 100) {
        feed(
            &mut correlator,
            &rules,
            &at(1, &format!("e{i}"), 1, &format!("user{i}")),
        );
    }
    assert!(correlator.groups() <= GROUPS_MAX);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// In order of time, a correlation holds exactly when a plain count over the last ten seconds says so.
    #[test]
    fn counting_agrees_with_a_plain_count(gaps in prop::collection::vec(0i64..6, 1..60), threshold in 2u64..6) {
        let (rules, mut correlator) = (count(threshold), Correlator::default());
        let mut times: Vec<i64> = Vec::new();
        let holds = |times: &[i64]| times.last().is_some_and(|last| {
            times.iter().filter(|time| **time >= last - 10).count() as u64 >= threshold
        });
        for (index, gap) in gaps.iter().enumerate() {
            let before = holds(&times);
            let last = times.last().copied();
            let time = last.unwrap_or(0) + gap;
            times.push(time);
            let fired = !feed(&mut correlator, &rules, &at(time, &format!("e{index:03}"), 1, "bob")).is_empty();
            let same_period = last.is_some_and(|last| last.div_euclid(10) == time.div_euclid(10));
            prop_assert_eq!(fired, holds(&times) && !(before && same_period));
        }
    }
}
