//! The credentials that long connections were let in with, and their end.
//!
//! Invariant: who holds a credential that was revoked hears of it within a second, wherever it was revoked. One query each half
//! second for each process, however many connections there are.

use crate::store::{Database, identity::api_keys};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

const ASKED_EVERY: Duration = Duration::from_millis(500);

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct HeldCredentials(Arc<Mutex<HashMap<String, Entry>>>);

struct Entry {
    holders: usize,
    ended: CancellationToken,
}

/// One connection's.
pub struct Held {
    all: HeldCredentials,
    id: String,
    ended: CancellationToken,
}

impl HeldCredentials {
    pub fn hold(&self, id: &str) -> Held {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.entry(id.to_owned()).or_insert_with(|| Entry {
            holders: 0,
            ended: CancellationToken::new(),
        });
        entry.holders += 1;
        Held {
            all: self.clone(),
            id: id.to_owned(),
            ended: entry.ended.clone(),
        }
    }

    /// Asks until stopped. A store that does not answer ends nothing.
    pub async fn follow(self, db: Database, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(ASKED_EVERY) => {}
            }
            let ids = self.ids();
            if ids.is_empty() {
                continue;
            }
            match api_keys::ended(&db, &ids).await {
                Ok(ended) => self.end(&ended),
                Err(error) => tracing::debug!(%error, "whether credentials still hold cannot be asked"),
            }
        }
    }

    fn ids(&self) -> Vec<String> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.keys().cloned().collect()
    }

    fn end(&self, ids: &[String]) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            if let Some(entry) = entries.remove(id) {
                entry.ended.cancel();
            }
        }
    }
}

impl Held {
    /// Returns when the credential works no longer.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut entries = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if self.ended.is_cancelled() {
            return;
        }
        if let Some(entry) = entries.get_mut(&self.id) {
            entry.holders -= 1;
            if entry.holders == 0 {
                entries.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_a_credential_reaches_all_who_hold_it_and_nobody_else() {
        let held = HeldCredentials::default();
        let (one, two, other) = (held.hold("a"), held.hold("a"), held.hold("b"));
        held.end(&["a".to_owned(), "unknown".to_owned()]);
        one.ended().await;
        two.ended().await;
        assert!(!other.ended.is_cancelled());
        // Let in again with the same credential: a holder of its own, untouched by those who leave.
        let again = held.hold("a");
        drop((one, two));
        assert!(!again.ended.is_cancelled());
        assert_eq!(held.ids().len(), 2);
        drop((again, other));
        assert!(held.ids().is_empty());
    }
}
