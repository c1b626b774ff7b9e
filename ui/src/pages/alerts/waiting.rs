//! Alerts that arrived after the list was drawn and wait for the viewer to ask for them.

use std::collections::HashMap;
use watchfloor_shared::{
    AlertId, Timestamp,
    alert::{AlertSummary, Severity},
};

/// Beyond this only the number grows: memory stays flat while nobody looks.
const REMEMBERED_MAX: usize = 5_000;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Waiting {
    known: HashMap<AlertId, Severity>,
    beyond: usize,
    pub since: Option<Timestamp>,
}

impl Waiting {
    pub fn add(&mut self, alert: &AlertSummary, now: Timestamp) {
        if self.known.contains_key(&alert.id) {
            return;
        }
        if self.known.len() < REMEMBERED_MAX {
            self.known.insert(alert.id.clone(), alert.severity);
        } else {
            self.beyond += 1;
        }
        self.since.get_or_insert(now);
    }
    pub fn count(&self) -> usize {
        self.known.len() + self.beyond
    }
    /// The worst severity, and how many have it.
    pub fn worst(&self) -> Option<(Severity, usize)> {
        let worst = self.known.values().max().copied()?;
        Some((worst, self.known.values().filter(|s| **s == worst).count()))
    }
    /// Leaves out what the list holds by now.
    pub fn without(&mut self, drawn: impl Fn(&AlertId) -> bool) {
        self.known.retain(|id, _| !drawn(id));
    }
    pub fn merge(&mut self, earlier: Waiting) {
        self.known.extend(earlier.known);
        self.beyond += earlier.beyond;
        self.since = earlier.since.or(self.since);
    }
}
