//! How far a worker has come since the last commit, and what became of the records.

use super::{
    stage::FlushPolicy,
    tally::{Fate, Tally},
};
use crate::bus::{BusError, Committed, EventBus, Message, TopicPartition};
use std::{collections::HashMap, sync::Arc};
use tokio::time::Instant;

/// Positions and tallies of one worker.
pub struct Progress {
    /// Per partition: what the last commit said, and what came since.
    partitions: HashMap<TopicPartition, Partition>,
    uncommitted: usize,
    committed_at: Instant,
}

struct Partition {
    next: u64,
    tally: Tally,
    dirty: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            partitions: HashMap::new(),
            uncommitted: 0,
            committed_at: Instant::now(),
        }
    }
}

impl Progress {
    pub fn uncommitted(&self) -> usize {
        self.uncommitted
    }

    /// Whether what was processed has waited long enough for its flush; `batch_records` is how many the last poll gave.
    pub fn is_due(&self, policy: FlushPolicy, batch_records: usize) -> bool {
        self.uncommitted > 0
            && (self.committed_at.elapsed() >= policy.wait(batch_records) || self.uncommitted > policy.records_max)
    }

    /// Adds a processed batch. A partition met for the first time starts from its committed tally.
    pub async fn note(
        &mut self,
        bus: &dyn EventBus,
        group: &str,
        batch: &[Message],
        fates: &[Fate],
    ) -> Result<(), BusError> {
        for (message, fate) in batch.iter().zip(fates) {
            let key = TopicPartition {
                topic: Arc::clone(&message.topic),
                partition: message.partition,
            };
            if !self.partitions.contains_key(&key) {
                let partition = Partition::committed(bus, group, &key).await?;
                self.partitions.insert(key.clone(), partition);
            }
            let Some(partition) = self.partitions.get_mut(&key) else {
                continue;
            };
            partition.tally.expired += message.offset.saturating_sub(partition.next);
            partition.tally.count(*fate);
            partition.next = message.offset + 1;
            partition.dirty = true;
        }
        self.uncommitted += batch.len();
        Ok(())
    }

    /// Forgets partitions that another member holds by now: it reads them from their committed offsets.
    pub fn keep(&mut self, held: &[TopicPartition]) {
        self.partitions.retain(|partition, _| held.contains(partition));
    }

    /// What is to be committed.
    pub fn take_dirty(&mut self) -> Vec<(TopicPartition, Committed)> {
        self.uncommitted = 0;
        self.committed_at = Instant::now();
        let dirty = self.partitions.iter_mut().filter(|(_, partition)| partition.dirty);
        dirty
            .map(|(key, partition)| {
                partition.dirty = false;
                let committed = Committed {
                    offset: partition.next,
                    metadata: partition.tally.to_metadata(),
                };
                (key.clone(), committed)
            })
            .collect()
    }
}

impl Partition {
    async fn committed(bus: &dyn EventBus, group: &str, key: &TopicPartition) -> Result<Self, BusError> {
        let committed = bus.committed(group, key).await?;
        Ok(Self {
            next: committed.as_ref().map_or(0, |c| c.offset),
            tally: committed
                .and_then(|c| Tally::from_metadata(&c.metadata))
                .unwrap_or_default(),
            dirty: false,
        })
    }
}
