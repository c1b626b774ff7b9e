//! The events of one group within one correlation's timespan.
//!
//! Everything in it is a function of the events that it still holds, so reading those again after a restart gives the same
//! window, and an event that comes twice counts once.

use super::correlation::{Correlation, Kind};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use watchfloor_shared::{EventId, Timestamp};

/// Events that one window remembers; beyond, the oldest are forgotten.
const ENTRIES_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Window {
    entries: BTreeMap<(Timestamp, EventId), Entry>,
    /// Events per part of the correlation.
    per_part: Vec<usize>,
    /// Events per value, where values are counted.
    per_value: HashMap<String, usize>,
}

#[derive(Debug, Default)]
struct Entry {
    parts: u64,
    value: Option<String>,
}

/// One rule's match on one event.
pub(super) struct Occurrence<'a> {
    pub at: Timestamp,
    pub event: &'a EventId,
    /// Its place among the correlation's parts.
    pub part: usize,
    pub value: Option<String>,
}

impl Window {
    /// Takes the occurrence in; whether it completes what the correlation looks for: at the moment when it becomes true, and
    /// while it stays true once per timespan of event time.
    pub(super) fn add(&mut self, correlation: &Correlation, occurrence: Occurrence<'_>) -> bool {
        let Occurrence { at, event, part, value } = occurrence;
        let newest = self.newest();
        if newest.is_some_and(|newest| at < newest.saturating_sub(correlation.span)) {
            return false;
        }
        let was = self.holds(correlation);
        let entry = self.entries.entry((at, event.clone())).or_default();
        if entry.parts & (1 << part) != 0 {
            return false;
        }
        if entry.value.is_none()
            && let Some(value) = value
        {
            *self.per_value.entry(value.clone()).or_default() += 1;
            entry.value = Some(value);
        }
        entry.parts |= 1 << part;
        self.per_part.resize(correlation.parts.len(), 0);
        if let Some(count) = self.per_part.get_mut(part) {
            *count += 1;
        }
        let now = newest.map_or(at, |newest| newest.max(at));
        self.forget(now, correlation.span);
        let told =
            was && newest.is_some_and(|newest| correlation.period(newest.nanos()) == correlation.period(now.nanos()));
        self.holds(correlation) && !told
    }

    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.entries.last_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.entries.first_key_value().map(|((at, _), _)| *at)
    }

    /// Oldest first.
    pub(super) fn events(&self) -> impl DoubleEndedIterator<Item = &EventId> {
        self.entries.keys().map(|(_, event)| event)
    }

    /// The parts that have events, by place.
    pub(super) fn present(&self) -> u64 {
        let present = self.per_part.iter().enumerate().filter(|(_, count)| **count > 0);
        present.fold(0, |bits, (part, _)| bits | (1 << part))
    }

    pub(super) fn distinct(&self) -> usize {
        self.per_value.len()
    }

    fn holds(&self, correlation: &Correlation) -> bool {
        match &correlation.kind {
            Kind::Count(threshold) => threshold.holds(self.entries.len() as u64),
            Kind::Values { threshold, .. } => threshold.holds(self.per_value.len() as u64),
            Kind::Together(presence) => presence.holds(self.present()),
            Kind::InOrder => self.in_order(correlation.parts.len()),
        }
    }

    fn in_order(&self, parts: usize) -> bool {
        if self.present().count_ones() as usize != parts {
            return false;
        }
        let mut next = 0;
        for entry in self.entries.values() {
            if entry.parts & (1 << next) != 0 {
                next += 1;
                if next == parts {
                    return true;
                }
            }
        }
        false
    }

    /// Leaves what is within `span` before `now`.
    fn forget(&mut self, now: Timestamp, span: Duration) {
        let since = now.saturating_sub(span);
        while let Some(oldest) = self.entries.first_entry() {
            if oldest.key().0 >= since && self.per_part.iter().sum::<usize>() <= ENTRIES_MAX {
                break;
            }
            let entry = oldest.remove();
            for (part, count) in self.per_part.iter_mut().enumerate() {
                *count -= usize::from(entry.parts & (1 << part) != 0);
            }
            if let Some(value) = entry.value
                && let Some(count) = self.per_value.get_mut(&value)
            {
                *count -= 1;
                if *count == 0 {
                    self.per_value.remove(&value);
                }
            }
        }
    }
}
