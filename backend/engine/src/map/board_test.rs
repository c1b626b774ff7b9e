//! What a board tells its listeners, whatever comes and however much.

use super::{Board, Sighting};
use proptest::prelude::*;
use watchfloor_shared::{
    AlertId, EventId, Timestamp,
    alert::Severity,
    map::{FRAME_HITS_MAX, KEPT_MS, MapEnd, MapPlace},
};

const START_MS: i64 = 1_700_000_000_000;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(START_MS + ms)
}

fn end(address: &str, country: &str) -> MapEnd {
    MapEnd {
        address: Some(address.to_owned()),
        place: Some(MapPlace {
            name: country.to_owned(),
            latitude: 1.0,
            longitude: 2.0,
            country: Some(country.to_owned()),
            is_site: false,
        }),
        ..MapEnd::default()
    }
}

fn seen(event: u64, source: &str, severity: Severity) -> Sighting {
    Sighting {
        event_id: EventId::new(event.to_string()),
        alert_id: None,
        source: end(source, "NO"),
        destination: end("10.0.0.1", "DE"),
        severity,
        rule: "Scan".to_owned(),
        module: "suricata".to_owned(),
        protocol: None,
        count: 1,
        simulated: false,
    }
}

fn alert(event: u64, alert: &str) -> Sighting {
    Sighting {
        alert_id: Some(AlertId::new(alert)),
        module: "watchfloor".to_owned(),
        ..seen(event, "203.0.113.1", Severity::Critical)
    }
}

#[test]
fn an_event_that_becomes_an_alert_counts_once_and_its_flow_leads_there() {
    let mut board = Board::default();
    board.take(seen(1, "203.0.113.1", Severity::Low), at(0), at(0));
    let mut cursor = board.cursor();
    board.take(alert(1, "a"), at(10), at(10));
    board.take(alert(1, "b"), at(20), at(20));
    let frame = board.frame(&mut cursor, at(30)).unwrap();
    assert_eq!(frame.hits, []);
    let [flow] = &frame.flows[..] else {
        panic!("{:?}", frame.flows)
    };
    assert_eq!(flow.severity, Severity::Critical);
    assert_eq!(flow.alert_id.as_ref().unwrap().as_str(), "a");
    assert_eq!(flow.module, "suricata");
    assert_eq!(board.counts(at(30)).minute, [1, 0, 0, 0]);
    assert_eq!(board.frame(&mut cursor, at(40)).unwrap().flows, [], "described once");
}

#[test]
fn counts_reach_a_minute_an_hour_and_a_day_and_no_farther() {
    let mut board = Board::since(at(-7_200_000));
    let now = at(0);
    for (event, ago_s) in [
        (1, 0),
        (2, 59),
        (3, 61),
        (4, 3_500),
        (5, 3_700),
        (6, 86_300),
        (7, 86_500),
    ] {
        board.take(seen(event, "203.0.113.1", Severity::High), at(-ago_s * 1_000), now);
    }
    board.forget_before(now);
    let counts = board.counts(now);
    assert_eq!(counts.minute, [0, 0, 2, 0]);
    assert_eq!(counts.hour, [0, 0, 4, 0]);
    assert_eq!(counts.day, [0, 0, 6, 0]);
    assert_eq!(counts.since, at(-7_200_000), "as far as is known");
    // What lies half an hour back is not drawn.
    assert_eq!(board.snapshot(now, Vec::new()).0.hits.len(), 3);
}

#[test]
fn an_old_event_that_became_an_alert_counts_once_too() {
    let mut board = Board::default();
    let (then, now) = (at(-2 * KEPT_MS), at(0));
    board.take(seen(1, "203.0.113.1", Severity::Low), then, now);
    board.take(alert(1, "a"), then, now);
    assert_eq!(board.counts(now).day, [1, 0, 0, 0]);
    assert!(board.snapshot(now, Vec::new()).0.flows.is_empty());
}

#[test]
fn more_than_a_frame_holds_is_drawn_with_others_of_its_severity_and_said() {
    let mut board = Board::default();
    let mut cursor = board.cursor();
    for event in 0..1_000 {
        let severity = if event % 10 == 0 {
            Severity::Critical
        } else {
            Severity::Low
        };
        board.take(seen(event, &format!("198.51.100.{event}"), severity), at(0), at(0));
    }
    let frame = board.frame(&mut cursor, at(1)).unwrap();
    assert_eq!(frame.hits.len(), FRAME_HITS_MAX);
    assert_eq!(frame.hits.iter().map(|hit| hit.count).sum::<u64>(), 1_000);
    assert_eq!(frame.coalesced, 800);
    let worst = frame.flows.iter().filter(|flow| flow.severity == Severity::Critical);
    let drawn = worst.filter(|flow| frame.hits.iter().any(|hit| hit.flow == flow.id && hit.count == 1));
    assert_eq!(drawn.count(), 100, "the worst are all drawn, each for itself");
}

#[test]
fn a_flood_of_sources_is_held_in_groups_and_nothing_is_lost_of_the_sum() {
    let mut board = Board::default();
    let events = 200_000_u64;
    for event in 0..events {
        let now = at(event as i64 * 5);
        board.take(seen(event, &format!("source-{event}"), Severity::Medium), now, now);
        if event % 200 == 0 {
            board.forget_before(now);
        }
    }
    let now = at(events as i64 * 5);
    board.forget_before(now);
    let (snapshot, _) = board.snapshot(now, Vec::new());
    assert_eq!(snapshot.hits.iter().map(|hit| hit.count).sum::<u64>(), events);
    assert!(snapshot.hits.len() < 60_000, "{}", snapshot.hits.len());
    assert!(snapshot.flows.len() <= 2_501, "{}", snapshot.flows.len());
    assert!(
        snapshot
            .flows
            .iter()
            .any(|flow| flow.is_group && flow.source.address.is_none())
    );
    // An hour later nothing is left.
    let later = at(events as i64 * 5 + 3 * KEPT_MS);
    board.forget_before(later);
    let (snapshot, _) = board.snapshot(later, Vec::new());
    assert_eq!((snapshot.flows.len(), snapshot.hits.len()), (0, 0));
}

#[test]
fn a_listener_that_slept_too_long_begins_anew() {
    let mut board = Board::default();
    let mut cursor = board.cursor();
    board.take(seen(1, "203.0.113.1", Severity::Low), at(0), at(0));
    board.forget_before(at(60_000));
    assert_eq!(board.frame(&mut cursor, at(60_000)), None);
    let (snapshot, mut cursor) = board.snapshot(at(60_000), Vec::new());
    assert_eq!(snapshot.hits.len(), 1);
    assert_eq!(board.frame(&mut cursor, at(60_001)).unwrap().hits, []);
}

proptest! {
    /// Whenever a listener looks: what it got first and since then is what happened.
    #[test]
    fn a_snapshot_and_the_frames_after_it_sum_up_to_what_happened(
        steps in prop::collection::vec((0_u64..40, 0_i64..2_000, 0_usize..4, prop::bool::ANY), 1..300),
        joins in 0_usize..300,
    ) {
        let mut board = Board::default();
        let (mut now, mut taken, mut got) = (0, 0_u64, 0_u64);
        let mut cursor = None;
        for (number, (source, wait_ms, severity, looks)) in steps.iter().enumerate() {
            now += wait_ms;
            let sighting = Sighting { count: 1 + source % 3, ..seen(number as u64, &source.to_string(), Severity::ALL[*severity]) };
            taken += sighting.count;
            board.take(sighting, at(now), at(now));
            board.forget_before(at(now));
            if number == joins {
                let (snapshot, here) = board.snapshot(at(now), Vec::new());
                got = snapshot.hits.iter().map(|hit| hit.count).sum();
                cursor = Some(here);
            } else if let Some(cursor) = cursor.as_mut().filter(|_| *looks) {
                match board.frame(cursor, at(now)) {
                    Some(frame) => got += frame.hits.iter().map(|hit| hit.count).sum::<u64>(),
                    None => {
                        let (snapshot, here) = board.snapshot(at(now), Vec::new());
                        got = snapshot.hits.iter().map(|hit| hit.count).sum();
                        *cursor = here;
                    }
                }
            }
        }
        if let Some(mut cursor) = cursor {
            match board.frame(&mut cursor, at(now)) {
                Some(frame) => got += frame.hits.iter().map(|hit| hit.count).sum::<u64>(),
                None => got = board.snapshot(at(now), Vec::new()).0.hits.iter().map(|hit| hit.count).sum(),
            }
            prop_assert_eq!(got, taken);
        }
    }
}
