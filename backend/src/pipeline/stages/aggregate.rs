//! `sensor_events` → `snort_alerts`: a sensor's batches are taken apart, and what repeats within the window becomes one alert with
//! a count.
//!
//! Invariant: a batch's commit waits until every alert of it went out, so a count never misses one and never has one twice.

use super::{caught_up, normalize::context_of, tenant_of, times};
use crate::{
    bus::{Durability, EventBus, Message, Record, TopicPartition},
    clock::Clock,
    ingest::header,
    pipeline::{
        dead_letter::{self, dead_letter},
        progress::Progress,
        stage::{Stage, StageError},
        tally::{Fate, Settled},
        topology::{AGGREGATE, topic},
    },
};
use async_trait::async_trait;
use bytes::Bytes;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use watchfloor_engine::{
    Event, Verdict,
    normalize::{
        mata_elang::{self, Counted, Repeats},
        normalize,
    },
    verdict::{DeadReason, DropReason},
};
use watchfloor_shared::TenantId;

/// Open windows of one tenant.
const KEYS_MAX: usize = 10_000;
/// Alerts of all tenants. More than that, and every window closes early.
const HELD_MAX: usize = 100_000;
/// Records reach the log later than the door had them; the clock alone closes a window only after this.
const LATE_MAX: Duration = Duration::from_secs(1);

pub struct Aggregate {
    bus: Arc<dyn EventBus>,
    clock: Clock,
    window: Duration,
    /// By partition and tenant.
    windows: HashMap<(u32, TenantId), Repeats>,
    alerts: HashMap<u64, Alert>,
    /// Batches with alerts in open windows.
    batches: BTreeMap<(TopicPartition, u64), Batch>,
    next_token: u64,
    out: Vec<Record>,
    dead: Vec<Record>,
    settled: Vec<Settled>,
}

/// One alert of a batch, in its sensor's own words.
struct Alert {
    batch: (TopicPartition, u64),
    raw: Bytes,
}

struct Batch {
    message: Message,
    /// Alerts that have not gone out.
    open: usize,
    fate: Fate,
}

impl Aggregate {
    pub fn new(bus: Arc<dyn EventBus>, clock: Clock, window: Duration) -> Self {
        Self {
            bus,
            clock,
            window,
            windows: HashMap::new(),
            alerts: HashMap::new(),
            batches: BTreeMap::new(),
            next_token: 0,
            out: Vec::new(),
            dead: Vec::new(),
            settled: Vec::new(),
        }
    }

    fn take(&mut self, message: &Message) -> Fate {
        let parts = tenant_of(message)
            .ok_or(DeadReason::TenantMissing)
            .and_then(|tenant| Ok((tenant, parts(message)?)));
        let (tenant, parts) = match parts {
            Ok(parts) => parts,
            Err(reason) => {
                self.dead.push(dead_letter(&AGGREGATE, message, reason));
                return Fate::Dead(reason);
            }
        };
        let place = place_of(message);
        let batch = Batch {
            message: message.clone(),
            open: parts.len(),
            fate: Fate::Suppressed(DropReason::Repeated),
        };
        self.batches.insert(place.clone(), batch);
        let now = context_of(message).received;
        for (raw, event) in parts {
            let token = self.next_token;
            self.next_token += 1;
            let batch = place.clone();
            self.alerts.insert(token, Alert { batch, raw });
            let window = self.window;
            let repeats = self
                .windows
                .entry((message.partition, tenant.clone()))
                .or_insert_with(|| Repeats::new(window, KEYS_MAX));
            let mut closed = repeats.on_deadline(now);
            closed.extend(repeats.on_alert(now, event, token));
            self.close(closed);
        }
        Fate::Held
    }

    fn close(&mut self, closed: Vec<Counted>) {
        for counted in closed {
            for (at, token) in counted.tokens.iter().enumerate() {
                let Some(alert) = self.alerts.remove(token) else {
                    continue;
                };
                let Some(batch) = self.batches.get_mut(&alert.batch) else {
                    continue;
                };
                if at == 0 {
                    self.out.push(record(&batch.message, alert.raw, &counted));
                    batch.fate = Fate::Emitted;
                }
                batch.open -= 1;
                if batch.open == 0
                    && let Some(batch) = self.batches.remove(&alert.batch)
                {
                    let (partition, offset) = alert.batch;
                    let fate = batch.fate;
                    self.settled.push(Settled {
                        partition,
                        offset,
                        fate,
                    });
                }
            }
        }
    }

    fn let_go(&mut self, of: impl Fn(u32, &mut Repeats) -> Vec<Counted>) {
        let windows = self.windows.iter_mut();
        let closed = windows
            .flat_map(|((partition, _), windows)| of(*partition, windows))
            .collect();
        self.close(closed);
    }

    async fn produce(&mut self) -> Result<(), StageError> {
        let dead = std::mem::take(&mut self.dead);
        if !dead.is_empty() {
            self.bus.produce(dead_letter::TOPIC, dead, Durability::Written).await?;
        }
        let out = std::mem::take(&mut self.out);
        if !out.is_empty() {
            self.bus.produce(topic::SNORT_ALERTS, out, Durability::Written).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Stage for Aggregate {
    async fn process(&mut self, batch: &[Message]) -> Result<Vec<Fate>, StageError> {
        let fates = batch.iter().map(|message| self.take(message)).collect();
        let times = times(batch);
        self.let_go(|partition, windows| match times.get(&partition) {
            Some(time) => windows.on_deadline(time.saturating_sub(LATE_MAX)),
            None => Vec::new(),
        });
        if self.alerts.len() > HELD_MAX {
            self.let_go(|_, windows| windows.finish());
        }
        self.produce().await?;
        Ok(fates)
    }

    async fn tick(&mut self, progress: &Progress) -> Result<(), StageError> {
        let now = self.clock.now().saturating_sub(LATE_MAX);
        let is_due = |windows: &Repeats| windows.next_deadline().is_some_and(|deadline| deadline <= now);
        let due = self.windows.iter().filter(|(_, windows)| is_due(windows));
        let due: BTreeSet<u32> = due.map(|((partition, _), _)| *partition).collect();
        let due = caught_up(self.bus.as_ref(), progress, topic::SENSOR_EVENTS, due).await?;
        if due.is_empty() {
            return Ok(());
        }
        self.let_go(|partition, windows| match due.contains(&partition) {
            true => windows.on_deadline(now),
            false => Vec::new(),
        });
        self.produce().await
    }

    fn settled(&mut self) -> Vec<Settled> {
        std::mem::take(&mut self.settled)
    }

    async fn restore(&mut self, _bus: &dyn EventBus, _from: &[(TopicPartition, u64)]) -> Result<(), StageError> {
        // Whatever was held lies behind the committed offset and comes again.
        *self = Self::new(Arc::clone(&self.bus), self.clock.clone(), self.window);
        Ok(())
    }
}

/// The alerts of a batch. One that cannot be read makes the whole batch a dead letter: its bytes are kept together.
fn parts(message: &Message) -> Result<Vec<(Bytes, Event)>, DeadReason> {
    let payload = &message.record.payload;
    let raws: Vec<Bytes> = match mata_elang::unbatch(payload) {
        Some(parts) => parts.into_iter().map(Bytes::from).collect(),
        None => vec![payload.clone()],
    };
    let context = context_of(message);
    let events = raws.into_iter().map(|raw| match normalize(&raw, &context) {
        Verdict::Emit(event) => Ok((raw, event)),
        Verdict::Drop(_) => Err(DeadReason::SpellingUnknown),
        Verdict::Dead(reason) => Err(reason),
    });
    events.collect()
}

/// The alert with the batch's headers, under its endpoint's key.
fn record(batch: &Message, raw: Bytes, counted: &Counted) -> Record {
    let payload = match counted.count {
        0 | 1 => raw,
        count => Bytes::from(mata_elang::counted(&raw, count, counted.last)),
    };
    let mut headers = batch.record.headers.clone();
    if batch.record.header(header::POSITION).is_none() {
        headers.push((header::POSITION.to_owned(), Bytes::from(batch.offset.to_string())));
    }
    Record {
        key: batch.record.key.clone(),
        headers,
        payload,
        timestamp: batch.record.timestamp,
    }
}

fn place_of(message: &Message) -> (TopicPartition, u64) {
    let partition = TopicPartition {
        topic: Arc::clone(&message.topic),
        partition: message.partition,
    };
    (partition, message.offset)
}
