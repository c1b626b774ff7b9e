//! Equal events within a second → the first at once, the rest as one with their number. A fold: time comes in.
//!
//! Invariant: the sum of `repeats` that goes out is the number of records that came in. Memory is bounded: at the limit the
//! oldest window closes early.

use rustc_hash::{FxHashMap, FxHasher};
use std::{
    collections::VecDeque,
    hash::{Hash, Hasher},
    time::Duration,
};
use watchfloor_shared::{
    Timestamp,
    sensor::{SensorAction, SensorRecord},
};

const WINDOW: Duration = Duration::from_secs(1);
const WINDOWS_MAX: usize = 8_192;

#[derive(Debug, Default)]
pub struct Repeats {
    open: FxHashMap<u64, Held>,
    /// Keys by the time their window ends.
    ends: VecDeque<(Timestamp, u64)>,
}

#[derive(Debug, Default)]
struct Held {
    /// The newest of those held back, counting for all of them.
    last: Option<Box<SensorRecord>>,
}

impl Repeats {
    /// Gives the record back unless an equal one went out within the last second.
    pub fn on_record(&mut self, now: Timestamp, record: SensorRecord, out: &mut Vec<SensorRecord>) {
        self.on_deadline(now, out);
        let Some(key) = key(&record) else {
            out.push(record);
            return;
        };
        if let Some(held) = self.open.get_mut(&key) {
            let before = held.last.as_ref().map_or(0, |last| last.repeats);
            let mut record = Box::new(record);
            record.repeats = before.saturating_add(1);
            held.last = Some(record);
            return;
        }
        if self.open.len() >= WINDOWS_MAX {
            self.close(out);
        }
        self.open.insert(key, Held::default());
        self.ends.push_back((now.saturating_add(WINDOW), key));
        out.push(record);
    }

    /// Closes the windows that are over.
    pub fn on_deadline(&mut self, now: Timestamp, out: &mut Vec<SensorRecord>) {
        while self.ends.front().is_some_and(|(end, _)| *end <= now) {
            self.close(out);
        }
    }

    /// The end: everything held back goes out.
    pub fn finish(&mut self, out: &mut Vec<SensorRecord>) {
        while !self.ends.is_empty() {
            self.close(out);
        }
    }

    fn close(&mut self, out: &mut Vec<SensorRecord>) {
        if let Some((_, key)) = self.ends.pop_front()
            && let Some(Held { last: Some(last) }) = self.open.remove(&key)
        {
            out.push(*last);
        }
    }
}

/// What makes two events equal: the process and what it did. Starts, forks and ends are each a fact of their own.
fn key(record: &SensorRecord) -> Option<u64> {
    let mut hasher = FxHasher::default();
    match &record.action {
        SensorAction::FileOpen {
            path,
            created: false,
            truncated,
        } => (1, path, truncated).hash(&mut hasher),
        SensorAction::Connection {
            direction,
            transport,
            source_ip,
            source_port: _,
            destination_ip,
            destination_port,
            error,
        } => {
            // The caller's port is a new one each time.
            (
                2,
                direction,
                transport,
                source_ip,
                destination_ip,
                destination_port,
                error,
            )
                .hash(&mut hasher);
        }
        _ => return None,
    }
    (record.process.pid, record.process.start_ns).hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchfloor_shared::sensor::{SENSOR_SCHEMA, SensorProcess};

    fn record(pid: u32, path: &str, created: bool) -> SensorRecord {
        SensorRecord {
            watchfloor_sensor: SENSOR_SCHEMA,
            host: "h".to_owned(),
            boot_id: "b".to_owned(),
            sequence: 0,
            time: Timestamp::EPOCH,
            repeats: 1,
            process: SensorProcess {
                pid,
                ..SensorProcess::default()
            },
            action: SensorAction::FileOpen {
                path: path.to_owned(),
                created,
                truncated: false,
            },
        }
    }

    #[test]
    fn the_first_goes_out_at_once_and_the_rest_as_one() {
        let mut repeats = Repeats::default();
        let mut out = Vec::new();
        for at in 0..5 {
            repeats.on_record(Timestamp::from_millis(at * 100), record(1, "/a", false), &mut out);
        }
        assert_eq!(out.len(), 1);
        repeats.on_deadline(Timestamp::from_millis(1_000), &mut out);
        let counts: Vec<u64> = out.iter().map(|record| record.repeats).collect();
        assert_eq!(counts, [1, 4]);
        repeats.on_record(Timestamp::from_millis(1_001), record(1, "/a", false), &mut out);
        assert_eq!(out.len(), 3, "a new window");
    }

    #[test]
    fn a_file_that_was_made_is_told_each_time() {
        let mut repeats = Repeats::default();
        let mut out = Vec::new();
        for _ in 0..3 {
            repeats.on_record(Timestamp::EPOCH, record(1, "/a", true), &mut out);
        }
        assert_eq!(out.len(), 3);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_counted_twice(
            events in prop::collection::vec((0u32..3, 0usize..3, any::<bool>(), 0i64..400), 0..200)
        ) {
            let mut repeats = Repeats::default();
            let (mut out, mut now) = (Vec::new(), 0);
            for (pid, path, created, after) in &events {
                now += after;
                let record = record(*pid, ["/a", "/b", "/c"][*path], *created);
                repeats.on_record(Timestamp::from_millis(now), record, &mut out);
            }
            repeats.finish(&mut out);
            prop_assert_eq!(out.iter().map(|record| record.repeats).sum::<u64>(), events.len() as u64);
            prop_assert!(repeats.open.is_empty());
        }
    }
}
