//! Latency over the last minute: a histogram per second, sixty of them.
//!
//! Invariant: fixed memory, and a percentile is never more than 1/16 above the true one.

use std::{sync::Mutex, sync::PoisonError, time::Duration};
use watchfloor_shared::Timestamp;

/// Linear steps within each doubling.
const STEPS: u64 = 16;
/// Doublings above the first linear range; together they reach about an hour in microseconds.
const DOUBLINGS: u64 = 28;
const BUCKETS: usize = (STEPS * (DOUBLINGS + 1)) as usize;
const SECONDS: i64 = 60;

/// Durations recorded in the last minute. Cheap to share behind an `Arc`.
pub struct LatencyRecorder {
    slots: Mutex<Vec<Slot>>,
}

#[derive(Clone)]
struct Slot {
    second: i64,
    counts: Vec<u32>,
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentiles {
    pub p50: f64,
    pub p99: f64,
    pub count: u64,
}

impl Default for LatencyRecorder {
    fn default() -> Self {
        Self::new()
    }
}

impl LatencyRecorder {
    pub fn new() -> Self {
        let empty = Slot {
            second: i64::MIN,
            counts: Vec::new(),
        };
        Self {
            slots: Mutex::new(vec![empty; SECONDS as usize]),
        }
    }

    /// `now` picks the second it counts in.
    pub fn record(&self, latency: Duration, now: Timestamp) {
        let second = now.seconds();
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let index = usize::try_from(second.rem_euclid(SECONDS)).unwrap_or(0);
        let Some(slot) = slots.get_mut(index) else { return };
        if slot.second != second {
            slot.second = second;
            slot.counts.clear();
            slot.counts.resize(BUCKETS, 0);
        }
        if let Some(count) = slot.counts.get_mut(bucket_of(latency)) {
            *count = count.saturating_add(1);
        }
    }

    /// Percentiles of the minute that ends at `now`; `None` when nothing was recorded in it.
    pub fn percentiles(&self, now: Timestamp) -> Option<Percentiles> {
        let mut sums = vec![0_u64; BUCKETS];
        {
            let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            let recent = |slot: &&Slot| {
                let age = now.seconds().saturating_sub(slot.second);
                (0..SECONDS).contains(&age)
            };
            for slot in slots.iter().filter(recent) {
                for (sum, count) in sums.iter_mut().zip(&slot.counts) {
                    *sum += u64::from(*count);
                }
            }
        }
        let count: u64 = sums.iter().sum();
        (count > 0).then(|| Percentiles {
            p50: at_share(&sums, count, 50),
            p99: at_share(&sums, count, 99),
            count,
        })
    }
}

fn bucket_of(latency: Duration) -> usize {
    let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
    let index = if micros < STEPS {
        micros
    } else {
        let doubling = u64::from(micros.ilog2()) - u64::from(STEPS.ilog2());
        STEPS * (doubling + 1) + ((micros >> doubling) - STEPS)
    };
    usize::try_from(index).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// The upper edge of a bucket, milliseconds.
fn edge_ms(bucket: usize) -> f64 {
    let bucket = bucket as u64;
    let micros = if bucket < STEPS {
        bucket
    } else {
        let doubling = bucket / STEPS - 1;
        ((STEPS + bucket % STEPS + 1) << doubling) - 1
    };
    micros as f64 / 1_000.0
}

fn at_share(sums: &[u64], count: u64, percent: u64) -> f64 {
    let rank = (count * percent).div_ceil(100).max(1);
    let mut seen = 0;
    for (bucket, sum) in sums.iter().enumerate() {
        seen += sum;
        if seen >= rank {
            return edge_ms(bucket);
        }
    }
    edge_ms(BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1_000)
    }

    proptest! {
        #[test]
        fn a_percentile_is_at_most_a_sixteenth_above_the_true_one(mut micros in proptest::collection::vec(0_u64..10_000_000, 1..400)) {
            let recorder = LatencyRecorder::new();
            for value in &micros {
                recorder.record(Duration::from_micros(*value), at(5));
            }
            micros.sort_unstable();
            let truth = |percent: usize| micros[(micros.len() * percent).div_ceil(100).max(1) - 1] as f64 / 1_000.0;
            let got = recorder.percentiles(at(5)).unwrap();
            for (found, percent) in [(got.p50, 50), (got.p99, 99)] {
                prop_assert!(found >= truth(percent) && found <= truth(percent) * (1.0 + 1.0 / 16.0) + 0.001, "{found} for {}", truth(percent));
            }
        }
    }

    #[test]
    fn what_is_older_than_a_minute_no_longer_counts() {
        let recorder = LatencyRecorder::new();
        recorder.record(Duration::from_millis(900), at(0));
        recorder.record(Duration::from_millis(10), at(30));
        assert_eq!(recorder.percentiles(at(59)).map(|p| p.count), Some(2));
        assert_eq!(recorder.percentiles(at(60)).map(|p| p.count), Some(1));
        assert!(recorder.percentiles(at(200)).is_none());
        recorder.record(Duration::MAX, at(200));
        assert_eq!(recorder.percentiles(at(200)).map(|p| p.count), Some(1));
    }
}
