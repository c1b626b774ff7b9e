//! `normalized-endpoint-events` → `logster-inference-results`: windows of each endpoint, scored by the models.
//!
//! A consumer of its own on a thread of its own: rules and alerts never wait for it. What a window is depends on the events and
//! when the door had them, never on when this stage ran; after a restart the open windows are filled again from what was read
//! before, so none is cold, and what is given out twice has the same id.

use super::{caught_up, received_of, tenant_of};
use crate::{
    bus::{BusError, Durability, EventBus, Message, Record, TopicPartition},
    clock::Clock,
    infer::{Model, ModelBook, Scorer},
    ingest::header,
    pipeline::{
        dead_letter::{self, dead_letter},
        progress::Progress,
        stage::{Stage, StageError},
        tally::Fate,
        topology::{INFER, topic},
    },
};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use watchfloor_engine::{
    Event,
    graph::{Graph, Platform, facts},
    inference::Inference,
    verdict::{DeadReason, DropReason},
    window::{Routine, Settings, StreamKey, Window, Windows, is_routine},
};
use watchfloor_shared::Timestamp;

mod verdict;

const RESTORE_RECORDS: usize = 5_000;
/// How often the models' files are looked at.
const FOLLOW_EVERY: Duration = Duration::from_secs(10);

pub struct Infer {
    pub bus: Arc<dyn EventBus>,
    pub models: ModelBook,
    pub scorer: Scorer,
    pub clock: Clock,
    pub settings: Settings,
    pub daemons: Vec<Routine>,
    /// By partition: an endpoint's events are all in one.
    windows: HashMap<u32, Windows>,
    followed: Timestamp,
}

/// What the stage needs.
pub struct InferParts {
    pub bus: Arc<dyn EventBus>,
    pub models: ModelBook,
    pub scorer: Scorer,
    pub clock: Clock,
    pub settings: Settings,
    pub daemons: Vec<Routine>,
}

impl Infer {
    pub fn new(parts: InferParts) -> Self {
        Self {
            bus: parts.bus,
            models: parts.models,
            scorer: parts.scorer,
            clock: parts.clock,
            settings: parts.settings,
            daemons: parts.daemons,
            windows: HashMap::new(),
            followed: Timestamp::MIN,
        }
    }

    /// Takes an event into its windows; gives those that are whole by it.
    fn take(&mut self, message: &Message) -> Result<(Fate, Vec<Window>), DeadReason> {
        // Without any model an event is not worth reading.
        if self.models.is_empty() {
            return Ok((Fate::Suppressed(DropReason::NoModel), Vec::new()));
        }
        let tenant = tenant_of(message).ok_or(DeadReason::TenantMissing)?;
        let event = Event::from_json(&message.record.payload).map_err(|_| DeadReason::JsonInvalid)?;
        let left_out = |reason| Ok((Fate::Suppressed(reason), Vec::new()));
        let Some(platform) = Platform::of(&event) else {
            return left_out(DropReason::NotOfAnEndpoint);
        };
        if self.models.current(platform).is_none() {
            return left_out(DropReason::NoModel);
        }
        if is_routine(&event, &self.daemons) {
            return left_out(DropReason::Routine);
        }
        let Some(facts) = facts(&event) else {
            return left_out(DropReason::NotOfAnEndpoint);
        };
        let settings = self.settings;
        let windows = self
            .windows
            .entry(message.partition)
            .or_insert_with(|| Windows::new(&settings));
        let whole = windows.on_event(received_of(message), &tenant, &event.endpoint, facts);
        Ok((Fate::Emitted, whole))
    }

    /// Every window's score, and the detections of those at or above their model's threshold.
    fn score(&self, windows: &[Window]) -> Vec<Record> {
        let mut records = Vec::new();
        for platform in Platform::ALL {
            let of: Vec<&Window> = windows
                .iter()
                .filter(|window| window.stream.platform == platform)
                .collect();
            let Some(model) = self.models.current(platform).filter(|_| !of.is_empty()) else {
                continue;
            };
            let graphs: Vec<&Graph> = of.iter().map(|window| &window.graph).collect();
            for (window, score) in of.into_iter().zip(self.scorer.score(&model, &graphs)) {
                match score {
                    Ok(score) => {
                        records.push(score_record(window, score, &model));
                        if score >= model.manifest.threshold {
                            records.extend(verdict::record(window, score, &model, self.scorer, self.clock.now()));
                        }
                    }
                    Err(unscored) => {
                        let (endpoint, end) = (&window.stream.endpoint, window.end);
                        tracing::warn!(%endpoint, %end, reason = unscored.0, "window has no score");
                    }
                }
            }
        }
        records
    }

    async fn give_out(&self, windows: Vec<Window>) -> Result<(), StageError> {
        // This blocks, on a thread that is the stage's own.
        let records = self.score(&windows);
        if !records.is_empty() {
            self.bus
                .produce(topic::DETECTIONS, records, Durability::Written)
                .await?;
        }
        Ok(())
    }

    /// How far back in time received an open window's events can lie: a silent endpoint is kept for a length and the lateness,
    /// and its windows reach as far back from there.
    fn reach(&self) -> Duration {
        2 * (self.settings.length + self.settings.lateness) + self.settings.step
    }
}

#[async_trait]
impl Stage for Infer {
    async fn process(&mut self, batch: &[Message]) -> Result<Vec<Fate>, StageError> {
        let mut fates = Vec::with_capacity(batch.len());
        let (mut whole, mut dead) = (Vec::new(), Vec::new());
        for message in batch {
            fates.push(match self.take(message) {
                Ok((fate, windows)) => {
                    whole.extend(windows);
                    fate
                }
                Err(reason) => {
                    dead.push(dead_letter(&INFER, message, reason));
                    Fate::Dead(reason)
                }
            });
        }
        if !dead.is_empty() {
            self.bus.produce(dead_letter::TOPIC, dead, Durability::Written).await?;
        }
        self.give_out(whole).await?;
        Ok(fates)
    }

    async fn tick(&mut self, progress: &Progress) -> Result<(), StageError> {
        let now = self.clock.now();
        if now.since(self.followed) >= FOLLOW_EVERY {
            self.followed = now;
            self.models.follow();
        }
        let is_due = |windows: &Windows| windows.next_deadline().is_some_and(|deadline| deadline <= now);
        let due: BTreeSet<u32> = self
            .windows
            .iter()
            .filter(|(_, windows)| is_due(windows))
            .map(|(at, _)| *at)
            .collect();
        let mut whole = Vec::new();
        for partition in caught_up(self.bus.as_ref(), progress, topic::NORMALIZED, due).await? {
            if let Some(windows) = self.windows.get_mut(&partition) {
                whole.extend(windows.on_deadline(now));
            }
        }
        self.give_out(whole).await
    }

    async fn restore(&mut self, bus: &dyn EventBus, from: &[(TopicPartition, u64)]) -> Result<(), StageError> {
        self.windows.clear();
        for (partition, head) in from {
            let Some(mut offset) = first_needed(bus, partition, *head, self.reach()).await? else {
                continue;
            };
            while offset < *head {
                let messages = bus.read(partition, offset, RESTORE_RECORDS).await?;
                let Some(last) = messages.last() else { break };
                offset = last.offset + 1;
                for message in messages.iter().filter(|message| message.offset < *head) {
                    // What was whole by then was given out by then.
                    drop(self.take(message));
                }
            }
        }
        Ok(())
    }
}

/// As far back in time received as an open window may reach. A recording played fast spans less of it than of event time, so
/// this never reads too little.
async fn first_needed(
    bus: &dyn EventBus,
    partition: &TopicPartition,
    head: u64,
    reach: Duration,
) -> Result<Option<u64>, BusError> {
    let Some(last) = head.checked_sub(1) else {
        return Ok(None);
    };
    let Some(message) = bus.read(partition, last, 1).await?.into_iter().next() else {
        return Ok(None);
    };
    bus.offset_for_time(partition, message.record.timestamp.saturating_sub(reach))
        .await
}

/// A record on `logster-inference-results`.
fn result_record(window: &Window, payload: Vec<u8>) -> Record {
    let StreamKey { tenant, endpoint, .. } = &window.stream;
    Record {
        key: Some(Bytes::from(format!("{tenant}:{endpoint}"))),
        headers: vec![(header::TENANT_ID.to_owned(), Bytes::from(tenant.to_string()))],
        payload: Bytes::from(payload),
        timestamp: window.received,
    }
}

fn score_record(window: &Window, score: f32, model: &Model) -> Record {
    let inference = Inference {
        window,
        attack_prob: score,
        threshold: model.manifest.threshold,
        model: (&model.manifest.name, &model.manifest.version),
    };
    let mut record = result_record(window, inference.event().to_json());
    let mark = Bytes::from_static(header::SCORE);
    record.headers.push((header::RECORD.to_owned(), mark));
    record
}
