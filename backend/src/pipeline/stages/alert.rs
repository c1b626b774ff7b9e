//! `logster-inference-results` → alerts in PostgreSQL, `logster-alerts`, live screens; `ravenxcope_threat_geo_events` for what
//! has a place.
//!
//! All folding happens in one transaction of the store, which knows what was recorded before; so a batch seen twice changes
//! nothing, and screens hear of an alert only after it is committed. Other products hear of each alert at least once: what was
//! committed before a fault or a kill, and perhaps not told, is told again.

use super::{is_score, tenant_of};
use crate::{
    bus::{Durability, EventBus, Message, Record, TopicPartition},
    clock::Clock,
    ingest::header,
    live::LiveHub,
    pipeline::{
        dead_letter::{self, dead_letter},
        latencies::Latencies,
        stage::{Stage, StageError},
        tally::Fate,
        topology::{ALERT, topic},
    },
    store::{
        Database, StoreError,
        alerts::{self, Changed},
    },
};
use async_trait::async_trait;
use bytes::Bytes;
use serde_json::json;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use watchfloor_engine::{
    alert::{AlertSettings, Detection, Outcome},
    map::{Drawn, OWN_MODULE},
    verdict::{DeadReason, DropReason},
};
use watchfloor_shared::{AlertId, TenantId};

/// Detections per transaction: large enough for a replay, small enough that a screen never waits for it.
const TRANSACTION_DETECTIONS_MAX: usize = 500;

pub struct Alert {
    pub bus: Arc<dyn EventBus>,
    pub db: Database,
    pub live: LiveHub,
    pub latencies: Latencies,
    pub clock: Clock,
    pub settings: AlertSettings,
    pub announcements: Announcements,
}

/// What other readers are still to be told.
#[derive(Default)]
pub struct Announcements {
    /// Committed in the store, where a second try finds them recorded.
    alerts: Vec<Record>,
    /// Detections with a place, each once it is in its alert.
    places: Vec<Record>,
    /// By partition: detections below this offset may have been recorded before the restart or the fault without being told.
    doubtful_below: HashMap<u32, u64>,
}

impl Announcements {
    fn is_doubtful(&self, message: &Message) -> bool {
        let below = self.doubtful_below.get(&message.partition);
        below.is_some_and(|below| message.offset < *below)
    }
}

#[async_trait]
impl Stage for Alert {
    async fn process(&mut self, batch: &[Message]) -> Result<Vec<Fate>, StageError> {
        let mut fates = vec![Fate::Emitted; batch.len()];
        let mut dead = Vec::new();
        let mut by_tenant: BTreeMap<TenantId, (Vec<usize>, Vec<Detection>)> = BTreeMap::new();
        for (position, message) in batch.iter().enumerate() {
            if is_score(message) {
                fates[position] = Fate::Suppressed(DropReason::Score);
                continue;
            }
            match parse(message) {
                Ok((tenant, detection)) => {
                    let (positions, detections) = by_tenant.entry(tenant).or_default();
                    positions.push(position);
                    detections.push(detection);
                }
                Err(reason) => {
                    fates[position] = Fate::Dead(reason);
                    dead.push(dead_letter(&ALERT, message, reason));
                }
            }
        }
        for (tenant, (positions, detections)) in by_tenant {
            let chunks = detections
                .chunks(TRANSACTION_DETECTIONS_MAX)
                .zip(positions.chunks(TRANSACTION_DETECTIONS_MAX));
            for (detections, positions) in chunks {
                let outcomes = self.record(&tenant, detections).await?;
                let mut doubtful = Vec::new();
                for ((outcome, position), detection) in outcomes.iter().zip(positions).zip(detections) {
                    fates[*position] = fate_of(outcome);
                    if *outcome == Outcome::AlreadyRecorded && self.announcements.is_doubtful(&batch[*position]) {
                        doubtful.push(detection);
                    }
                }
                self.announce_again(&tenant, &doubtful).await?;
            }
        }
        if !dead.is_empty() {
            self.bus.produce(dead_letter::TOPIC, dead, Durability::Written).await?;
        }
        Ok(fates)
    }

    async fn flush(&mut self) -> Result<(), StageError> {
        let Announcements { alerts, places, .. } = &mut self.announcements;
        for (topic, waiting) in [(topic::ALERTS, alerts), (topic::GEO, places)] {
            if !waiting.is_empty() {
                self.bus.produce(topic, waiting.clone(), Durability::Written).await?;
                waiting.clear();
            }
        }
        Ok(())
    }

    async fn restore(&mut self, bus: &dyn EventBus, from: &[(TopicPartition, u64)]) -> Result<(), StageError> {
        // All of it is read again.
        self.announcements = Announcements::default();
        for (partition, _) in from {
            let high = bus.watermarks(partition).await?.high;
            self.announcements.doubtful_below.insert(partition.partition, high);
        }
        Ok(())
    }
}

impl Alert {
    async fn record(&mut self, tenant: &TenantId, detections: &[Detection]) -> Result<Vec<Outcome>, StageError> {
        let store = |error: StoreError| StageError::Store(error.to_string());
        let mut tx = self.db.tenant(tenant).await.map_err(store)?;
        let recorded = alerts::record(&mut tx, detections, &self.settings, self.clock.now())
            .await
            .map_err(store)?;
        tx.commit().await.map_err(store)?;
        let stored = self.clock.now();
        for detection in detections {
            self.latencies.alerted.record(stored.since(detection.received), stored);
        }
        for changed in recorded.changed {
            self.announcements.alerts.push(announcement(tenant, &changed));
            self.live.publish(tenant, changed);
        }
        for (outcome, detection) in recorded.outcomes.iter().zip(detections) {
            if let Outcome::Raised(alert) | Outcome::Folded(alert) = outcome {
                self.announcements.places.extend(place(tenant, alert, detection));
            }
        }
        Ok(recorded.outcomes)
    }

    async fn announce_again(&mut self, tenant: &TenantId, detections: &[&Detection]) -> Result<(), StageError> {
        if detections.is_empty() {
            return Ok(());
        }
        let store = |error: StoreError| StageError::Store(error.to_string());
        let mut tx = self.db.tenant(tenant).await.map_err(store)?;
        let alerts = alerts::holding(&mut tx, detections).await.map_err(store)?;
        let announcements = alerts.iter().map(|alert| announcement(tenant, alert));
        self.announcements.alerts.extend(announcements);
        let alerts_of = alerts::alerts_of(&mut tx, detections).await.map_err(store)?;
        let recorded = detections.iter().zip(&alerts_of);
        let places = recorded.filter_map(|(detection, alert)| place(tenant, alert.as_ref()?, detection));
        self.announcements.places.extend(places);
        Ok(())
    }
}

/// Tells other products; keyed by the alert's endpoint like everything else.
fn announcement(tenant: &TenantId, change: &Changed) -> Record {
    Record {
        key: Some(Bytes::from(format!("{tenant}:{}", change.summary.endpoint_id))),
        headers: vec![(header::TENANT_ID.to_owned(), Bytes::from(tenant.to_string()))],
        payload: Bytes::from(serde_json::to_vec(&change.summary).unwrap_or_default()),
        timestamp: change.summary.times.stored,
    }
}

/// What a map draws of a detection: who, whom, where both are, how bad, and which alert tells the rest. Its event and its rule
/// are its identity: whoever reads it twice draws it once.
fn place(tenant: &TenantId, alert: &AlertId, detection: &Detection) -> Option<Record> {
    let located = detection.located.as_ref()?;
    let drawn = Drawn {
        event_id: detection.event_id.as_str(),
        alert_id: Some(alert),
        timestamp: json!(detection.observed).into(),
        endpoint_id: detection.endpoint_id.as_str(),
        module: OWN_MODULE,
        severity: json!(detection.severity).into(),
        rule: json!({"id": detection.rule.id, "name": detection.rule.title}).into(),
        source: &located.source,
        destination: &located.destination,
        network: None,
        count: 1,
        simulated: detection.simulated,
    };
    Some(Record {
        key: Some(Bytes::from(format!("{tenant}:{}", detection.endpoint_id))),
        headers: vec![(header::TENANT_ID.to_owned(), Bytes::from(tenant.to_string()))],
        payload: Bytes::from(drawn.to_json()),
        timestamp: detection.received,
    })
}

fn parse(message: &Message) -> Result<(TenantId, Detection), DeadReason> {
    let tenant = tenant_of(message).ok_or(DeadReason::TenantMissing)?;
    let detection = serde_json::from_slice(&message.record.payload).map_err(|_| DeadReason::JsonInvalid)?;
    Ok((tenant, detection))
}

fn fate_of(outcome: &Outcome) -> Fate {
    match outcome {
        Outcome::Raised(_) => Fate::Emitted,
        Outcome::Folded(_) => Fate::Suppressed(DropReason::Folded),
        Outcome::AlreadyRecorded => Fate::Suppressed(DropReason::AlreadyRecorded),
    }
}
