use super::*;
use serde_json::json;
use watchfloor_shared::timeline::MarkKind;

fn event(n: i64, at_ms: i64, entity: &str) -> Event {
    let doc = json!({
        "@timestamp": Timestamp::from_millis(at_ms).to_string(),
        "event": {"id": format!("{n:032x}"), "category": ["file"], "action": "file-created"},
        "host": {"id": "ws-1", "name": "WS-1"},
        "process": {"entity_id": entity, "name": format!("{entity}.exe")},
        "file": {"name": "u.bin"},
    });
    let serde_json::Value::Object(doc) = doc else { panic!() };
    Event::from_doc(doc).unwrap()
}

fn timeline(events: &[Event], alert: &[i64], to_ms: i64) -> Timeline {
    build(&TimelineInput {
        events,
        alert_events: &alert.iter().map(|n| EventId::new(format!("{n:032x}"))).collect(),
        severity: Severity::High,
        by: LaneBy::Process,
        from: Timestamp::EPOCH,
        to: Timestamp::from_millis(to_ms),
        path: &HashSet::new(),
        spells: &[],
        total: events.len() as i64,
    })
}

#[test]
fn neighbours_merge_and_the_alerts_events_stand_alone() {
    let events: Vec<Event> = (0..100).map(|n| event(n, n, "a")).collect();
    let timeline = timeline(&events, &[50, 51], 600_000);
    let marks = &timeline.lanes[0].marks;
    assert_eq!(marks.iter().filter(|mark| mark.severity.is_some()).count(), 2);
    assert_eq!(marks.iter().map(|mark| mark.count).collect::<Vec<_>>(), [98, 1, 1]);
    assert_eq!(marks[0].label, "u.bin and 97 more");
    assert!(matches!(marks[0].kind, MarkKind::Touch(_)));
    assert_eq!((timeline.shown, timeline.total), (100, 100));
}

#[test]
fn many_events_stay_within_the_marks() {
    let events: Vec<Event> = (0..9_000)
        .map(|n| event(n, n * 100, &format!("p{}", n % 500)))
        .collect();
    let timeline = timeline(&events, &[8_999], 900_000);
    let marks: usize = timeline.lanes.iter().map(|lane| lane.marks.len()).sum();
    assert!(marks <= MARKS_MAX + 1, "{marks}");
    assert_eq!(timeline.shown, 9_000);
    assert_eq!(timeline.lanes[0].key, "p499", "the alert's lane comes first");
    assert!(
        timeline
            .lanes
            .iter()
            .all(|lane| lane.marks.is_sorted_by_key(|mark| mark.at))
    );
}

#[test]
fn silence_is_a_gap_only_when_it_is_long_for_this_endpoint() {
    let busy: Vec<Event> = [0, 1, 2, 3, 120, 121].map(|s| event(s, s * 1_000, "a")).into();
    let gaps = timeline(&busy, &[], 600_000).gaps;
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].from, Timestamp::from_millis(3_000));
    let quiet: Vec<Event> = [0, 50, 100, 150, 300, 350].map(|s| event(s, s * 1_000, "a")).into();
    assert_eq!(timeline(&quiet, &[], 600_000).gaps, []);
}
