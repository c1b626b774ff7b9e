//! The loss ledger's entry: what a stage did with the records of one partition up to its committed offset.
//!
//! It travels as the metadata of the offset commit, so position and counters are one write and survive a crash together.

use super::senders::SenderTally;
use crate::bus::TopicPartition;
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
    /// Set while records before the last one read are still held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<Ahead>,
    /// The same by sender, in the stages that raw records pass on their way to the index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub senders: Vec<SenderTally>,
}

/// How far a stage has read beyond its committed offset, and which records of those it still holds; what became of the others
/// is in the tally already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ahead {
    pub read: u64,
    /// Runs of held offsets, in order: the first and how many.
    pub held: Vec<(u64, u64)>,
}

impl Ahead {
    pub fn new(read: u64, held: impl Iterator<Item = u64>) -> Option<Self> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for offset in held {
            match runs.last_mut() {
                Some((first, count)) if *first + *count == offset => *count += 1,
                _ => runs.push((offset, 1)),
            }
        }
        (!runs.is_empty()).then_some(Self { read, held: runs })
    }

    pub fn held_count(&self) -> u64 {
        self.held.iter().map(|(_, count)| count).sum()
    }
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
    /// Part of something that is not whole yet; [`Stage::settled`](super::stage::Stage::settled) says what became of it.
    Held,
}

/// What became of a record that was held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub partition: TopicPartition,
    pub offset: u64,
    pub fate: Fate,
}

impl Tally {
    pub fn count(&mut self, fate: Fate) {
        match fate {
            Fate::Emitted => self.emitted += 1,
            Fate::Suppressed(reason) => increment(&mut self.suppressed, reason.as_str()),
            Fate::Dead(reason) => increment(&mut self.dead, reason.as_str()),
            Fate::Held => {}
        }
    }

    /// Adds another partition's counts; those by sender are left apart.
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

    /// Records that a commit at `offset` accounts for: those before it, and those beyond it that are settled.
    pub fn settled(&self, offset: u64) -> u64 {
        match &self.ahead {
            Some(ahead) => ahead.read.saturating_sub(ahead.held_count()),
            None => offset,
        }
    }

    /// Records whose fate is known.
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

pub(super) fn increment(counts: &mut BTreeMap<String, u64>, reason: &str) {
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
