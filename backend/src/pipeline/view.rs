//! The running pipeline as the API sees it: ledger, dead letters, re-drive.

use super::{
    PipelineView,
    ledger::{Ledger, partitions},
    topology::{TOPICS, topic},
};
use crate::{
    bus::{BusError, Durability, EventBus, Message, Record},
    ingest::header,
};
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Arc};
use watchfloor_shared::{
    TenantId,
    pipeline::{DeadLetterGroup, DeadLetters, PipelineSnapshot},
};

/// How far back the view reads: enough to see what is going wrong now.
const LETTERS_READ_MAX: u64 = 20_000;
const READ_RECORDS: usize = 1_000;
const SAMPLE_CHARS: usize = 200;

pub struct View {
    pub ledger: Ledger,
    pub bus: Arc<dyn EventBus>,
}

#[async_trait]
impl PipelineView for View {
    async fn snapshot(&self) -> PipelineSnapshot {
        match self.ledger.snapshot().await {
            Ok(snapshot) => snapshot,
            Err(error) => {
                tracing::error!(%error, "the loss ledger cannot be read");
                PipelineSnapshot {
                    at: self.ledger.clock.now(),
                    ..PipelineSnapshot::default()
                }
            }
        }
    }

    async fn dead_letters(&self, tenant: &TenantId, groups_max: usize) -> DeadLetters {
        let mut groups: BTreeMap<(String, String, String), DeadLetterGroup> = BTreeMap::new();
        let mut total = 0;
        let outcome = self
            .each_letter(tenant, |message| {
                total += 1;
                add_to_group(&mut groups, message);
            })
            .await;
        if let Err(error) = outcome {
            tracing::error!(%error, "dead letters cannot be read");
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.last));
        groups.truncate(groups_max);
        DeadLetters { groups, total }
    }

    async fn redrive(&self, tenant: &TenantId, reason: Option<&str>) -> Result<u64, BusError> {
        let mut again: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        self.each_letter(tenant, |message| {
            if reason.is_none_or(|reason| text(message, header::REASON) == reason) {
                let topic = text(message, header::TOPIC);
                if TOPICS.iter().any(|(name, _)| *name == topic) {
                    again.entry(topic).or_default().push(original(message));
                }
            }
        })
        .await?;
        let mut count = 0;
        for (topic, records) in again {
            count += records.len() as u64;
            self.bus.produce(&topic, records, Durability::Synced).await?;
        }
        Ok(count)
    }
}

impl View {
    /// The tenant's dead letters within the last [`LETTERS_READ_MAX`] of each partition.
    async fn each_letter(&self, tenant: &TenantId, mut each: impl FnMut(&Message) + Send) -> Result<(), BusError> {
        for partition in partitions(topic::DEAD_LETTERS) {
            let marks = self.bus.watermarks(&partition).await?;
            let mut offset = marks.low.max(marks.high.saturating_sub(LETTERS_READ_MAX));
            while offset < marks.high {
                let messages = self.bus.read(&partition, offset, READ_RECORDS).await?;
                let Some(last) = messages.last() else { break };
                offset = last.offset + 1;
                messages
                    .iter()
                    .filter(|m| text(m, header::TENANT_ID) == tenant.as_str())
                    .for_each(&mut each);
            }
        }
        Ok(())
    }
}

fn add_to_group(groups: &mut BTreeMap<(String, String, String), DeadLetterGroup>, message: &Message) {
    let (reason, stage) = (text(message, header::REASON), text(message, header::STAGE));
    let source = match (text(message, header::TOPIC), text(message, header::DOOR)) {
        (topic, door) if door.is_empty() => topic,
        (topic, door) => format!("{door}, {topic}"),
    };
    let group = groups
        .entry((reason.clone(), stage.clone(), source.clone()))
        .or_insert_with(|| DeadLetterGroup {
            reason,
            stage,
            source,
            count: 0,
            last: message.record.timestamp,
            sample: String::new(),
        });
    group.count += 1;
    if message.record.timestamp >= group.last {
        group.last = message.record.timestamp;
        group.sample = sample(&message.record.payload);
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

/// The record as it was before it died.
fn original(message: &Message) -> Record {
    let added = [header::REASON, header::STAGE, header::TOPIC];
    let mut record = message.record.clone();
    record.headers.retain(|(name, _)| !added.contains(&name.as_str()));
    record
}

fn text(message: &Message, name: &str) -> String {
    message
        .record
        .header(name)
        .map(|value| String::from_utf8_lossy(value).into_owned())
        .unwrap_or_default()
}
