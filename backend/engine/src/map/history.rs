//! Hits: the newest one by one, so that a listener gets each once; older ones by flow and time, so that they stay few.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};
use watchfloor_shared::{
    Timestamp,
    map::{KEPT_MS, MapHit},
};

/// A listener that is farther behind begins anew.
const FRESH_FOR: Duration = Duration::from_secs(30);
const FRESH_MAX: usize = 32_768;
/// Of flow and time together.
const OLD_MAX: usize = 20_000;
const WIDTH_MS_MIN: i64 = 5_000;

#[derive(Debug)]
pub struct History {
    /// Number of the first of `fresh`, since the board began.
    first: u64,
    fresh: VecDeque<MapHit>,
    /// By the beginning of a span of time, then by flow.
    old: BTreeMap<i64, HashMap<u64, MapHit>>,
    old_len: usize,
    width_ms: i64,
}

impl Default for History {
    fn default() -> Self {
        Self {
            first: 0,
            fresh: VecDeque::new(),
            old: BTreeMap::new(),
            old_len: 0,
            width_ms: WIDTH_MS_MIN,
        }
    }
}

impl History {
    pub fn push(&mut self, hit: MapHit) {
        self.fresh.push_back(hit);
        if self.fresh.len() > FRESH_MAX {
            self.age_one();
        }
    }

    /// Number that the next hit will have.
    pub fn end(&self) -> u64 {
        self.first + self.fresh.len() as u64
    }

    /// From the numbered one on; `None` where that is no longer held one by one.
    pub fn after(&self, number: u64) -> Option<impl Iterator<Item = &MapHit>> {
        let skipped = usize::try_from(number.checked_sub(self.first)?).ok()?;
        Some(self.fresh.iter().skip(skipped))
    }

    /// Oldest first.
    pub fn all(&self) -> Vec<MapHit> {
        let mut all: Vec<MapHit> = self.old.values().flat_map(HashMap::values).copied().collect();
        all.extend(&self.fresh);
        all.sort_by_key(|hit| (hit.at, hit.flow));
        all
    }

    pub fn forget_before(&mut self, now: Timestamp) {
        let fresh_since = now.saturating_sub(FRESH_FOR);
        while self.fresh.front().is_some_and(|hit| hit.at < fresh_since) {
            self.age_one();
        }
        let kept_since = now.millis() - KEPT_MS;
        while let Some(span) = self.old.first_entry() {
            if *span.key() + self.width_ms > kept_since {
                break;
            }
            self.old_len -= span.remove().len();
        }
        if self.old_len < OLD_MAX / 4 {
            self.width_ms = (self.width_ms / 2).max(WIDTH_MS_MIN);
        }
    }

    fn age_one(&mut self) {
        let Some(hit) = self.fresh.pop_front() else { return };
        self.first += 1;
        self.old_len += usize::from(put(&mut self.old, self.width_ms, hit));
        while self.old_len > OLD_MAX && self.width_ms < KEPT_MS {
            self.width_ms *= 2;
            let spans = std::mem::take(&mut self.old);
            self.old_len = 0;
            for hit in spans.into_values().flat_map(HashMap::into_values) {
                self.old_len += usize::from(put(&mut self.old, self.width_ms, hit));
            }
        }
    }
}

/// Whether it is one more.
fn put(old: &mut BTreeMap<i64, HashMap<u64, MapHit>>, width_ms: i64, hit: MapHit) -> bool {
    let at_ms = hit.at.millis();
    let span = old.entry(at_ms - at_ms.rem_euclid(width_ms)).or_default();
    match span.get_mut(&hit.flow) {
        Some(held) => {
            held.count = held.count.saturating_add(hit.count);
            held.at = held.at.max(hit.at);
            false
        }
        None => span.insert(hit.flow, hit).is_none(),
    }
}
