//! Raw topics of whole records → `normalized-endpoint-events`: the engine's normalizer over each record.

use super::{received_of, tenant_of, text};
use crate::{
    bus::{Durability, EventBus, Message, Record},
    ingest::{Door, header},
    pipeline::{
        dead_letter::{self, dead_letter},
        stage::{Stage, StageError},
        tally::Fate,
        topology::{NORMALIZE, topic},
    },
};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use watchfloor_engine::{
    Verdict,
    normalize::{Origin, RawContext, normalize},
    verdict::DeadReason,
};

/// An event grows when it is normalized, but not without end.
pub const NORMALIZED_BYTES_MAX: usize = 4 << 20;

pub struct Normalize {
    pub bus: Arc<dyn EventBus>,
}

#[async_trait]
impl Stage for Normalize {
    async fn process(&mut self, batch: &[Message]) -> Result<Vec<Fate>, StageError> {
        let mut normalized = Vec::with_capacity(batch.len());
        let mut dead = Vec::new();
        let mut fates = Vec::with_capacity(batch.len());
        for message in batch {
            fates.push(match event_record(message) {
                Verdict::Emit(record) => {
                    normalized.push(record);
                    Fate::Emitted
                }
                Verdict::Drop(reason) => Fate::Suppressed(reason),
                Verdict::Dead(reason) => {
                    dead.push(dead_letter(&NORMALIZE, message, reason));
                    Fate::Dead(reason)
                }
            });
        }
        if !dead.is_empty() {
            self.bus.produce(dead_letter::TOPIC, dead, Durability::Written).await?;
        }
        if !normalized.is_empty() {
            self.bus
                .produce(topic::NORMALIZED, normalized, Durability::Written)
                .await?;
        }
        Ok(fates)
    }
}

/// The event of a raw record, on its way to the stages that read events.
pub(super) fn event_record(message: &Message) -> Verdict<Record> {
    let Some(tenant) = tenant_of(message) else {
        return Verdict::Dead(DeadReason::TenantMissing);
    };
    let context = context_of(message);
    match normalize(&message.record.payload, &context) {
        Verdict::Emit(event) => {
            let payload = event.to_json();
            if payload.len() > NORMALIZED_BYTES_MAX {
                return Verdict::Dead(DeadReason::RecordTooLarge);
            }
            Verdict::Emit(Record {
                key: Some(Bytes::from(format!("{tenant}:{}", event.endpoint))),
                headers: vec![
                    (header::TENANT_ID.to_owned(), Bytes::from(tenant.to_string())),
                    (
                        header::RECEIVED.to_owned(),
                        Bytes::from(context.received.nanos().to_string()),
                    ),
                ],
                payload: Bytes::from(payload),
                timestamp: message.record.timestamp,
            })
        }
        Verdict::Drop(reason) => Verdict::Drop(reason),
        Verdict::Dead(reason) => Verdict::Dead(reason),
    }
}

/// What a raw record's headers say.
pub(super) fn context_of(message: &Message) -> RawContext<'_> {
    RawContext {
        received: received_of(message),
        position: text(message, header::POSITION)
            .and_then(|p| p.parse().ok())
            .unwrap_or(message.offset),
        simulated: text(message, header::DOOR) == Some(Door::Simulator.as_str()),
        origin: Origin {
            source: text(message, header::SOURCE),
            sensor: text(message, header::SENSOR),
        },
    }
}
