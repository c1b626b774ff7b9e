//! Sees changes in the rule folders and reloads once they have settled.

use super::{RuleBookError, Shelf};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::{
    path::PathBuf,
    sync::{
        Weak,
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    time::{Duration, Instant},
};

/// Editors and `git` write in several steps; this long without a change is the end of one.
const QUIET: Duration = Duration::from_millis(300);
/// Changes that never stop are taken over at least this often.
const WAIT_MAX: Duration = Duration::from_secs(3);

/// Dropping it ends its thread.
pub struct Watch {
    _watcher: RecommendedWatcher,
}

impl Watch {
    pub fn start(folders: &[PathBuf], shelf: Weak<Shelf>) -> Result<Self, RuleBookError> {
        // One waiting change stands for all that come with it.
        let (changed, changes) = sync_channel::<()>(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                let _ = changed.try_send(());
            }
        })?;
        for folder in folders {
            watcher.watch(folder, RecursiveMode::Recursive)?;
        }
        std::thread::Builder::new()
            .name("rules".to_owned())
            .spawn(move || follow(&changes, &shelf))?;
        Ok(Self { _watcher: watcher })
    }
}

fn follow(changes: &Receiver<()>, shelf: &Weak<Shelf>) {
    while changes.recv().is_ok() {
        let first = Instant::now();
        while first.elapsed() < WAIT_MAX {
            match changes.recv_timeout(QUIET) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        let Some(shelf) = shelf.upgrade() else { return };
        if let Err(error) = shelf.reload() {
            tracing::warn!(%error, "rules not reloaded; those in force stay");
        }
    }
}
