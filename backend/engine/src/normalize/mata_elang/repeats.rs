//! Equal alerts → one with a count. A Fold: time comes in, nothing is read from a clock.
//!
//! Invariant: events in = events out + folded. A window begins with the first event of its key and takes what happened within
//! its length; event time decides, so a replay gives the same events at any speed. Keys are bounded: when there are too many,
//! the oldest window closes early.

use crate::json::{Map, Value};
use crate::{Event, normalize::time};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use watchfloor_shared::Timestamp;

/// Sensor, rule, source, destination.
type Key = [String; 4];

#[derive(Debug)]
pub struct Repeats {
    window: Duration,
    keys_max: usize,
    open: HashMap<Key, Open>,
    /// Keys in the order in which their windows were opened, with the time of opening.
    order: VecDeque<(Timestamp, Key)>,
    folded: u64,
}

/// An alert with what it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// The first of them, which says the count where it is more than one.
    pub event: Event,
    pub count: u64,
    /// When the last of them was.
    pub last: Timestamp,
    /// What the caller calls them, in the order they came.
    pub tokens: Vec<u64>,
}

#[derive(Debug)]
struct Open {
    first: Event,
    /// When this window was opened, by the caller's time.
    opened: Timestamp,
    last: Timestamp,
    count: u64,
    tokens: Vec<u64>,
}

impl Repeats {
    pub fn new(window: Duration, keys_max: usize) -> Self {
        Self {
            window,
            keys_max: keys_max.max(1),
            open: HashMap::new(),
            order: VecDeque::new(),
            folded: 0,
        }
    }

    /// Takes one event in; gives the events whose windows this closes. An event without rule or addresses goes straight on.
    pub fn on_event(&mut self, now: Timestamp, event: Event) -> Vec<Event> {
        events(self.on_alert(now, event, 0))
    }

    /// The same for callers that account for every alert: each token comes out once.
    pub fn on_alert(&mut self, now: Timestamp, event: Event, token: u64) -> Vec<Counted> {
        let alert = Open {
            opened: now,
            last: event.timestamp,
            count: count(&event),
            tokens: vec![token],
            first: event,
        };
        let Some(key) = key(&alert.first) else {
            return vec![alert.finish()];
        };
        let mut closed = Vec::new();
        if let Some(open) = self.open.get_mut(&key) {
            if open.takes(&alert.first, self.window) {
                open.last = open.last.max(alert.last);
                open.count = open.count.saturating_add(alert.count);
                open.tokens.push(token);
                self.folded += 1;
                return closed;
            }
            closed.extend(self.close(&key));
        }
        if self.open.len() >= self.keys_max
            && let Some((_, oldest)) = self.order.pop_front()
        {
            closed.extend(self.open.remove(&oldest).map(Open::finish));
        }
        self.order.push_back((now, key.clone()));
        self.open.insert(key, alert);
        closed
    }

    /// When [`Self::on_deadline`] has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.order.front().map(|(opened, _)| opened.saturating_add(self.window))
    }

    /// Closes the windows that have been open for their length.
    pub fn on_deadline(&mut self, now: Timestamp) -> Vec<Counted> {
        let mut closed = Vec::new();
        while let Some((opened, key)) = self.order.front() {
            if opened.saturating_add(self.window) > now {
                break;
            }
            let key = key.clone();
            closed.extend(self.close(&key));
        }
        closed
    }

    /// The end of the stream: every window closes.
    pub fn finish(&mut self) -> Vec<Counted> {
        let mut closed = Vec::new();
        while let Some((_, key)) = self.order.pop_front() {
            closed.extend(self.open.remove(&key).map(Open::finish));
        }
        closed
    }

    /// Events that became part of another one since the start.
    pub fn folded(&self) -> u64 {
        self.folded
    }

    fn close(&mut self, key: &Key) -> Option<Counted> {
        let open = self.open.remove(key)?;
        if let Some(at) = self
            .order
            .iter()
            .position(|(opened, known)| *opened == open.opened && known == key)
        {
            self.order.remove(at);
        }
        Some(open.finish())
    }
}

impl Open {
    fn takes(&self, event: &Event, window: Duration) -> bool {
        let (start, end) = (self.first.timestamp, self.first.timestamp.saturating_add(window));
        event.timestamp < end && event.timestamp.saturating_add(window) > start
    }

    /// The first event, with how many it stands for and until when.
    fn finish(mut self) -> Counted {
        if self.count > 1 {
            set(&mut self.first.doc, "watchfloor", "count", self.count.into());
            set(
                &mut self.first.doc,
                "event",
                "start",
                time::text(self.first.timestamp).into(),
            );
            set(&mut self.first.doc, "event", "end", time::text(self.last).into());
        }
        Counted {
            event: self.first,
            count: self.count,
            last: self.last,
            tokens: self.tokens,
        }
    }
}

fn events(counted: Vec<Counted>) -> Vec<Event> {
    counted.into_iter().map(|counted| counted.event).collect()
}

fn set(doc: &mut Map, section: &str, name: &str, value: Value) {
    if let Some(Value::Object(fields)) = doc.get_mut(section) {
        fields.insert(name.to_owned(), value);
    }
}

fn key(event: &Event) -> Option<Key> {
    let text = |path: &str| event.text(path).map(str::to_owned);
    let rule = text("rule.id").or_else(|| text("rule.name"))?;
    Some([
        event.endpoint.to_string(),
        rule,
        text("source.ip")?,
        text("destination.ip")?,
    ])
}

fn count(event: &Event) -> u64 {
    event.get("watchfloor.count").and_then(Value::as_u64).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn alert(rule: u8, source: u8, seconds: i64) -> Event {
        let time = Timestamp::from_millis(1_000_000 + seconds * 1_000);
        let doc = json!({"host": {"id": "sensor"}, "event": {"id": format!("{rule}-{source}-{seconds}")},
            "@timestamp": time.to_string(), "rule": {"id": rule.to_string()}, "watchfloor": {"schema": 1},
            "source": {"ip": format!("10.0.0.{source}")}, "destination": {"ip": "10.0.1.1"}});
        Event::from_doc(doc.as_object().unwrap().clone()).unwrap()
    }

    fn run(events: &[Event], keys_max: usize) -> (Vec<Event>, u64) {
        let mut repeats = Repeats::new(Duration::from_secs(60), keys_max);
        let mut out = Vec::new();
        for event in events {
            out.extend(repeats.on_event(event.timestamp, event.clone()));
        }
        out.extend(super::events(repeats.finish()));
        (out, repeats.folded())
    }

    #[test]
    fn equal_alerts_within_the_window_are_one_with_a_count() {
        let (out, folded) = run(&[alert(1, 1, 0), alert(1, 2, 1), alert(1, 1, 59), alert(1, 1, 60)], 10);
        let counts: Vec<_> = out
            .iter()
            .map(|e| (e.id.to_string(), e.get("watchfloor.count").cloned()))
            .collect();
        assert_eq!(
            counts,
            [
                ("1-1-0".to_owned(), Some(json!(2).into())),
                ("1-2-1".to_owned(), None),
                ("1-1-60".to_owned(), None)
            ]
        );
        assert_eq!(folded, 1);
        assert_eq!(out[0].text("event.end"), Some("1970-01-01T00:17:39Z"));
    }

    #[test]
    fn a_deadline_closes_what_nobody_repeats() {
        let mut repeats = Repeats::new(Duration::from_secs(60), 10);
        let event = alert(1, 1, 0);
        let now = event.timestamp;
        assert!(repeats.on_event(now, event).is_empty());
        let deadline = repeats.next_deadline().unwrap();
        assert!(repeats.on_deadline(now).is_empty());
        assert_eq!(repeats.on_deadline(deadline).len(), 1);
        assert_eq!(repeats.next_deadline(), None);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_counted_twice(
            steps in prop::collection::vec((0..3_u8, 0..3_u8, 0..40_i64), 0..60), keys_max in 1..6_usize,
        ) {
            let mut at = 0;
            let events: Vec<Event> = steps.iter().map(|(rule, source, gap)| { at += gap; alert(*rule, *source, at) }).collect();
            let (out, folded) = run(&events, keys_max);
            prop_assert_eq!(out.len() as u64 + folded, events.len() as u64);
            prop_assert_eq!(out.iter().map(count).sum::<u64>(), events.len() as u64);
        }
    }
}
