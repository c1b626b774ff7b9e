//! `linux-auditd-logs` → `normalized-endpoint-events`: the audit system's records of one event, which come line by line, become
//! one.
//!
//! Invariant: what an event is made of depends on the records and when the door had them, never on when this stage ran; a
//! record's commit waits until its event went out.

use super::{
    caught_up,
    normalize::{Normalized, Normalizer},
    received_of, tenant_of, times,
};
use crate::{
    bus::{Durability, EventBus, Message, Record, TopicPartition},
    clock::Clock,
    pipeline::{
        dead_letter::{self, dead_letter},
        progress::Progress,
        stage::{Stage, StageError},
        tally::{Fate, Settled},
        topology::{JOIN, topic},
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
    Verdict,
    normalize::auditd::{self, Assembler, Joined},
    verdict::{DeadReason, DropReason},
};

/// What the audit system itself waits for the end of an event.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Records reach the log later than the door had them; the clock alone ends an event only after this.
const LATE_MAX: Duration = Duration::from_secs(1);
/// Open events of one endpoint.
const GROUPS_MAX: usize = 256;
/// Records of all endpoints. More than that, and every open event goes out as it is.
const HELD_MAX: usize = 50_000;

pub struct Join {
    bus: Arc<dyn EventBus>,
    clock: Clock,
    normalizer: Normalizer,
    /// By partition and the records' key: tenant and endpoint.
    streams: HashMap<(u32, Bytes), Assembler>,
    held: HashMap<u64, Message>,
    next_token: u64,
    out: Out,
}

/// What one call gives out.
#[derive(Default)]
struct Out {
    normalized: Vec<Record>,
    dead: Vec<Record>,
    settled: Vec<Settled>,
}

impl Join {
    pub fn new(bus: Arc<dyn EventBus>, clock: Clock, normalizer: Normalizer) -> Self {
        Self {
            bus,
            clock,
            normalizer,
            streams: HashMap::new(),
            held: HashMap::new(),
            next_token: 0,
            out: Out::default(),
        }
    }

    fn take(&mut self, message: &Message) -> Fate {
        if tenant_of(message).is_none() {
            return self.out.dead(message, DeadReason::TenantMissing);
        }
        let Some(carried) = auditd::carried(&message.record.payload) else {
            return self.out.emit(message, self.normalizer.normalize(message));
        };
        let now = received_of(message);
        let token = self.next_token;
        self.next_token += 1;
        self.held.insert(token, message.clone());
        let key = message.record.key.clone().unwrap_or_default();
        let stream = self
            .streams
            .entry((message.partition, key))
            .or_insert_with(|| Assembler::new(TIMEOUT, GROUPS_MAX));
        let mut whole = stream.on_deadline(now);
        whole.extend(stream.on_record(now, &carried.line, token));
        self.close(whole);
        Fate::Held
    }

    fn close(&mut self, whole: Vec<Joined>) {
        for joined in whole {
            let mut messages = joined.tokens.iter().filter_map(|token| self.held.remove(token));
            let Some(first) = messages.next() else { continue };
            let fate = match auditd::carried(&first.record.payload).filter(|_| !joined.lines.is_empty()) {
                Some(carried) => {
                    let payload = Bytes::from(carried.joined(&first.record.payload, &joined.lines));
                    let mut event = first.clone();
                    event.record.payload = payload;
                    let record = self.normalizer.normalize(&event);
                    self.out.emit(&event, record)
                }
                None => Fate::Suppressed(DropReason::Joined),
            };
            self.out.settled.push(settled(&first, fate));
            let others = messages.map(|message| settled(&message, Fate::Suppressed(DropReason::Joined)));
            self.out.settled.extend(others);
        }
    }

    fn let_go(&mut self, of: impl Fn(u32, &mut Assembler) -> Vec<Joined>) {
        let streams = self.streams.iter_mut();
        let whole = streams
            .flat_map(|((partition, _), stream)| of(*partition, stream))
            .collect();
        self.close(whole);
        self.streams.retain(|_, stream| !stream.is_empty());
    }

    async fn produce(&mut self) -> Result<(), StageError> {
        let dead = std::mem::take(&mut self.out.dead);
        if !dead.is_empty() {
            self.bus.produce(dead_letter::TOPIC, dead, Durability::Written).await?;
        }
        let normalized = std::mem::take(&mut self.out.normalized);
        if !normalized.is_empty() {
            self.bus
                .produce(topic::NORMALIZED, normalized, Durability::Written)
                .await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Stage for Join {
    async fn process(&mut self, batch: &[Message]) -> Result<Vec<Fate>, StageError> {
        self.normalizer.follow();
        let fates = batch.iter().map(|message| self.take(message)).collect();
        let times = times(batch);
        self.let_go(|partition, stream| match times.get(&partition) {
            Some(time) => stream.on_deadline(time.saturating_sub(LATE_MAX)),
            None => Vec::new(),
        });
        if self.held.len() > HELD_MAX {
            self.let_go(|_, stream| stream.finish());
        }
        self.produce().await?;
        Ok(fates)
    }

    async fn tick(&mut self, progress: &Progress) -> Result<(), StageError> {
        let now = self.clock.now().saturating_sub(LATE_MAX);
        let is_due = |stream: &Assembler| stream.next_deadline().is_some_and(|deadline| deadline <= now);
        let due = self.streams.iter().filter(|(_, stream)| is_due(stream));
        let due: BTreeSet<u32> = due.map(|((partition, _), _)| *partition).collect();
        let due = caught_up(self.bus.as_ref(), progress, topic::AUDIT, due).await?;
        if due.is_empty() {
            return Ok(());
        }
        self.let_go(|partition, stream| match due.contains(&partition) {
            true => stream.on_deadline(now),
            false => Vec::new(),
        });
        self.produce().await
    }

    fn settled(&mut self) -> Vec<Settled> {
        std::mem::take(&mut self.out.settled)
    }

    async fn restore(&mut self, _bus: &dyn EventBus, _from: &[(TopicPartition, u64)]) -> Result<(), StageError> {
        // Whatever was held lies behind the committed offset and comes again.
        self.streams.clear();
        self.held.clear();
        self.out = Out::default();
        Ok(())
    }
}

impl Out {
    fn emit(&mut self, message: &Message, normalized: Verdict<Normalized>) -> Fate {
        match normalized {
            Verdict::Emit(normalized) => {
                self.normalized.push(normalized.event);
                Fate::Emitted
            }
            Verdict::Drop(reason) => Fate::Suppressed(reason),
            Verdict::Dead(reason) => self.dead(message, reason),
        }
    }

    fn dead(&mut self, message: &Message, reason: DeadReason) -> Fate {
        self.dead.push(dead_letter(&JOIN, message, reason));
        Fate::Dead(reason)
    }
}

fn settled(message: &Message, fate: Fate) -> Settled {
    Settled {
        partition: TopicPartition {
            topic: Arc::clone(&message.topic),
            partition: message.partition,
        },
        offset: message.offset,
        fate,
    }
}
