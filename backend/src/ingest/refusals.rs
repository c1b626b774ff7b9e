//! Whom the front doors turned away, and why.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    TooManyConnections,
    TooManyFromPeer,
    Handshake,
    Credential,
    /// Bytes that are not the protocol.
    Malformed,
    /// Half a frame, then silence.
    Silence,
    /// Datagrams that came faster than the disk takes them.
    Overrun,
}

impl Refusal {
    pub const fn as_str(self) -> &'static str {
        match self {
            Refusal::TooManyConnections => "too_many_connections",
            Refusal::TooManyFromPeer => "too_many_from_peer",
            Refusal::Handshake => "handshake",
            Refusal::Credential => "credential",
            Refusal::Malformed => "malformed",
            Refusal::Silence => "silence",
            Refusal::Overrun => "overrun",
        }
    }
}

/// Counts since the start, by door and reason. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Refusals(Arc<Mutex<BTreeMap<(&'static str, Refusal), u64>>>);

impl Refusals {
    /// Counts one, and says so in the log: the first, the second, the fourth and so on, because who attacks writes no log here.
    pub fn note(&self, door: &'static str, refusal: Refusal, who: &dyn std::fmt::Display) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((door, refusal)).or_insert(0);
        *count += 1;
        if count.is_power_of_two() {
            tracing::warn!(door, reason = refusal.as_str(), %who, count, "turned away");
        }
    }

    pub fn counts(&self) -> Vec<(&'static str, Refusal, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|((door, refusal), count)| (*door, *refusal, *count))
            .collect()
    }

    pub fn count(&self, door: &'static str, refusal: Refusal) -> u64 {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(&(door, refusal)).copied().unwrap_or(0)
    }
}
