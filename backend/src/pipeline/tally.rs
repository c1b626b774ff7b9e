//! The loss ledger's entry: what a stage did with the records of one partition up to its committed offset.
//!
//! It travels as the metadata of the offset commit, so position and counters are one write and survive a crash together.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use watchfloor_engine::verdict::{DeadReason, DropReason};

/// Cumulative counts of one stage over one partition. `received = emitted + suppressed + dead`, always.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub emitted: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub suppressed: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dead: BTreeMap<String, u64>,
    /// Records that retention deleted before this stage had read them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub expired: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Emitted,
    Suppressed(DropReason),
    Dead(DeadReason),
}

impl Tally {
    pub fn count(&mut self, fate: Fate) {
        match fate {
            Fate::Emitted => self.emitted += 1,
            Fate::Suppressed(reason) => increment(&mut self.suppressed, reason.as_str()),
            Fate::Dead(reason) => increment(&mut self.dead, reason.as_str()),
        }
    }

    pub fn add(&mut self, other: &Tally) {
        self.emitted += other.emitted;
        self.expired += other.expired;
        for (reason, count) in &other.suppressed {
            *self.suppressed.entry(reason.clone()).or_default() += count;
        }
        for (reason, count) in &other.dead {
            *self.dead.entry(reason.clone()).or_default() += count;
        }
    }

    /// Records accounted for.
    pub fn total(&self) -> u64 {
        self.emitted + self.suppressed.values().sum::<u64>() + self.dead.values().sum::<u64>() + self.expired
    }

    pub fn to_metadata(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The tally in a commit; `None` when it holds something else (a group that another product committed).
    pub fn from_metadata(metadata: &str) -> Option<Self> {
        serde_json::from_str(metadata).ok()
    }
}

fn increment(counts: &mut BTreeMap<String, u64>, reason: &str) {
    match counts.get_mut(reason) {
        Some(count) => *count += 1,
        None => {
            counts.insert(reason.to_owned(), 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_survives_its_commit_and_counts_each_record_once() {
        let mut tally = Tally::default();
        for fate in [
            Fate::Emitted,
            Fate::Emitted,
            Fate::Suppressed(DropReason::NoMatch),
            Fate::Dead(DeadReason::JsonInvalid),
        ] {
            tally.count(fate);
        }
        assert_eq!(tally.total(), 4);
        assert_eq!(Tally::from_metadata(&tally.to_metadata()), Some(tally));
        assert_eq!(Tally::from_metadata("consumer-1"), None);
    }
}
