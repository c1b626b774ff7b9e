//! Raw topics of whole records → `normalized-endpoint-events`: the engine's normalizer over each record.

use super::{received_of, tenant_of, text};
use crate::{
    bus::{Durability, EventBus, Message, Record},
    geo::GeoBook,
    ingest::{Door, header},
    inventory::{Inventories, InventoryBook},
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
    enrich::Enricher,
    map::Drawn,
    normalize::{Origin, RawContext, normalize},
    verdict::DeadReason,
};

/// An event grows when it is normalized, but not without end.
pub const NORMALIZED_BYTES_MAX: usize = 4 << 20;

pub struct Normalize {
    pub bus: Arc<dyn EventBus>,
    pub normalizer: Normalizer,
}

/// Raw record to event, with what is known of its addresses, its host and its accounts.
#[derive(Default)]
pub struct Normalizer {
    geo: GeoBook,
    enricher: Enricher,
    inventory: InventoryBook,
    inventories: Arc<Inventories>,
}

/// An event on its way to the stages that read events.
pub(super) struct Normalized {
    pub event: Record,
    /// For the map: set where another product's alert has a place.
    pub geo: Option<Record>,
}

#[async_trait]
impl Stage for Normalize {
    async fn process(&mut self, batch: &[Message]) -> Result<Vec<Fate>, StageError> {
        let mut normalized = Vec::with_capacity(batch.len());
        let mut dead = Vec::new();
        let mut located = Vec::new();
        let mut fates = Vec::with_capacity(batch.len());
        self.normalizer.follow();
        for message in batch {
            fates.push(match self.normalizer.normalize(message) {
                Verdict::Emit(normal) => {
                    normalized.push(normal.event);
                    located.extend(normal.geo);
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
        if !located.is_empty() {
            self.bus.produce(topic::GEO, located, Durability::Written).await?;
        }
        if !normalized.is_empty() {
            self.bus
                .produce(topic::NORMALIZED, normalized, Durability::Written)
                .await?;
        }
        Ok(fates)
    }
}

impl Normalizer {
    pub fn new(geo: &GeoBook, inventory: &InventoryBook) -> Self {
        Self {
            geo: geo.clone(),
            inventory: inventory.clone(),
            ..Self::default()
        }
    }

    /// Takes over what databases and tables are in force now; once per batch.
    pub(super) fn follow(&mut self) {
        self.enricher.follow(&self.geo.current());
        self.inventories = self.inventory.current();
    }

    pub(super) fn normalize(&mut self, message: &Message) -> Verdict<Normalized> {
        let Some(tenant) = tenant_of(message) else {
            return Verdict::Dead(DeadReason::TenantMissing);
        };
        let context = context_of(message);
        let mut event = match normalize(&message.record.payload, &context) {
            Verdict::Emit(event) => event,
            Verdict::Drop(reason) => return Verdict::Drop(reason),
            Verdict::Dead(reason) => return Verdict::Dead(reason),
        };
        self.enricher.enrich(&mut event);
        if let Some(inventory) = self.inventories.get(&tenant) {
            inventory.enrich(&mut event);
        }
        let payload = event.to_json();
        if payload.len() > NORMALIZED_BYTES_MAX {
            return Verdict::Dead(DeadReason::RecordTooLarge);
        }
        let key = Bytes::from(format!("{tenant}:{}", event.endpoint));
        let tenant_header = (header::TENANT_ID.to_owned(), Bytes::from(tenant.to_string()));
        let geo = Drawn::of(&event).map(|drawn| Record {
            key: Some(key.clone()),
            headers: vec![tenant_header.clone()],
            payload: Bytes::from(drawn.to_json()),
            timestamp: message.record.timestamp,
        });
        let mut headers = vec![
            tenant_header,
            (
                header::RECEIVED.to_owned(),
                Bytes::from(context.received.nanos().to_string()),
            ),
        ];
        let sender = message.record.headers.iter();
        headers.extend(
            sender
                .filter(|(name, _)| name == header::DOOR || name == header::SENSOR)
                .cloned(),
        );
        let record = Record {
            key: Some(key),
            headers,
            payload: Bytes::from(payload),
            timestamp: message.record.timestamp,
        };
        Verdict::Emit(Normalized { event: record, geo })
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
