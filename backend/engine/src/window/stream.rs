//! One endpoint's events in panes, and when its windows are whole.
//!
//! A clock that jumps forward ends what is open. One that jumps back makes events late, which are left out, as those are that
//! somebody sends again; when no event in time came for as long as ends a silent endpoint's windows, time begins anew where it is.
//! So what comes out depends on the events and when they were received, not on when anybody asked.

use super::{
    Cut, StreamKey, Window,
    pane::{Book, Gathered, Pane},
};
use crate::graph::{Facts, Graph, build};
use std::{collections::BTreeMap, time::Duration};
use watchfloor_shared::Timestamp;

#[derive(Debug)]
pub(super) struct Stream {
    cut: Cut,
    book: Book,
    /// By number: a pane's start is its number times its length.
    panes: BTreeMap<i64, Pane>,
    /// The newest event's time.
    newest_ms: i64,
    /// The end of the last window that was given out or passed over.
    closed_ms: i64,
    received: Timestamp,
}

/// What came of an event.
#[derive(Default)]
pub(super) struct Taken {
    pub whole: Vec<Whole>,
    pub late: u64,
    pub repeated: u64,
}

pub(super) struct Whole {
    start_ms: i64,
    end_ms: i64,
    received: Timestamp,
    is_simulated: bool,
    events: Vec<u128>,
    graph: Graph,
}

impl Whole {
    pub fn of(self, key: &StreamKey) -> Window {
        Window {
            stream: key.clone(),
            start: Timestamp::from_millis(self.start_ms),
            end: Timestamp::from_millis(self.end_ms),
            received: self.received,
            is_simulated: self.is_simulated,
            events: self.events,
            graph: self.graph,
        }
    }
}

impl Stream {
    pub fn new(cut: Cut) -> Self {
        Self {
            cut,
            book: Book::default(),
            panes: BTreeMap::new(),
            newest_ms: i64::MIN,
            closed_ms: i64::MIN,
            received: Timestamp::MIN,
        }
    }

    pub fn take(&mut self, now: Timestamp, facts: Facts) -> Taken {
        let mut taken = Taken::default();
        if self.newest_ms != i64::MIN && now >= self.deadline() {
            taken.whole = self.close(i64::MAX);
            self.newest_ms = i64::MIN;
        }
        if self.newest_ms != i64::MIN && facts.time.millis() < self.newest_ms.saturating_sub(self.cut.lateness) {
            taken.late = 1;
            return taken;
        }
        self.received = self.received.max(now);
        self.add(facts, &mut taken);
        taken
    }

    fn add(&mut self, facts: Facts, taken: &mut Taken) {
        let time = facts.time.millis();
        if self.newest_ms == i64::MIN {
            self.closed_ms = time.saturating_sub(self.cut.lateness).div_euclid(self.cut.step) * self.cut.step;
            self.newest_ms = time;
        }
        let number = time.div_euclid(self.cut.pane);
        let at = u32::try_from(time.rem_euclid(self.cut.pane)).unwrap_or_default();
        let pane = self.panes.entry(number).or_default();
        if !pane.add(&mut self.book, at, facts) {
            taken.repeated += 1;
            return;
        }
        if time > self.newest_ms {
            self.newest_ms = time;
            taken.whole.extend(self.close(time.saturating_sub(self.cut.lateness)));
        }
    }

    /// Gives out the windows that end at `watermark` or before.
    fn close(&mut self, watermark: i64) -> Vec<Whole> {
        let Cut { length, step, pane, .. } = self.cut;
        let mut whole = Vec::new();
        while let Some((first, _)) = self.panes.first_key_value() {
            // The first window that has this pane and was not passed.
            let begins = first.saturating_mul(pane);
            let end = (begins.div_euclid(step) * step + step).max(self.closed_ms.saturating_add(step));
            if end > watermark {
                break;
            }
            whole.extend(self.window(end));
            self.closed_ms = end;
            // What the next window does not reach back to.
            let needed = (end + step - length).div_euclid(pane);
            while let Some((first, _)) = self.panes.first_key_value()
                && *first < needed
                && let Some((_, gone)) = self.panes.pop_first()
            {
                self.book.release(&gone);
            }
        }
        whole
    }

    fn window(&self, end_ms: i64) -> Option<Whole> {
        let Cut { length, pane, .. } = self.cut;
        let start_ms = end_ms - length;
        let mut gathered = Gathered::default();
        for (number, part) in self.panes.range(start_ms.div_euclid(pane)..end_ms.div_euclid(pane)) {
            gathered.add(&self.book, number * pane, part);
        }
        let is_simulated = gathered.is_simulated;
        let (entities, links, events) = gathered.into_parts();
        (!events.is_empty()).then(|| Whole {
            start_ms,
            end_ms,
            received: self.received,
            is_simulated,
            events,
            graph: build(start_ms, end_ms, entities, links),
        })
    }

    /// When the endpoint counts as silent.
    pub fn deadline(&self) -> Timestamp {
        let wait = u64::try_from(self.cut.length + self.cut.lateness).unwrap_or_default();
        self.received.saturating_add(Duration::from_millis(wait))
    }

    pub fn finish(mut self) -> Taken {
        Taken {
            whole: self.close(i64::MAX),
            ..Taken::default()
        }
    }

    pub fn oldest_needed(&self) -> Option<Timestamp> {
        let first = self.panes.first_key_value()?;
        Some(Timestamp::from_millis(first.0.saturating_mul(self.cut.pane)))
    }
}
