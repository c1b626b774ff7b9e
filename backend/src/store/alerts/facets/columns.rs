//! A tenant's alerts as columns of small numbers.

use crate::store::{
    StoreError,
    alerts::row::{from_json, severity, source, status},
};
use std::collections::HashMap;
use watchfloor_shared::alert::{AlertStatus, DetectionSource, Severity, Technique};

/// What the facets need of an alert.
pub struct FacetRow {
    pub alert_id: String,
    pub severity: i16,
    pub status: i16,
    pub source: i16,
    pub endpoint_id: String,
    pub rule_id: String,
    pub title: String,
    pub user_name: Option<String>,
    pub assigned: bool,
    pub first_seen_ns: i64,
    pub techniques: String,
    pub change_seq: i64,
}

/// An alert in 40 bytes; the numbers are places in [`Names`].
pub struct Alert {
    pub first_seen_ns: i64,
    pub severity: Severity,
    pub status: AlertStatus,
    pub source: DetectionSource,
    pub assigned: bool,
    pub endpoint: u32,
    pub rule: u32,
    pub user: Option<u32>,
    /// Place in [`AlertColumns::technique_sets`].
    pub techniques: u32,
}

/// Texts that many alerts share, each once.
#[derive(Default)]
pub struct Names {
    places: HashMap<String, u32>,
    /// What goes into the filter, and what a person reads.
    pub names: Vec<(String, String)>,
}

impl Names {
    fn place(&mut self, value: &str, label: impl FnOnce() -> String) -> u32 {
        if let Some(place) = self.places.get(value) {
            return *place;
        }
        let place = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.places.insert(value.to_owned(), place);
        self.names.push((value.to_owned(), label()));
        place
    }

    /// Which places a filter's values name; those that nothing has are left out.
    pub fn places(&self, values: &[String]) -> Vec<u32> {
        values
            .iter()
            .filter_map(|value| self.places.get(value).copied())
            .collect()
    }
}

#[derive(Default)]
pub struct AlertColumns {
    seq: i64,
    places: HashMap<String, usize>,
    pub alerts: Vec<Alert>,
    pub endpoints: Names,
    pub rules: Names,
    pub users: Names,
    pub techniques: Names,
    set_places: HashMap<String, u32>,
    pub technique_sets: Vec<Vec<u32>>,
}

impl AlertColumns {
    /// The change number up to which this is complete.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    pub fn place(&self, alert_id: &str) -> Option<usize> {
        self.places.get(alert_id).copied()
    }

    /// Takes an alert as it is now; rows come in the order of their change numbers.
    pub fn put(&mut self, row: FacetRow) -> Result<(), StoreError> {
        let alert = Alert {
            first_seen_ns: row.first_seen_ns,
            severity: severity(row.severity)?,
            status: status(row.status)?,
            source: source(row.source)?,
            assigned: row.assigned,
            endpoint: self.endpoints.place(&row.endpoint_id, || row.endpoint_id.clone()),
            rule: self.rules.place(&row.rule_id, || row.title),
            user: row.user_name.map(|user| self.users.place(&user, || user.clone())),
            techniques: self.technique_set(&row.techniques)?,
        };
        match self
            .places
            .get(&row.alert_id)
            .and_then(|place| self.alerts.get_mut(*place))
        {
            Some(known) => *known = alert,
            None => {
                self.places.insert(row.alert_id, self.alerts.len());
                self.alerts.push(alert);
            }
        }
        self.seq = row.change_seq;
        Ok(())
    }

    fn technique_set(&mut self, json: &str) -> Result<u32, StoreError> {
        if let Some(place) = self.set_places.get(json) {
            return Ok(*place);
        }
        let techniques: Vec<Technique> = from_json(json, "techniques")?;
        let mut set: Vec<u32> = techniques
            .iter()
            .map(|technique| {
                self.techniques
                    .place(&technique.id, || format!("{} {}", technique.id, technique.name))
            })
            .collect();
        set.sort_unstable();
        set.dedup();
        let place = u32::try_from(self.technique_sets.len()).unwrap_or(u32::MAX);
        self.technique_sets.push(set);
        self.set_places.insert(json.to_owned(), place);
        Ok(place)
    }
}
