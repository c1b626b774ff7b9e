//! `normalized-endpoint-events` → `logster-inference-results`: Sigma rules on each event, correlations over them.
//!
//! Correlation state is rebuilt after a restart by reading again what it still depends on, so no window is ever cold.

use super::{received_of, tenant_of};
use crate::{
    bus::{BusError, Durability, EventBus, Message, Record, TopicPartition},
    clock::Clock,
    ingest::header,
    pipeline::{
        dead_letter::{self, dead_letter},
        stage::{Stage, StageError},
        tally::Fate,
        topology::{DETECT, topic},
    },
    rules::RuleBook,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::{collections::HashMap, sync::Arc};
use watchfloor_engine::{
    Event,
    alert::Detection,
    sigma::{Correlator, RuleSet},
    verdict::{DeadReason, DropReason},
};
use watchfloor_shared::{TenantId, Timestamp};

const RESTORE_RECORDS: usize = 5_000;

pub struct Detect {
    pub bus: Arc<dyn EventBus>,
    pub rules: RuleBook,
    pub clock: Clock,
    pub correlators: HashMap<TenantId, Correlator>,
}

#[async_trait]
impl Stage for Detect {
    async fn process(&mut self, batch: &[Message]) -> Result<Vec<Fate>, StageError> {
        let rules = self.rules.current();
        let mut fates = Vec::with_capacity(batch.len());
        let mut detected = Vec::new();
        let mut dead = Vec::new();
        for message in batch {
            fates.push(match self.detect(&rules, message) {
                Ok((_, detections)) if detections.is_empty() => Fate::Suppressed(DropReason::NoMatch),
                Ok((tenant, detections)) => {
                    detected.extend(detections.iter().map(|d| record(&tenant, message, d)));
                    Fate::Emitted
                }
                Err(reason) => {
                    dead.push(dead_letter(&DETECT, message, reason));
                    Fate::Dead(reason)
                }
            });
        }
        if !dead.is_empty() {
            self.bus.produce(dead_letter::TOPIC, dead, Durability::Written).await?;
        }
        if !detected.is_empty() {
            self.bus
                .produce(topic::DETECTIONS, detected, Durability::Written)
                .await?;
        }
        Ok(fates)
    }

    async fn restore(&mut self, bus: &dyn EventBus, from: &[(TopicPartition, u64)]) -> Result<(), StageError> {
        self.correlators.clear();
        let rules = self.rules.current();
        let Some(window) = rules.correlation_window_max() else {
            return Ok(());
        };
        for (partition, head) in from {
            let Some(mut offset) = first_needed(bus, partition, *head, window).await? else {
                continue;
            };
            while offset < *head {
                let messages = bus.read(partition, offset, RESTORE_RECORDS).await?;
                let Some(last) = messages.last() else { break };
                offset = last.offset + 1;
                for message in messages.iter().filter(|message| message.offset < *head) {
                    // Emitted before the restart; only the state matters now.
                    let _ = self.detect(&rules, message);
                }
            }
        }
        Ok(())
    }
}

impl Detect {
    fn detect(&mut self, rules: &RuleSet, message: &Message) -> Result<(TenantId, Vec<Detection>), DeadReason> {
        let tenant = tenant_of(message).ok_or(DeadReason::TenantMissing)?;
        let event = Event::from_json(&message.record.payload).map_err(|_| DeadReason::JsonInvalid)?;
        let (received, detected) = (received_of(message), self.clock.now());
        let mut detections = rules.detect(&event, received, detected);
        if rules.correlation_window_max().is_some() {
            let correlator = self.correlators.entry(tenant.clone()).or_default();
            let correlated = correlator.on_detections(rules, &event, &detections, received, detected);
            detections.extend(correlated);
        }
        Ok((tenant, detections))
    }
}

/// The first record that may still matter: as far back in time received as the longest correlation reaches. A recording played
/// fast spans less received time than event time, so this never reads too little.
async fn first_needed(
    bus: &dyn EventBus,
    partition: &TopicPartition,
    head: u64,
    window: std::time::Duration,
) -> Result<Option<u64>, BusError> {
    let Some(last) = head.checked_sub(1) else {
        return Ok(None);
    };
    let Some(message) = bus.read(partition, last, 1).await?.into_iter().next() else {
        return Ok(None);
    };
    let since: Timestamp = message.record.timestamp.saturating_sub(window);
    bus.offset_for_time(partition, since).await
}

fn record(tenant: &TenantId, message: &Message, detection: &Detection) -> Record {
    Record {
        key: Some(Bytes::from(format!("{tenant}:{}", detection.endpoint_id))),
        headers: vec![(header::TENANT_ID.to_owned(), Bytes::from(tenant.to_string()))],
        payload: Bytes::from(serde_json::to_vec(detection).unwrap_or_default()),
        timestamp: message.record.timestamp,
    }
}
