//! Events by severity in the last minute, hour and day.

use std::collections::VecDeque;
use watchfloor_shared::{
    Timestamp,
    alert::Severity,
    map::{BySeverity, MapCounts},
};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Seconds for the last minute, minutes for the rest.
#[derive(Debug, Default)]
pub struct Counts {
    seconds: Slots,
    minutes: Slots,
}

impl Counts {
    pub fn add(&mut self, at: Timestamp, severity: Severity, count: u64) {
        self.seconds.add(at.seconds(), severity, count);
        self.minutes.add(at.seconds().div_euclid(MINUTE), severity, count);
    }

    pub fn forget_before(&mut self, now: Timestamp) {
        self.seconds.forget_before(now.seconds() - MINUTE);
        self.minutes.forget_before((now.seconds() - DAY).div_euclid(MINUTE));
    }

    /// The hour and the day begin with a whole minute.
    pub fn sums(&self, now: Timestamp, since: Timestamp) -> MapCounts {
        let minutes_since = |length: i64| self.minutes.sum_after((now.seconds() - length).div_euclid(MINUTE));
        MapCounts {
            minute: self.seconds.sum_after(now.seconds() - MINUTE),
            hour: minutes_since(HOUR),
            day: minutes_since(DAY),
            since,
        }
    }
}

/// In order of time.
#[derive(Debug, Default)]
struct Slots(VecDeque<(i64, BySeverity)>);

impl Slots {
    fn add(&mut self, slot: i64, severity: Severity, count: u64) {
        // Nearly all come in order: partitions differ by little.
        let at = self.0.iter().rposition(|(other, _)| *other <= slot);
        let at = match at {
            Some(at) if self.0.get(at).is_some_and(|(other, _)| *other == slot) => at,
            Some(at) => {
                self.0.insert(at + 1, (slot, BySeverity::default()));
                at + 1
            }
            None => {
                self.0.push_front((slot, BySeverity::default()));
                0
            }
        };
        if let Some(cell) = self.0.get_mut(at).and_then(|(_, sums)| sums.get_mut(severity as usize)) {
            *cell = cell.saturating_add(count);
        }
    }

    fn forget_before(&mut self, first: i64) {
        while self.0.front().is_some_and(|(slot, _)| *slot < first) {
            self.0.pop_front();
        }
    }

    fn sum_after(&self, slot: i64) -> BySeverity {
        let mut sums = BySeverity::default();
        for (_, counts) in self.0.iter().rev().take_while(|(other, _)| *other > slot) {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum = sum.saturating_add(*count);
            }
        }
        sums
    }
}
