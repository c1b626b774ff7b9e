//! Loaded rows of the list: windows by section and page, alerts by id. Rows far from sight are forgotten and fetched again.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use watchfloor_shared::{AlertId, alert::AlertSummary};

pub const PAGE: usize = 100;
const PAGES_MAX: usize = 60;

/// Section and page.
pub type PageKey = (usize, usize);

#[derive(Debug, Default)]
pub struct Rows {
    pages: HashMap<PageKey, Vec<AlertId>>,
    alerts: HashMap<AlertId, Arc<AlertSummary>>,
    loading: HashSet<PageKey>,
}

impl Rows {
    pub fn at(&self, section: usize, place: usize) -> Option<Arc<AlertSummary>> {
        let id = self.pages.get(&(section, place / PAGE))?.get(place % PAGE)?;
        self.alerts.get(id).map(Arc::clone)
    }
    pub fn get(&self, id: &AlertId) -> Option<Arc<AlertSummary>> {
        self.alerts.get(id).map(Arc::clone)
    }
    /// Takes a newer state of an alert that is loaded. `false` when it is not loaded.
    pub fn update(&mut self, alert: AlertSummary) -> bool {
        match self.alerts.get_mut(&alert.id) {
            Some(known) => {
                if alert.version >= known.version {
                    *known = Arc::new(alert);
                }
                true
            }
            None => false,
        }
    }
    /// Puts a state back or ahead of the server's, whatever its version.
    pub fn force(&mut self, alert: Arc<AlertSummary>) {
        if let Some(known) = self.alerts.get_mut(&alert.id) {
            *known = alert;
        }
    }
    pub fn insert(&mut self, key: PageKey, alerts: Vec<AlertSummary>) {
        self.loading.remove(&key);
        self.pages.insert(key, alerts.iter().map(|a| a.id.clone()).collect());
        for alert in alerts {
            if !self.update(alert.clone()) {
                self.alerts.insert(alert.id.clone(), Arc::new(alert));
            }
        }
    }
    /// Claims a page for loading; `false` when it is there or under way.
    pub fn claim(&mut self, key: PageKey) -> bool {
        !self.pages.contains_key(&key) && self.loading.insert(key)
    }
    pub fn failed(&mut self, key: PageKey) {
        self.loading.remove(&key);
    }
    /// Forgets the pages farthest from `around`, and alerts that no page holds.
    pub fn trim(&mut self, around: PageKey) {
        if self.pages.len() <= PAGES_MAX {
            return;
        }
        let mut keys: Vec<PageKey> = self.pages.keys().copied().collect();
        keys.sort_by_key(|key| (key.0.abs_diff(around.0) * 1_000_000) + key.1.abs_diff(around.1));
        for key in keys.into_iter().skip(PAGES_MAX / 2) {
            self.pages.remove(&key);
        }
        let kept: HashSet<&AlertId> = self.pages.values().flatten().collect();
        self.alerts.retain(|id, _| kept.contains(id));
    }
    /// The place of an alert among the loaded pages.
    pub fn place(&self, id: &AlertId) -> Option<(usize, usize)> {
        self.pages.iter().find_map(|((section, page), ids)| {
            let i = ids.iter().position(|other| other == id)?;
            Some((*section, page * PAGE + i))
        })
    }
}
