//! The dead letters as people see them: which are open, in groups, and sending them again.
//!
//! Invariants: a letter that lies there twice is one; one that was sent again is open no more. The mark that says so is written
//! after the record is back in its topic, so a crash between the two sends it once more, which its event's id makes harmless.

use super::{
    dead_letter::{TOPIC, id, original, redriven},
    ledger::partitions,
};
use crate::{
    bus::{BusError, Durability, EventBus, Message, Record, TopicPartition},
    clock::Clock,
    ingest::header,
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};
use tokio::sync::Mutex;
use watchfloor_shared::{
    TenantId,
    pipeline::{DeadLetterGroup, DeadLetterState, DeadLetters},
};
use xxhash_rust::xxh3::xxh3_128;

/// How far back the list reads in each partition: enough to see what is going wrong now.
const LISTED_MAX: u64 = 20_000;
const READ_RECORDS: usize = 1_000;
const SAMPLE_CHARS: usize = 200;

pub struct Letters {
    bus: Arc<dyn EventBus>,
    clock: Clock,
    /// Two people who press the button send each letter once.
    redriving: Mutex<()>,
}

/// Ids of letters, hashed.
type Ids = HashSet<u128>;

impl Letters {
    pub fn new(bus: Arc<dyn EventBus>, clock: Clock) -> Self {
        Self {
            bus,
            clock,
            redriving: Mutex::default(),
        }
    }

    /// The tenant's open letters by reason, newest first, at most `groups_max` groups.
    pub async fn list(&self, tenant: &TenantId, groups_max: usize) -> Result<DeadLetters, BusError> {
        let redriven = self.redriven(tenant, LISTED_MAX).await?;
        let mut seen = Ids::new();
        let mut groups = Groups::default();
        for partition in partitions(TOPIC) {
            let mut reading = self.reading(partition, LISTED_MAX).await?;
            while let Some(messages) = reading.next(self.bus.as_ref()).await? {
                let letters = messages.iter().filter(|message| is_letter(message, tenant));
                for letter in letters {
                    let id = xxh3_128(&id(letter));
                    if !redriven.contains(&id) && seen.insert(id) {
                        groups.add(letter);
                    }
                }
            }
        }
        Ok(DeadLetters {
            total: count(seen.len()),
            redriven: count(redriven.len()),
            groups: groups.newest(groups_max),
        })
    }

    /// Sends the tenant's open letters (all, or of one reason) back to the topics that they came from. Returns how many.
    pub async fn redrive(&self, tenant: &TenantId, reason: Option<&str>) -> Result<u64, BusError> {
        let _alone = self.redriving.lock().await;
        let mut done = self.redriven(tenant, u64::MAX).await?;
        let mut sent = 0;
        for partition in partitions(TOPIC) {
            let mut reading = self.reading(partition, u64::MAX).await?;
            while let Some(messages) = reading.next(self.bus.as_ref()).await? {
                let wanted = |letter: &&Message| {
                    is_letter(letter, tenant) && reason.is_none_or(|reason| text(letter, header::REASON) == reason)
                };
                let mut again: BTreeMap<&'static str, Vec<Record>> = BTreeMap::new();
                let mut marks = Vec::new();
                for letter in messages.iter().filter(wanted) {
                    if let Some((topic, record)) = original(letter)
                        && done.insert(xxh3_128(&id(letter)))
                    {
                        again.entry(topic).or_default().push(record);
                        marks.push(redriven(letter, self.clock.now()));
                    }
                }
                sent += marks.len() as u64;
                for (topic, records) in again {
                    self.bus.produce(topic, records, Durability::Synced).await?;
                }
                if !marks.is_empty() {
                    self.bus.produce(TOPIC, marks, Durability::Synced).await?;
                }
            }
        }
        Ok(sent)
    }

    /// The tenant's letters that were sent again, as far as their marks are among the last `records_max` of a partition.
    async fn redriven(&self, tenant: &TenantId, records_max: u64) -> Result<Ids, BusError> {
        let mut ids = Ids::new();
        for partition in partitions(TOPIC) {
            let mut reading = self.reading(partition, records_max).await?;
            while let Some(messages) = reading.next(self.bus.as_ref()).await? {
                let of_tenant = messages.iter().filter(|message| is_of(message, tenant));
                ids.extend(
                    of_tenant
                        .filter_map(|message| message.record.header(header::REDRIVEN))
                        .map(|id| xxh3_128(id)),
                );
            }
        }
        Ok(ids)
    }

    async fn reading(&self, partition: TopicPartition, records_max: u64) -> Result<Reading, BusError> {
        let marks = self.bus.watermarks(&partition).await?;
        Ok(Reading {
            partition,
            offset: marks.low.max(marks.high.saturating_sub(records_max)),
            // What comes later is not looked at: a letter that fails again would be sent for ever.
            end: marks.high,
        })
    }
}

/// A partition up to where it ended when the reading began.
struct Reading {
    partition: TopicPartition,
    offset: u64,
    end: u64,
}

impl Reading {
    async fn next(&mut self, bus: &dyn EventBus) -> Result<Option<Vec<Message>>, BusError> {
        if self.offset >= self.end {
            return Ok(None);
        }
        let mut messages = bus.read(&self.partition, self.offset, READ_RECORDS).await?;
        let Some(last) = messages.last() else { return Ok(None) };
        self.offset = last.offset + 1;
        messages.retain(|message| message.offset < self.end);
        Ok(Some(messages))
    }
}

#[derive(Default)]
struct Groups(BTreeMap<(String, String, String, DeadLetterState), DeadLetterGroup>);

impl Groups {
    fn add(&mut self, letter: &Message) {
        let (reason, stage) = (text(letter, header::REASON), text(letter, header::STAGE));
        let from = [text(letter, header::DOOR), text(letter, header::TOPIC)];
        let source = from
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ");
        let state = match original(letter) {
            Some(_) => DeadLetterState::Open,
            None => DeadLetterState::Cut,
        };
        let key = (reason.clone(), stage.clone(), source.clone(), state);
        let group = self.0.entry(key).or_insert_with(|| DeadLetterGroup {
            reason,
            stage,
            source,
            state,
            count: 0,
            last: letter.record.timestamp,
            sample: String::new(),
        });
        group.count += 1;
        if letter.record.timestamp >= group.last {
            group.last = letter.record.timestamp;
            group.sample = sample(&letter.record.payload);
        }
    }

    fn newest(self, groups_max: usize) -> Vec<DeadLetterGroup> {
        let mut groups: Vec<_> = self.0.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.last));
        groups.truncate(groups_max);
        groups
    }
}

/// The first characters, control characters escaped, so that it can be shown anywhere.
fn sample(payload: &[u8]) -> String {
    String::from_utf8_lossy(&payload[..payload.len().min(4 * SAMPLE_CHARS)])
        .chars()
        .take(SAMPLE_CHARS)
        .flat_map(|c| {
            if c.is_control() {
                c.escape_default().collect::<Vec<_>>()
            } else {
                vec![c]
            }
        })
        .collect()
}

fn is_of(message: &Message, tenant: &TenantId) -> bool {
    message
        .record
        .header(header::TENANT_ID)
        .is_some_and(|id| id == tenant.as_str().as_bytes())
}

fn is_letter(message: &Message, tenant: &TenantId) -> bool {
    is_of(message, tenant) && message.record.header(header::REDRIVEN).is_none()
}

fn text(message: &Message, name: &str) -> String {
    message
        .record
        .header(name)
        .map(|value| String::from_utf8_lossy(value).into_owned())
        .unwrap_or_default()
}

fn count(letters: usize) -> i64 {
    i64::try_from(letters).unwrap_or(i64::MAX)
}
