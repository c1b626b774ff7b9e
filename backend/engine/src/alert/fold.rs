//! When a detection raises an alert and when it joins one; which endpoints' alerts belong together.
//!
//! Invariant: an alert's `first_seen` is fixed when it is raised, and both decisions look at `first_seen` alone. So what comes
//! out depends on the order of detections within one endpoint, rule and subject, never on how endpoints interleave, where batches end,
//! or what is delivered twice.

use super::Detection;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};
use watchfloor_shared::{AlertId, EndpointId, EventId, RuleId, TenantId, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertSettings {
    /// A detection joins an open alert of its rule, endpoint and subject that began at most this long before.
    pub dedup_window: Duration,
    /// Alerts of other endpoints that began at most this long before or after are related.
    pub correlation_window: Duration,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            dedup_window: Duration::from_secs(300),
            correlation_window: Duration::from_secs(60),
        }
    }
}

/// What became of a detection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Outcome {
    Raised(AlertId),
    Folded(AlertId),
    /// It came before: same rule, same event.
    AlreadyRecorded,
}

/// The id of the alert that this detection would raise: 32 hexadecimal digits.
pub fn alert_id(tenant: &TenantId, rule: &RuleId, endpoint: &EndpointId, first_event: &EventId) -> AlertId {
    let mut bytes = Vec::with_capacity(160);
    for part in [tenant.as_str(), rule.as_str(), endpoint.as_str(), first_event.as_str()] {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    AlertId::new(format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes)))
}

/// What detections of one alert have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub rule: RuleId,
    pub endpoint: EndpointId,
    pub subject: String,
}

impl Key {
    fn of(detection: &Detection) -> Self {
        Self {
            rule: detection.rule.id.clone(),
            endpoint: detection.endpoint_id.clone(),
            subject: detection.subject.clone(),
        }
    }
}

/// Decides detection by detection. Knows what it is told of the past: tell it before the first detection.
pub struct Fold {
    tenant: TenantId,
    dedup_window: Duration,
    /// Alerts that are not closed, with their `first_seen`.
    joinable: HashMap<Key, Vec<(Timestamp, AlertId)>>,
    recorded: HashSet<(RuleId, EventId)>,
}

impl Fold {
    pub fn new(tenant: TenantId, settings: &AlertSettings) -> Self {
        Self {
            tenant,
            dedup_window: settings.dedup_window,
            joinable: HashMap::new(),
            recorded: HashSet::new(),
        }
    }

    /// This rule's match on this event is in an alert already.
    pub fn recall_recorded(&mut self, rule: RuleId, event: EventId) {
        self.recorded.insert((rule, event));
    }

    /// There is such an alert, and it is not closed.
    pub fn recall_alert(&mut self, key: Key, first_seen: Timestamp, id: AlertId) {
        self.joinable.entry(key).or_default().push((first_seen, id));
    }

    pub fn on_detection(&mut self, detection: &Detection) -> Outcome {
        let rule = detection.rule.id.clone();
        if !self.recorded.insert((rule.clone(), detection.event_id.clone())) {
            return Outcome::AlreadyRecorded;
        }
        let observed = detection.observed;
        let earliest = observed.saturating_sub(self.dedup_window);
        let alerts = self.joinable.entry(Key::of(detection)).or_default();
        let joined = alerts
            .iter()
            .filter(|(first_seen, _)| (earliest..=observed).contains(first_seen))
            .max();
        if let Some((_, id)) = joined {
            return Outcome::Folded(id.clone());
        }
        let id = alert_id(&self.tenant, &rule, &detection.endpoint_id, &detection.event_id);
        alerts.push((observed, id.clone()));
        Outcome::Raised(id)
    }
}

/// What correlation needs to know of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlated {
    pub endpoint: EndpointId,
    pub first_seen: Timestamp,
    /// Raised just now; the others were correlated among themselves before.
    pub new: bool,
    pub related: BTreeSet<EndpointId>,
}

/// Makes `related` complete and symmetric: the other endpoints with an alert that began at most `window` before or after.
/// `alerts` holds the new ones and at least all others that began within `window` of a new one.
pub fn correlate(alerts: &mut [Correlated], window: Duration) {
    alerts.sort_by_key(|alert| alert.first_seen);
    let mut near = Near::default();
    let (mut enter, mut leave) = (0, 0);
    for at in 0..alerts.len() {
        let from = alerts[at].first_seen.saturating_sub(window);
        let to = alerts[at].first_seen.saturating_add(window);
        while enter < alerts.len() && alerts[enter].first_seen <= to {
            near.enter(&alerts[enter]);
            enter += 1;
        }
        while alerts[leave].first_seen < from {
            near.leave(&alerts[leave]);
            leave += 1;
        }
        let alert = &mut alerts[at];
        let seen = if alert.new { &near.all } else { &near.new };
        for endpoint in seen.keys().filter(|endpoint| **endpoint != alert.endpoint) {
            if !alert.related.contains(endpoint) {
                alert.related.insert(endpoint.clone());
            }
        }
    }
}

/// How many alerts of each endpoint are within the window that moves over them.
#[derive(Default)]
struct Near {
    all: HashMap<EndpointId, usize>,
    new: HashMap<EndpointId, usize>,
}

impl Near {
    fn enter(&mut self, alert: &Correlated) {
        *self.all.entry(alert.endpoint.clone()).or_default() += 1;
        if alert.new {
            *self.new.entry(alert.endpoint.clone()).or_default() += 1;
        }
    }

    fn leave(&mut self, alert: &Correlated) {
        take_one(&mut self.all, &alert.endpoint);
        if alert.new {
            take_one(&mut self.new, &alert.endpoint);
        }
    }
}

fn take_one(counts: &mut HashMap<EndpointId, usize>, endpoint: &EndpointId) {
    if let Some(count) = counts.get_mut(endpoint) {
        *count -= 1;
        if *count == 0 {
            counts.remove(endpoint);
        }
    }
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
