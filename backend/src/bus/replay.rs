//! Brings positions and watermarks back from the state frames of the log.

use super::{
    frame::{FrameHeader, Kind},
    partition::lock,
    recovery::add_held,
    segment::{Held, Segment},
    state::{Bounds, Snapshot, StateChange},
    store::Store,
};
use std::sync::Arc;

/// The state frames of one or more segments, in order.
#[derive(Debug, Default)]
pub struct Replay {
    pub has_snapshot: bool,
    snapshot: Snapshot,
    changes: Vec<StateChange>,
    /// What the last segment holds.
    pub last: Option<(Arc<Segment>, Held)>,
}

impl Replay {
    pub fn on_frame(&mut self, header: &FrameHeader, body: &[u8]) {
        match header.kind {
            Kind::Snapshot => {
                if let Ok(snapshot) = serde_json::from_slice(body) {
                    *self = Self {
                        has_snapshot: true,
                        snapshot,
                        ..Self::default()
                    };
                }
            }
            Kind::State => self.changes.extend(serde_json::from_slice::<StateChange>(body).ok()),
            Kind::Batch | Kind::Index | Kind::Footer => {}
        }
    }

    pub fn follow(&mut self, later: Replay) {
        if later.has_snapshot {
            *self = later;
        } else {
            self.changes.extend(later.changes);
            self.last = later.last;
        }
    }

    /// Brings the store to where the last frame left it.
    pub fn settle(self, store: &Store) {
        if let Some((segment, held)) = self.last {
            add_held(store, &segment, held);
        }
        let mut commits = lock(&store.commits);
        self.snapshot.commits.iter().for_each(|commit| commits.apply(commit));
        self.snapshot
            .bounds
            .iter()
            .for_each(|bounds| apply_bounds(store, bounds));
        for change in &self.changes {
            match change {
                StateChange::Commit(commit) => commits.apply(commit),
                StateChange::Trim(bounds) => bounds.iter().for_each(|bounds| apply_bounds(store, bounds)),
            }
        }
        for topic in store.topics() {
            for partition in 0..topic.partition_count() {
                if let Some(mut state) = topic.partition(partition) {
                    let low = state.low;
                    state.chunks.retain(|chunk| chunk.stretch.end > low);
                    state.low = state
                        .chunks
                        .front()
                        .map_or(state.high, |chunk| chunk.stretch.base.max(low));
                }
            }
        }
    }
}

fn apply_bounds(store: &Store, bounds: &Bounds) {
    if let Some(topic) = store.topic_by_id(bounds.topic)
        && let Some(mut state) = topic.partition(bounds.partition)
    {
        state.low = state.low.max(bounds.low);
        state.high = state.high.max(bounds.high);
    }
}
