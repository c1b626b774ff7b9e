//! The fold against a naive model that sees everything at once.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use watchfloor_shared::alert::{AlertRule, DetectionSource, Severity};

fn detection(rule: u8, endpoint: u8, event: usize, second: i64) -> Detection {
    let observed = Timestamp::from_millis(second * 1_000);
    let rule_id = RuleId::new(format!("rule-{rule}"));
    Detection {
        source: DetectionSource::Sigma,
        rule: AlertRule {
            id: rule_id,
            title: String::new(),
            level: "high".to_owned(),
            description: String::new(),
            author: None,
            false_positives: Vec::new(),
            references: Vec::new(),
        },
        severity: Severity::High,
        techniques: Vec::new(),
        event_id: EventId::new(format!("{event:032x}")),
        contributing: Vec::new(),
        endpoint_id: EndpointId::new(format!("host-{endpoint}")),
        // The first one is a network sensor, which tells of others.
        subject: if endpoint == 0 {
            format!("of {}", event % 3)
        } else {
            String::new()
        },
        endpoint_name: String::new(),
        user: None,
        process_name: None,
        process_entity: None,
        file_sha256: None,
        evidence: String::new(),
        what_happened: Vec::new(),
        matched: Vec::new(),
        observed,
        received: observed,
        detected: observed,
        simulated: false,
        located: None,
    }
}

/// Id → key, first seen, count, related endpoints.
type Alerts = BTreeMap<AlertId, (Key, Timestamp, usize, BTreeSet<EndpointId>)>;

fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

/// Every alert compared with every detection and every other alert.
fn naive(detections: &[Detection], settings: &AlertSettings) -> Alerts {
    let mut alerts = Alerts::new();
    let mut seen = HashSet::new();
    for d in detections {
        if !seen.insert((d.rule.id.clone(), d.event_id.clone())) {
            continue;
        }
        let of_key = alerts.values_mut().filter(|a| a.0 == Key::of(d));
        let within = of_key.filter(|a| a.1 <= d.observed && d.observed.since(a.1) <= settings.dedup_window);
        match within.max_by_key(|a| a.1) {
            Some(alert) => alert.2 += 1,
            None => {
                let id = alert_id(&tenant(), &d.rule.id, &d.endpoint_id, &d.event_id);
                alerts.insert(id, (Key::of(d), d.observed, 1, BTreeSet::new()));
            }
        }
    }
    let all: Vec<_> = alerts.values().map(|a| (a.0.endpoint.clone(), a.1)).collect();
    for alert in alerts.values_mut() {
        let near = |t: Timestamp| t.since(alert.1).max(alert.1.since(t)) <= settings.correlation_window;
        alert.3 = all
            .iter()
            .filter(|(e, t)| *e != alert.0.endpoint && near(*t))
            .map(|(e, _)| e.clone())
            .collect();
    }
    alerts
}

/// What a store does with [`Fold`] and [`correlate`], batch by batch.
fn in_batches(batches: &[Vec<Detection>], settings: &AlertSettings) -> Alerts {
    let mut alerts = Alerts::new();
    let mut recorded = Vec::new();
    for batch in batches {
        let mut fold = Fold::new(tenant(), settings);
        for (rule, event) in &recorded {
            fold.recall_recorded(RuleId::clone(rule), EventId::clone(event));
        }
        for (id, (key, first_seen, ..)) in &alerts {
            fold.recall_alert(key.clone(), *first_seen, id.clone());
        }
        let mut raised = HashSet::new();
        for d in batch {
            match fold.on_detection(d) {
                Outcome::Raised(id) => {
                    let alert = (Key::of(d), d.observed, 1, BTreeSet::new());
                    assert!(alerts.insert(id.clone(), alert).is_none(), "an id was given twice");
                    raised.insert(id);
                }
                Outcome::Folded(id) => alerts.get_mut(&id).unwrap().2 += 1,
                Outcome::AlreadyRecorded => continue,
            }
            recorded.push((d.rule.id.clone(), d.event_id.clone()));
        }
        correlate_all(&mut alerts, &raised, settings.correlation_window);
    }
    alerts
}

fn correlate_all(alerts: &mut Alerts, raised: &HashSet<AlertId>, window: Duration) {
    let of = |(id, a): (&AlertId, &(Key, Timestamp, usize, BTreeSet<EndpointId>))| Correlated {
        endpoint: a.0.endpoint.clone(),
        first_seen: a.1,
        new: raised.contains(id),
        related: a.3.clone(),
    };
    let mut all: Vec<Correlated> = alerts.iter().map(of).collect();
    correlate(&mut all, window);
    for alert in alerts.values_mut() {
        // Alerts of one endpoint and time have one answer, new or not.
        let same = all
            .iter()
            .filter(|c| c.endpoint == alert.0.endpoint && c.first_seen == alert.1);
        alert.3 = same.flat_map(|c| c.related.iter().cloned()).collect();
    }
}

/// Detections in order per endpoint, interleaved and cut into batches by chance, some delivered again later.
fn arrivals() -> impl Strategy<Value = (Vec<Detection>, Vec<Vec<Detection>>)> {
    let one = (0..3u8, 0..4u8, 0..90i64, any::<u16>(), 0..12u8);
    prop::collection::vec(one, 1..120).prop_map(|steps| {
        let mut clocks = [0i64; 4];
        let mut made = Vec::new();
        for (event, (rule, endpoint, step, order, cut)) in steps.into_iter().enumerate() {
            let clock = &mut clocks[usize::from(endpoint)];
            *clock += step;
            made.push((endpoint, order, cut, detection(rule, endpoint, event, *clock)));
        }
        let in_order: Vec<Detection> = made.iter().map(|m| m.3.clone()).collect();
        // Endpoints overtake each other; one endpoint's own detections keep their order.
        let mut queues: [std::collections::VecDeque<_>; 4] = Default::default();
        let orders: Vec<_> = made.iter().map(|m| (m.1, m.2)).collect();
        made.into_iter().for_each(|m| queues[usize::from(m.0)].push_back(m.3));
        let mut batches = vec![Vec::new()];
        let mut delivered: Vec<Detection> = Vec::new();
        for (order, cut) in orders {
            let waiting: Vec<usize> = (0..4).filter(|q| !queues[*q].is_empty()).collect();
            let next = queues[waiting[usize::from(order) % waiting.len()]].pop_front().unwrap();
            delivered.push(next.clone());
            batches.last_mut().unwrap().push(next);
            match cut {
                0..3 => batches.push(Vec::new()),
                3 => batches.push(delivered[usize::from(order) % delivered.len()..].to_vec()),
                _ => {}
            }
        }
        (in_order, batches)
    })
}

proptest! {
    #[test]
    fn arrival_order_batches_and_redelivery_change_nothing((in_order, batches) in arrivals()) {
        let settings = AlertSettings::default();
        prop_assert_eq!(in_batches(&batches, &settings), naive(&in_order, &settings));
    }
}

#[test]
fn the_window_counts_from_the_first_and_includes_its_end() {
    let mut fold = Fold::new(tenant(), &AlertSettings::default());
    let Outcome::Raised(first) = fold.on_detection(&detection(0, 1, 0, 0)) else {
        panic!("not raised")
    };
    assert_eq!(
        fold.on_detection(&detection(0, 1, 1, 299)),
        Outcome::Folded(first.clone())
    );
    assert_eq!(
        fold.on_detection(&detection(0, 1, 2, 300)),
        Outcome::Folded(first.clone())
    );
    let Outcome::Raised(second) = fold.on_detection(&detection(0, 1, 3, 301)) else {
        panic!("not raised")
    };
    assert_ne!(first, second);
    assert_eq!(
        fold.on_detection(&detection(0, 1, 4, 100)),
        Outcome::Folded(first),
        "late, within the first's window"
    );
    assert_eq!(fold.on_detection(&detection(0, 1, 4, 100)), Outcome::AlreadyRecorded);
    assert!(
        matches!(fold.on_detection(&detection(1, 1, 4, 100)), Outcome::Raised(_)),
        "another rule, same event"
    );
}

#[test]
fn what_a_sensor_tells_of_different_victims_is_different_alerts() {
    let mut fold = Fold::new(tenant(), &AlertSettings::default());
    let outcomes: Vec<Outcome> = (0..6)
        .map(|event| fold.on_detection(&detection(0, 0, event, 1)))
        .collect();
    let raised = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Raised(_)));
    assert_eq!(raised.count(), 3, "{outcomes:?}");
}
