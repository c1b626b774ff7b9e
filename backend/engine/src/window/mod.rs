//! Events → overlapping windows of each endpoint, as graphs. A Fold: time comes in.
//!
//! Windows are [`Settings::length`] long and end at every multiple of [`Settings::step`] of event time. Invariants: a window is
//! given out when its endpoint's events are [`Settings::lateness`] beyond its end, or the endpoint fell silent; it holds exactly
//! the events of its time that were not later than that, each once, in whatever order they came; a window without events does not
//! exist, and an endpoint without events costs nothing. What overlapping windows share is kept once, in panes.

mod pane;
mod routine;
mod stream;
#[cfg(test)]
mod tests;

use crate::graph::{Facts, Graph, Platform};
pub use routine::{Routine, is_routine};
use std::{collections::HashMap, time::Duration};
use stream::Stream;
use watchfloor_shared::{EndpointId, TenantId, Timestamp};

/// Silent endpoints whose windows are given out at once.
const STREAMS_PER_CALL: usize = 64;

/// How windows are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    pub length: Duration,
    pub step: Duration,
    /// How far behind the newest event of its endpoint an event may be.
    pub lateness: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            length: Duration::from_secs(180),
            step: Duration::from_secs(30),
            lateness: Duration::from_secs(30),
        }
    }
}

impl Settings {
    /// Why these cannot be used.
    pub fn check(&self) -> Result<(), &'static str> {
        match () {
            () if self.step < Duration::from_secs(1) => Err("the step must be a second or more"),
            () if self.length < self.step => Err("the length must be at least the step"),
            () if self.length > Duration::from_secs(3600) => Err("the length must be an hour or less"),
            () if self.length.as_millis() / self.step.as_millis() > 120 => Err("more than 120 windows would overlap"),
            () if self.lateness > Duration::from_secs(3600) => Err("the lateness must be an hour or less"),
            () => Ok(()),
        }
    }

    /// Times are whole milliseconds, and a pane is what divides both.
    fn cut(&self) -> Cut {
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).max(1);
        let (length, step) = (millis(self.length), millis(self.step));
        let (mut pane, mut rest) = (length, step);
        while rest != 0 {
            (pane, rest) = (rest, pane % rest);
        }
        Cut {
            length,
            step,
            pane,
            lateness: millis(self.lateness),
        }
    }
}

/// [`Settings`] in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Cut {
    length: i64,
    step: i64,
    pane: i64,
    lateness: i64,
}

/// Whose windows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamKey {
    pub tenant: TenantId,
    pub endpoint: EndpointId,
    pub platform: Platform,
}

/// A window that is whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    pub stream: StreamKey,
    pub start: Timestamp,
    /// Exclusive.
    pub end: Timestamp,
    /// When the last event that had come by then was received.
    pub received: Timestamp,
    pub is_simulated: bool,
    /// Its events' ids in order of their numbers.
    pub events: Vec<u128>,
    pub graph: Graph,
}

/// The windows of all endpoints.
#[derive(Debug)]
pub struct Windows {
    cut: Cut,
    streams: HashMap<StreamKey, Stream>,
    late: u64,
    repeated: u64,
}

impl Windows {
    pub fn new(settings: &Settings) -> Self {
        Self {
            cut: settings.cut(),
            streams: HashMap::new(),
            late: 0,
            repeated: 0,
        }
    }

    /// Takes an event in, received at `now`; gives the windows that are whole by it.
    pub fn on_event(&mut self, now: Timestamp, tenant: &TenantId, endpoint: &EndpointId, facts: Facts) -> Vec<Window> {
        let key = StreamKey {
            tenant: tenant.clone(),
            endpoint: endpoint.clone(),
            platform: facts.platform,
        };
        let cut = self.cut;
        let stream = self.streams.entry(key.clone()).or_insert_with(|| Stream::new(cut));
        let taken = stream.take(now, facts);
        self.late += taken.late;
        self.repeated += taken.repeated;
        taken.whole.into_iter().map(|whole| whole.of(&key)).collect()
    }

    /// When [`Self::on_deadline`] has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.streams.values().map(Stream::deadline).min()
    }

    /// The windows of endpoints that have been silent for a window's length and the lateness; of many only the first, so that
    /// what is given out at once stays small. Ask again while [`Self::next_deadline`] has passed.
    pub fn on_deadline(&mut self, now: Timestamp) -> Vec<Window> {
        self.end(STREAMS_PER_CALL, |stream| stream.deadline() <= now)
    }

    /// The end of all streams: every window that has begun.
    pub fn finish(&mut self) -> Vec<Window> {
        self.end(usize::MAX, |_| true)
    }

    fn end(&mut self, streams_max: usize, ends: impl Fn(&Stream) -> bool) -> Vec<Window> {
        let mut keys: Vec<StreamKey> = self
            .streams
            .iter()
            .filter(|(_, stream)| ends(stream))
            .map(|(key, _)| key.clone())
            .collect();
        keys.sort_unstable();
        keys.truncate(streams_max);
        let mut windows = Vec::new();
        for key in keys {
            if let Some(stream) = self.streams.remove(&key) {
                let taken = stream.finish();
                self.late += taken.late;
                windows.extend(taken.whole.into_iter().map(|whole| whole.of(&key)));
            }
        }
        windows
    }

    /// Events that came too late for their windows.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Events that had been taken before.
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Endpoints that have events in open windows.
    pub fn open(&self) -> usize {
        self.streams.len()
    }

    /// The time of the oldest event that an open window of this endpoint still needs.
    pub fn oldest_needed(&self, key: &StreamKey) -> Option<Timestamp> {
        self.streams.get(key).and_then(Stream::oldest_needed)
    }
}
