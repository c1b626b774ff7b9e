//! An index in memory that keeps the seam's promises and no more: after an error, what was not committed is gone.

use super::at::{At, Faults};
use async_trait::async_trait;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};
use watchfloor::search::{EncodedEvent, IndexOutcome, SearchError, SearchIndex, SearchSpec};
use watchfloor_engine::Event;
use watchfloor_shared::{
    EventId, TenantId, Timestamp,
    search::{FieldInfo, SearchResponse},
};

pub struct FaultyIndex {
    faults: Arc<Faults>,
    ids: Mutex<Ids>,
}

#[derive(Default)]
struct Ids {
    durable: BTreeSet<EventId>,
    pending: BTreeSet<EventId>,
}

impl FaultyIndex {
    pub fn new(faults: Arc<Faults>) -> Self {
        Self {
            faults,
            ids: Mutex::default(),
        }
    }

    pub fn durable(&self) -> BTreeSet<EventId> {
        self.ids.lock().unwrap().durable.clone()
    }
}

fn broken() -> SearchError {
    SearchError::Backend("a fault of the test".to_owned())
}

#[async_trait]
impl SearchIndex for FaultyIndex {
    async fn add(&self, _: &TenantId, mut events: Vec<EncodedEvent>) -> Result<IndexOutcome, SearchError> {
        assert!(!self.faults.strikes(At::AddPanics), "a panic of the test");
        if self.faults.strikes(At::AddRefused) {
            return Err(broken());
        }
        let half = self.faults.strikes(At::AddHalf);
        if half {
            events.truncate(events.len() / 2);
        }
        let mut ids = self.ids.lock().unwrap();
        let mut outcome = IndexOutcome::default();
        for (position, event) in events.into_iter().enumerate() {
            if ids.durable.contains(&event.id) || !ids.pending.insert(event.id) {
                outcome.duplicates.push(position);
            } else {
                outcome.indexed += 1;
            }
        }
        if half {
            ids.pending.clear();
            return Err(broken());
        }
        Ok(outcome)
    }

    async fn commit(&self) -> Result<(), SearchError> {
        let lost = self.faults.strikes(At::IndexCommitLost);
        let taken = self.faults.strikes(At::IndexCommitTaken);
        let mut ids = self.ids.lock().unwrap();
        let pending = std::mem::take(&mut ids.pending);
        if !lost {
            ids.durable.extend(pending);
        }
        match lost || taken {
            true => Err(broken()),
            false => Ok(()),
        }
    }

    async fn search(&self, _: &TenantId, _: SearchSpec) -> Result<SearchResponse, SearchError> {
        Ok(SearchResponse::default())
    }

    async fn get(&self, _: &TenantId, _: &[EventId]) -> Result<Vec<Event>, SearchError> {
        Ok(Vec::new())
    }

    async fn fields(&self, _: &TenantId) -> Result<Vec<FieldInfo>, SearchError> {
        Ok(Vec::new())
    }

    async fn bytes_on_disk(&self) -> Result<u64, SearchError> {
        Ok(0)
    }

    async fn delete_before(&self, _: &TenantId, _: Timestamp) -> Result<(), SearchError> {
        Ok(())
    }
}
