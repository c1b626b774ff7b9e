//! Brings what is written onto the disk, a short time later or as soon as someone waits for it. One `fdatasync` serves all
//! who wait at that moment.

use super::{
    partition::lock,
    round::{Answer, failure},
    segment::Segment,
    store::Store,
};
use std::{
    io,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

#[derive(Debug, Default)]
pub struct Syncer {
    progress: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Progress {
    segment: Option<Arc<Segment>>,
    written: u64,
    synced: u64,
    waiting: Vec<(Answer<Vec<u64>>, Vec<u64>)>,
    stopped: bool,
    /// A sync failed. What the disk has is unknown from then on, and asking again would wrongly succeed.
    failed: bool,
}

impl Syncer {
    /// A segment of which everything up to `position` is on the disk.
    pub fn moved_to(&self, segment: &Arc<Segment>, position: u64) {
        let mut progress = lock(&self.progress);
        progress.segment = Some(segment.clone());
        (progress.written, progress.synced) = (position, position);
        self.changed.notify_one();
    }

    /// The segment that was found at the start: what is in it may still be on its way to the disk.
    pub fn begin(&self, segment: &Arc<Segment>, position: u64) {
        let mut progress = lock(&self.progress);
        progress.segment = Some(segment.clone());
        (progress.written, progress.synced) = (position, 0);
    }

    pub fn wrote(&self, segment: &Arc<Segment>, position: u64) {
        let mut progress = lock(&self.progress);
        let was_clean = progress.written == progress.synced;
        if progress.segment.as_ref().is_some_and(|known| known.id == segment.id) {
            progress.written = position;
        }
        if was_clean {
            self.changed.notify_one();
        }
    }

    /// Position in the segment up to which the disk has everything.
    pub fn synced(&self, segment: u64) -> u64 {
        let progress = lock(&self.progress);
        let known = progress.segment.as_ref().is_some_and(|known| known.id == segment);
        if known { progress.synced } else { 0 }
    }

    pub fn answer_when_synced(&self, answer: Answer<Vec<u64>>, offsets: Vec<u64>) {
        lock(&self.progress).waiting.push((answer, offsets));
        self.changed.notify_one();
    }

    pub fn stop(&self) {
        lock(&self.progress).stopped = true;
        self.changed.notify_one();
    }

    /// The body of the sync thread; returns once stopped and nobody waits any more.
    pub fn run(&self, store: &Store) {
        while let Some(turn) = self.next_turn(store) {
            let outcome = match &turn.segment {
                _ if turn.failed => Err(io::Error::other("an earlier sync failed")),
                Some(segment) if turn.written > turn.synced => segment.file.sync_data(),
                _ => Ok(()),
            };
            self.settle(&turn, outcome.is_err());
            if let Err(error) = &outcome
                && !turn.failed
            {
                store.fail(&format!("the disk refused to sync: {error}"));
            }
            for (answer, offsets) in turn.waiting {
                let _ = answer.send(outcome.as_ref().map(|()| offsets).map_err(failure));
            }
        }
    }

    fn settle(&self, turn: &Progress, failed: bool) {
        let mut progress = lock(&self.progress);
        progress.failed |= failed;
        if progress.failed {
            progress.synced = progress.written;
        } else if progress.segment.as_ref().map(|s| s.id) == turn.segment.as_ref().map(|s| s.id) {
            progress.synced = progress.synced.max(turn.written);
        }
    }

    /// Waits for someone who waits, or for the sync interval once something is unsynced.
    fn next_turn(&self, store: &Store) -> Option<Progress> {
        let mut progress = lock(&self.progress);
        while progress.waiting.is_empty() && progress.written == progress.synced {
            if progress.stopped {
                return None;
            }
            progress = self.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        if progress.waiting.is_empty() && !progress.stopped {
            let calm = |progress: &mut Progress| progress.waiting.is_empty() && !progress.stopped;
            let waited = self
                .changed
                .wait_timeout_while(progress, store.options.sync_interval, calm);
            progress = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(Progress {
            segment: progress.segment.clone(),
            written: progress.written,
            synced: progress.synced,
            waiting: std::mem::take(&mut progress.waiting),
            stopped: progress.stopped,
            failed: progress.failed,
        })
    }
}
