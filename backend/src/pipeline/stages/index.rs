//! `normalized-endpoint-events` and the scores on `logster-inference-results` → search index; the former → list of endpoints.
//!
//! Events are added batch by batch; index and endpoints are made durable together in `flush`, before any offset is committed.

use super::{is_score, received_of, tenant_of};
use crate::{
    bus::{Durability, EventBus, Message, TopicPartition},
    clock::Clock,
    pipeline::{
        dead_letter::{self, dead_letter},
        latencies::Latencies,
        stage::{FlushPolicy, Stage, StageError},
        tally::Fate,
        topology::{INDEX, topic},
    },
    search::{EncodedEvent, SearchIndex},
    store::{Database, endpoints, endpoints::EndpointSighting},
};
use async_trait::async_trait;
use std::{collections::HashMap, sync::Arc, time::Duration};
use watchfloor_engine::{
    event::EventHead,
    verdict::{DeadReason, DropReason},
};
use watchfloor_shared::{EndpointId, TenantId, Timestamp};

/// Searches lag by at most this, alerts do not.
const COMMIT_WAIT_MAX: Duration = Duration::from_millis(1_000);
const COMMIT_WAIT_BEHIND_MAX: Duration = Duration::from_secs(5);
const COMMIT_RECORDS_MAX: usize = 100_000;
/// One latency sample per this many events is enough for a percentile.
const LATENCY_SAMPLE_EVERY: usize = 64;

pub struct Index {
    pub bus: Arc<dyn EventBus>,
    pub search: Arc<dyn SearchIndex>,
    pub db: Database,
    pub clock: Clock,
    pub latencies: Latencies,
    pub sightings: HashMap<(TenantId, EndpointId), EndpointSighting>,
    /// When events of the current flush were received, sampled.
    pub waiting: Vec<Timestamp>,
}

#[async_trait]
impl Stage for Index {
    async fn process(&mut self, batch: &[Message]) -> Result<Vec<Fate>, StageError> {
        let mut fates = vec![Fate::Emitted; batch.len()];
        let mut dead = Vec::new();
        let mut by_tenant: HashMap<TenantId, (Vec<usize>, Vec<EncodedEvent>)> = HashMap::new();
        for (position, message) in batch.iter().enumerate() {
            let content = Content::of(message);
            if content == Content::Detection {
                fates[position] = Fate::Suppressed(DropReason::Detection);
                continue;
            }
            match parse(message) {
                Ok((tenant, event)) => {
                    if content == Content::Event {
                        self.sight(&tenant, &event);
                    }
                    let (positions, events) = by_tenant.entry(tenant).or_default();
                    positions.push(position);
                    events.push(EncodedEvent {
                        id: event.id,
                        timestamp: event.timestamp,
                        json: message.record.payload.clone(),
                    });
                }
                Err(reason) => {
                    fates[position] = Fate::Dead(reason);
                    dead.push(dead_letter(&INDEX, message, reason));
                }
            }
            // A score is as late as its window is long.
            if position % LATENCY_SAMPLE_EVERY == 0 && content == Content::Event {
                self.waiting.push(received_of(message));
            }
        }
        for (tenant, (positions, events)) in by_tenant {
            let outcome = self.search.add(&tenant, events).await?;
            for duplicate in outcome.duplicates {
                fates[positions[duplicate]] = Fate::Suppressed(DropReason::Duplicate);
            }
            for (refused, why) in outcome.refused {
                let message = &batch[positions[refused]];
                tracing::debug!(offset = message.offset, why, "index refused an event");
                fates[positions[refused]] = Fate::Dead(DeadReason::FieldTypeConflict);
                dead.push(dead_letter(&INDEX, message, DeadReason::FieldTypeConflict));
            }
        }
        if !dead.is_empty() {
            self.bus.produce(dead_letter::TOPIC, dead, Durability::Written).await?;
        }
        Ok(fates)
    }

    async fn flush(&mut self) -> Result<(), StageError> {
        self.search.commit().await?;
        self.store_sightings().await?;
        let now = self.clock.now();
        for received in self.waiting.drain(..) {
            self.latencies.indexed.record(now.since(received), now);
        }
        Ok(())
    }

    async fn restore(&mut self, _bus: &dyn EventBus, _from: &[(TopicPartition, u64)]) -> Result<(), StageError> {
        // They are read again; without this a long outage would pile them up.
        self.waiting.clear();
        Ok(())
    }

    fn flush_after(&self) -> FlushPolicy {
        FlushPolicy {
            wait_max: COMMIT_WAIT_MAX,
            wait_behind_max: COMMIT_WAIT_BEHIND_MAX,
            records_max: COMMIT_RECORDS_MAX,
        }
    }
}

impl Index {
    fn sight(&mut self, tenant: &TenantId, event: &EventHead) {
        let key = (tenant.clone(), event.endpoint.clone());
        match self.sightings.get_mut(&key) {
            Some(sighting) => {
                sighting.first_seen = sighting.first_seen.min(event.timestamp);
                sighting.last_seen = sighting.last_seen.max(event.timestamp);
                sighting.simulated |= event.is_simulated;
            }
            None => {
                self.sightings.insert(key, sighting_of(event));
            }
        }
    }

    async fn store_sightings(&mut self) -> Result<(), StageError> {
        let mut by_tenant: HashMap<&TenantId, Vec<EndpointSighting>> = HashMap::new();
        for ((tenant, _), sighting) in &self.sightings {
            by_tenant.entry(tenant).or_default().push(sighting.clone());
        }
        for (tenant, mut sightings) in by_tenant {
            // One order for all writers, so that two replicas cannot lock each other out.
            sightings.sort_by(|a, b| a.id.cmp(&b.id));
            let store = |error: crate::store::StoreError| StageError::Store(error.to_string());
            let mut tx = self.db.tenant(tenant).await.map_err(store)?;
            endpoints::upsert(&mut tx, &sightings).await.map_err(store)?;
            tx.commit().await.map_err(store)?;
        }
        self.sightings.clear();
        Ok(())
    }
}

/// What a record of the stage's topics holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Event,
    Score,
    Detection,
}

impl Content {
    fn of(message: &Message) -> Self {
        match &*message.topic == topic::DETECTIONS {
            false => Self::Event,
            true if is_score(message) => Self::Score,
            true => Self::Detection,
        }
    }
}

fn parse(message: &Message) -> Result<(TenantId, EventHead), DeadReason> {
    let tenant = tenant_of(message).ok_or(DeadReason::TenantMissing)?;
    let event = EventHead::from_json(&message.record.payload).map_err(|_| DeadReason::JsonInvalid)?;
    Ok((tenant, event))
}

fn sighting_of(event: &EventHead) -> EndpointSighting {
    let platform = if event.is_windows_log { "windows" } else { "linux" };
    EndpointSighting {
        id: event.endpoint.clone(),
        name: event.host_name.as_deref().unwrap_or(event.endpoint.as_str()).to_owned(),
        platform: event.host_os_type.as_deref().unwrap_or(platform).to_owned(),
        addresses: Vec::new(),
        first_seen: event.timestamp,
        last_seen: event.timestamp,
        simulated: event.is_simulated,
    }
}
