//! The state of all correlation rules for one tenant.
//!
//! Invariants: time is the events' own; memory is bounded; the same events in the same order give the same detections; an event
//! that comes twice counts once. After a restart, reading again all events from [`Correlator::oldest_needed`] on and throwing
//! their detections away restores the state.

use super::{
    correlation::{Correlation, Kind},
    rule_set::RuleSet,
    view::EventView,
    window::{Occurrence, Window},
};
use crate::{
    Event,
    alert::{
        Detection,
        explain::{Chain, Story},
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};
use watchfloor_shared::{EventId, RuleId, Timestamp};

/// Groups of all correlations together; beyond, those that had no event for longest are forgotten.
const GROUPS_MAX: usize = 50_000;
/// How often groups that are over are looked for, in events that some correlation takes in.
const SWEEP_EVERY: u64 = 1_024;
/// Events may come this much later than newer ones and still find their group.
const LATENESS_MAX: Duration = Duration::from_secs(600);
/// Events listed in a detection.
const CONTRIBUTING_MAX: usize = 1_000;

/// Folds detections into correlations. One per tenant.
#[derive(Debug, Default)]
pub struct Correlator {
    states: HashMap<RuleId, State>,
    groups: usize,
    /// Newest event time so far, of events that were received after they happened.
    now: Option<Timestamp>,
    taken: u64,
}

#[derive(Debug)]
struct State {
    fingerprint: u128,
    span: Duration,
    groups: HashMap<Vec<String>, Group>,
}

#[derive(Debug, Default)]
struct Group {
    window: Window,
    /// The number of the last occurrence that it took in.
    touched: u64,
}

impl Correlator {
    /// Feeds one event with the detections that [`RuleSet::detect`] found in it; the correlations that it completes.
    pub fn on_detections(
        &mut self,
        rules: &RuleSet,
        event: &Event,
        detections: &[Detection],
        received: Timestamp,
        detected: Timestamp,
    ) -> Vec<Detection> {
        let mut hits = rules.feeding(detections);
        hits.extend(rules.silent_matches(event));
        if hits.is_empty() {
            return Vec::new();
        }
        self.keep_time(event.timestamp, received);
        let view = EventView::new(event);
        let story = Story::of(event);
        let mut found = Vec::new();
        // A correlation that fires is a hit for those that refer to it; they come later in the order of the rule set.
        while let Some(hit) = hits.pop_first() {
            for (correlation, part) in rules.fed_by(hit) {
                let Some(chain) = self.take(correlation, part, &view) else {
                    continue;
                };
                hits.insert(correlation.rule);
                if let Some(rule) = rules.rules().get(correlation.rule).filter(|rule| !rule.silent) {
                    found.push(story.correlation(rule, chain, received, detected));
                }
            }
        }
        found.sort_by(|a, b| a.rule.id.cmp(&b.rule.id));
        found.dedup_by(|a, b| a.rule.id == b.rule.id);
        found
    }

    /// The time of the oldest event that an open window still holds.
    pub fn oldest_needed(&self) -> Option<Timestamp> {
        let open = self.states.values().flat_map(|state| {
            let over = move |group: &&Group| !self.is_over(state.span, group);
            state.groups.values().filter(over)
        });
        open.filter_map(|group| group.window.oldest()).min()
    }

    /// Groups that are being followed.
    pub fn groups(&self) -> usize {
        self.groups
    }

    fn take(&mut self, correlation: &Correlation, part: usize, view: &EventView<'_>) -> Option<Chain> {
        let place = correlation.parts.get(part)?;
        let key: Vec<String> = place
            .group_fields
            .iter()
            .map(|field| view.text(field))
            .collect::<Option<_>>()?;
        let values: Option<Vec<String>> = place.value_fields.iter().map(|field| view.text(field)).collect();
        let value = match correlation.kind {
            Kind::Values { .. } => Some(values?.join("\u{1f}")),
            _ => None,
        };
        self.taken += 1;
        if self.taken.is_multiple_of(SWEEP_EVERY) {
            self.sweep();
        }
        let state = self
            .states
            .entry(correlation.id.clone())
            .or_insert_with(|| State::of(correlation));
        if state.fingerprint != correlation.fingerprint {
            self.groups -= state.groups.len();
            *state = State::of(correlation);
        }
        if !state.groups.contains_key(&key) {
            self.groups += 1;
        }
        let group = state.groups.entry(key.clone()).or_default();
        group.touched = self.taken;
        let event = view.event();
        let occurrence = Occurrence {
            at: event.timestamp,
            event: &event.id,
            part,
            value,
        };
        let chain = group
            .window
            .add(correlation, occurrence)
            .then(|| chain(correlation, &group.window, key));
        if self.groups > GROUPS_MAX {
            self.forget_oldest();
        }
        chain
    }

    /// A clock that runs ahead on one host must not end everyone's windows.
    fn keep_time(&mut self, at: Timestamp, received: Timestamp) {
        if at <= received.saturating_add(LATENESS_MAX) {
            self.now = Some(self.now.map_or(at, |now| now.max(at)));
        }
    }

    /// Whether no event can join the group any more. Recordings of different years may be played side by side, so a group with
    /// recent company is not over, whatever its time.
    fn is_over(&self, span: Duration, group: &Group) -> bool {
        let past = match (group.window.newest(), self.now) {
            (Some(newest), Some(now)) => newest.saturating_add(span).saturating_add(LATENESS_MAX) < now,
            (None, _) => true,
            (_, None) => false,
        };
        past && group.touched + SWEEP_EVERY < self.taken
    }

    fn sweep(&mut self) {
        let mut states = std::mem::take(&mut self.states);
        for state in states.values_mut() {
            let span = state.span;
            state.groups.retain(|_, group| !self.is_over(span, group));
        }
        states.retain(|_, state| !state.groups.is_empty());
        self.groups = states.values().map(|state| state.groups.len()).sum();
        self.states = states;
    }

    /// A tenth of all groups, those that had no event for longest.
    fn forget_oldest(&mut self) {
        self.sweep();
        let mut touched: Vec<u64> = self
            .states
            .values()
            .flat_map(|state| state.groups.values().map(|group| group.touched))
            .collect();
        if touched.len() <= GROUPS_MAX {
            return;
        }
        touched.sort_unstable();
        let Some(limit) = touched.get(GROUPS_MAX / 10).copied() else {
            return;
        };
        for state in self.states.values_mut() {
            state.groups.retain(|_, group| group.touched > limit);
        }
        self.groups = self.states.values().map(|state| state.groups.len()).sum();
    }
}

impl State {
    fn of(correlation: &Correlation) -> Self {
        Self {
            fingerprint: correlation.fingerprint,
            span: correlation.span,
            groups: HashMap::new(),
        }
    }
}

fn chain(correlation: &Correlation, window: &Window, key: Vec<String>) -> Chain {
    let present = window.present();
    let parts = correlation
        .parts
        .iter()
        .enumerate()
        .filter(|(place, _)| present & (1 << place) != 0);
    // The newest are the ones that completed it.
    let mut events: Vec<EventId> = window.events().rev().take(CONTRIBUTING_MAX).cloned().collect();
    events.reverse();
    Chain {
        events,
        parts: parts.map(|(_, part)| part.title.clone()).collect(),
        distinct: match &correlation.kind {
            Kind::Values { field, .. } => Some((window.distinct(), field.clone())),
            _ => None,
        },
        timespan: correlation.timespan.clone(),
        group: correlation.group_by.iter().cloned().zip(key).collect(),
    }
}

/// Rules that matched, by their place.
pub(super) type Hits = BTreeSet<usize>;

#[cfg(test)]
mod tests;
