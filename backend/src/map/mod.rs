//! Every tenant's threat map, from `ravenxcope_threat_geo_events`.
//!
//! Invariant: a listener gets its own tenant's board alone. Each process reads the whole topic for itself: the maps of all
//! its listeners are fed by one reader.

mod reader;

use crate::{clock::Clock, inventory::InventoryBook};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use watchfloor_engine::map::{Board, Cursor, Sighting};
use watchfloor_shared::{
    TenantId, Timestamp,
    map::{MapCounts, MapFrame, MapPlace, MapSnapshot},
};

/// Cheap to clone; all clones hold the same boards.
#[derive(Clone)]
pub struct MapBook(Arc<Inner>);

struct Inner {
    boards: Mutex<Boards>,
    /// Grows with each batch that was taken.
    taken: watch::Sender<u64>,
    inventory: InventoryBook,
    clock: Clock,
}

#[derive(Default)]
struct Boards {
    of: HashMap<TenantId, Board>,
    /// Events before it are not known.
    since: Option<Timestamp>,
}

impl Boards {
    fn of(&mut self, tenant: &TenantId) -> &mut Board {
        let since = self.since;
        let fresh = || since.map_or_else(Board::default, Board::since);
        self.of.entry(tenant.clone()).or_insert_with(fresh)
    }
}

impl MapBook {
    pub fn new(inventory: InventoryBook, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            boards: Mutex::default(),
            taken: watch::Sender::new(0),
            inventory,
            clock,
        }))
    }

    pub fn snapshot(&self, tenant: &TenantId) -> (MapSnapshot, Cursor) {
        let now = self.0.clock.now();
        let sites = self.sites(tenant);
        self.boards().of(tenant).snapshot(now, sites)
    }

    /// What happened since `cursor`. `None`: begin with a snapshot anew.
    pub fn frame(&self, tenant: &TenantId, cursor: &mut Cursor) -> Option<MapFrame> {
        self.boards().of(tenant).frame(cursor, self.0.clock.now())
    }

    pub fn counts(&self, tenant: &TenantId) -> MapCounts {
        self.boards().of(tenant).counts(self.0.clock.now())
    }

    /// Changes when some tenant's board did.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.taken.subscribe()
    }

    fn sites(&self, tenant: &TenantId) -> Vec<MapPlace> {
        let inventories = self.0.inventory.current();
        let sites = inventories.get(tenant).map(|inventory| inventory.sites());
        sites.unwrap_or_default().iter().map(MapPlace::from).collect()
    }

    /// The reader found that the topic begins here.
    fn begins(&self, since: Timestamp) {
        let mut boards = self.boards();
        boards.since = boards.since.max(Some(since));
    }

    /// Takes events with the times at which they came in.
    pub fn take(&self, batch: impl Iterator<Item = (TenantId, Sighting, Timestamp)>) {
        let now = self.0.clock.now();
        let mut boards = self.boards();
        for (tenant, seen, at) in batch {
            boards.of(&tenant).take(seen, at, now);
        }
        drop(boards);
        self.0.taken.send_modify(|taken| *taken = taken.wrapping_add(1));
    }

    fn forget_old(&self) {
        let now = self.0.clock.now();
        self.boards().of.values_mut().for_each(|board| board.forget_before(now));
    }

    fn boards(&self) -> MutexGuard<'_, Boards> {
        self.0.boards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
