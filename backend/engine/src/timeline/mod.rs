//! The timeline around an alert: lanes of marks, and the stretches in which the endpoint was silent.
//!
//! Invariants: an event of the alert is always a mark of its own; marks are at most [`MARKS_MAX`] plus those; `shown` counts
//! the events that are in marks.

mod gap;
mod lane;
#[cfg(test)]
mod tests;

use crate::Event;
use std::collections::{HashMap, HashSet};
use watchfloor_shared::{
    EntityId, EventId, Timestamp,
    alert::Severity,
    timeline::{LaneBy, Timeline},
};

/// Marks besides those of the alert's own events.
pub const MARKS_MAX: usize = 2_000;

/// Events of one endpoint and what the alert says of them, in any order.
#[derive(Debug)]
pub struct TimelineInput<'a> {
    pub events: &'a [Event],
    pub alert_events: &'a HashSet<EventId>,
    pub severity: Severity,
    pub by: LaneBy,
    pub from: Timestamp,
    pub to: Timestamp,
    /// Processes on the way to the match.
    pub path: &'a HashSet<EntityId>,
    /// First and last event of every spell in which the endpoint sent, where `events` are not all of them; else empty.
    pub spells: &'a [(Timestamp, Timestamp)],
    /// Events in the range.
    pub total: i64,
}

pub fn build(input: &TimelineInput<'_>) -> Timeline {
    let mut events: Vec<&Event> = input.events.iter().collect();
    events.sort_by(|a, b| (a.timestamp, &a.id).cmp(&(b.timestamp, &b.id)));
    events.dedup_by(|a, b| a.id == b.id);
    let inside = |event: &Event| event.timestamp >= input.from && event.timestamp <= input.to;
    let mut groups: HashMap<String, lane::Group<'_>> = HashMap::new();
    for event in &events {
        let key = lane::key(event, input.by);
        let group = groups.entry(key.clone()).or_insert_with(|| lane::Group::new(key));
        group.learn(event, input);
        if inside(event) {
            group.events.push(event);
        }
    }
    let mut groups: Vec<lane::Group<'_>> = groups.into_values().filter(|group| !group.events.is_empty()).collect();
    groups.sort_by_cached_key(lane::Group::rank);
    let lanes = lane::lanes(&groups, input);
    let shown = lanes.iter().flat_map(|lane| &lane.marks).map(|mark| mark.count).sum();
    let gaps = match input.spells {
        [] => gap::between(
            events
                .iter()
                .filter(|event| inside(event))
                .map(|event| (event.timestamp, event.timestamp)),
        ),
        spells => gap::between(spells.iter().copied()),
    };
    Timeline {
        from: input.from,
        to: input.to,
        by: input.by,
        lanes,
        gaps,
        total: input.total,
        shown,
    }
}
