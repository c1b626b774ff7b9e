//! What a stream's sequence numbers tell of what is missing.

use super::{Came, load::count};
use std::collections::BTreeMap;
use watchfloor_protocol::v1::Dropped;
use watchfloor_shared::{Timestamp, pipeline::ReasonCount, sensor::SensorStream};

/// A stream's sequence numbers.
#[derive(Default)]
pub struct Numbers {
    pub last_seen: Timestamp,
    source: String,
    /// After the highest that came.
    next: u64,
    pub missing: u64,
    pub dropped: Vec<Dropped>,
}

impl Numbers {
    pub fn take(&mut self, came: &Came<'_>, is_new: bool) {
        came.source.clone_into(&mut self.source);
        // What was before this server's start is not known here.
        if !is_new {
            let skipped = came.first_sequence.saturating_sub(self.next);
            self.missing = self.missing.saturating_add(skipped);
        }
        self.next = self.next.max(came.first_sequence.saturating_add(came.records));
    }

    pub fn shown(&self, name: &str) -> SensorStream {
        SensorStream {
            name: name.to_owned(),
            source: (!self.source.is_empty()).then(|| self.source.clone()),
            last_seen: self.last_seen,
            next_sequence: count(self.next),
            missing: count(self.missing),
            dropped: reasons(&self.dropped),
        }
    }
}

/// Each reason once, without those that count nothing.
pub fn reasons<'a>(dropped: impl IntoIterator<Item = &'a Dropped>) -> Vec<ReasonCount> {
    let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
    for one in dropped.into_iter().filter(|one| one.count > 0) {
        let total = by_reason.entry(&one.reason).or_default();
        *total = total.saturating_add(one.count);
    }
    let reasons = by_reason.into_iter().map(|(reason, total)| ReasonCount {
        reason: reason.to_owned(),
        count: count(total),
    });
    reasons.collect()
}
