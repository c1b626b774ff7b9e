//! Where and when something fails.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};
use watchfloor::bus::BusError;

/// A call, by the topic or the group that it is about, and how it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    ProduceRefused(&'static str),
    /// Half of the records are in the log, and the producer is told that it failed.
    ProduceHalf(&'static str),
    /// All of them are.
    ProduceTaken(&'static str),
    Poll(&'static str),
    CommitRefused(&'static str),
    /// The positions are stored, and the consumer is told that they are not.
    CommitTaken(&'static str),
    AddRefused,
    /// Half of the events are taken, then what was not committed is gone.
    AddHalf,
    AddPanics,
    /// What was added is gone.
    IndexCommitLost,
    /// What was added is durable, and the caller is told that it is not.
    IndexCommitTaken,
}

/// The one fault of a test: from the `after`th call on until it is mended.
#[derive(Default)]
pub struct Faults {
    armed: Mutex<Option<(At, usize)>>,
    calls: AtomicUsize,
    struck: AtomicUsize,
    mended: AtomicBool,
}

impl Faults {
    pub fn arm(&self, at: At, after: usize) {
        *self.armed.lock().unwrap() = Some((at, after));
    }

    pub fn mend(&self) {
        self.mended.store(true, Ordering::SeqCst);
    }

    /// How many calls failed.
    pub fn struck(&self) -> usize {
        self.struck.load(Ordering::SeqCst)
    }

    pub fn strikes(&self, at: At) -> bool {
        let armed = *self.armed.lock().unwrap();
        let Some((_, after)) = armed.filter(|(armed, _)| *armed == at) else {
            return false;
        };
        let struck = self.calls.fetch_add(1, Ordering::SeqCst) >= after && !self.mended.load(Ordering::SeqCst);
        self.struck.fetch_add(usize::from(struck), Ordering::SeqCst);
        struck
    }

    /// The armed call about this topic or group, if `wanted` makes it.
    pub fn about(&self, name: &str, wanted: impl Fn(&'static str) -> At) -> bool {
        let armed = *self.armed.lock().unwrap();
        let named = match armed {
            Some((
                At::ProduceRefused(named)
                | At::ProduceHalf(named)
                | At::ProduceTaken(named)
                | At::Poll(named)
                | At::CommitRefused(named)
                | At::CommitTaken(named),
                _,
            )) => named,
            _ => return false,
        };
        named == name && self.strikes(wanted(named))
    }
}

pub fn broken() -> BusError {
    BusError::Io(std::io::Error::other("a fault of the test"))
}
