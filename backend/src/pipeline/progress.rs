//! How far a worker has come since the last commit, and what became of the records.
//!
//! Invariant: the committed offset is that of the oldest record still held; which of the later ones are settled stands in the
//! commit's tally. So after a restart a fold gets back exactly what it held, and nothing that it gave away.

use super::{
    senders::{self, row_of},
    stage::FlushPolicy,
    tally::{Ahead, Fate, Settled, Tally},
};
use crate::bus::{BusError, Committed, EventBus, Message, TopicPartition};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use tokio::time::Instant;

/// Positions and tallies of one worker.
pub struct Progress {
    /// Per partition: what the last commit said, and what came since.
    partitions: HashMap<TopicPartition, Partition>,
    uncommitted: usize,
    committed_at: Instant,
    /// Whether it counts by sender too.
    by_sender: bool,
}

struct Partition {
    /// The offset after the last record read.
    read: u64,
    tally: Tally,
    /// Read and not settled, each with its sender's row.
    held: BTreeMap<u64, usize>,
    /// Held by the last run and not read again yet.
    again: BTreeSet<u64>,
    dirty: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            partitions: HashMap::new(),
            uncommitted: 0,
            committed_at: Instant::now(),
            by_sender: false,
        }
    }
}

impl Progress {
    pub fn of(stage: &str) -> Self {
        Self {
            by_sender: senders::is_counted(stage),
            ..Self::default()
        }
    }

    pub fn uncommitted(&self) -> usize {
        self.uncommitted
    }

    /// Whether what was processed has waited long enough for its flush; `batch_records` is how many the last poll gave.
    pub fn is_due(&self, policy: FlushPolicy, batch_records: usize) -> bool {
        self.uncommitted > 0
            && (self.committed_at.elapsed() >= policy.wait(batch_records) || self.uncommitted > policy.records_max)
    }

    /// Leaves out what was settled before the last restart though it lies behind the committed offset. A partition met for
    /// the first time starts from its committed tally.
    pub async fn begin(
        &mut self,
        bus: &dyn EventBus,
        group: &str,
        batch: Vec<Message>,
    ) -> Result<Vec<Message>, BusError> {
        let mut unsettled = Vec::with_capacity(batch.len());
        for message in batch {
            let key = partition_of(&message);
            if !self.partitions.contains_key(&key) {
                let partition = Partition::committed(bus, group, &key).await?;
                self.partitions.insert(key.clone(), partition);
            }
            let Some(partition) = self.partitions.get_mut(&key) else {
                continue;
            };
            if partition.takes(message.offset) {
                unsettled.push(message);
            }
        }
        Ok(unsettled)
    }

    /// Adds a processed batch.
    pub fn note(&mut self, batch: &[Message], fates: &[Fate]) {
        for (message, fate) in batch.iter().zip(fates) {
            let Some(partition) = self.partitions.get_mut(&partition_of(message)) else {
                continue;
            };
            partition.dirty = true;
            let sender = match self.by_sender {
                true => row_of(&mut partition.tally.senders, message),
                false => 0,
            };
            match fate {
                Fate::Held => {
                    partition.held.insert(message.offset, sender);
                }
                fate => partition.count(*fate, sender),
            }
        }
        self.uncommitted += batch.len();
    }

    /// Whether everything that the partition held when its end was at `high` has been read.
    pub fn has_read(&self, partition: &TopicPartition, high: u64) -> bool {
        let known = self.partitions.get(partition);
        known.is_some_and(|known| known.read >= high && known.again.is_empty())
    }

    /// Adds what became of records that were held.
    pub fn settle(&mut self, settled: &[Settled]) {
        for Settled {
            partition,
            offset,
            fate,
        } in settled
        {
            let Some(partition) = self.partitions.get_mut(partition) else {
                continue;
            };
            if let Some(sender) = partition.held.remove(offset) {
                partition.count(*fate, sender);
                partition.dirty = true;
            }
        }
        self.uncommitted += settled.len();
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
                (key.clone(), partition.commit())
            })
            .collect()
    }
}

fn partition_of(message: &Message) -> TopicPartition {
    TopicPartition {
        topic: Arc::clone(&message.topic),
        partition: message.partition,
    }
}

impl Partition {
    async fn committed(bus: &dyn EventBus, group: &str, key: &TopicPartition) -> Result<Self, BusError> {
        Ok(Self::from_commit(bus.committed(group, key).await?))
    }

    fn from_commit(committed: Option<Committed>) -> Self {
        let offset = committed.as_ref().map_or(0, |c| c.offset);
        let mut tally = committed
            .and_then(|c| Tally::from_metadata(&c.metadata))
            .unwrap_or_default();
        let ahead = tally.ahead.take().unwrap_or_default();
        Self {
            read: ahead.read.max(offset),
            again: ahead
                .held
                .into_iter()
                .flat_map(|(first, count)| first..first.saturating_add(count))
                .collect(),
            held: BTreeMap::new(),
            tally,
            dirty: false,
        }
    }

    /// Whether the record at `offset` is to be processed. What lies before it and was not read is no longer there.
    fn takes(&mut self, offset: u64) -> bool {
        while self.again.first().is_some_and(|first| *first < offset) {
            self.again.pop_first();
            self.tally.expired += 1;
        }
        if offset < self.read {
            return self.again.remove(&offset);
        }
        self.tally.expired += offset - self.read;
        self.read = offset + 1;
        true
    }

    fn count(&mut self, fate: Fate, sender: usize) {
        self.tally.count(fate);
        if let Some(row) = self.tally.senders.get_mut(sender) {
            row.count(fate);
        }
    }

    fn commit(&mut self) -> Committed {
        self.dirty = false;
        let held: BTreeSet<u64> = self.held.keys().chain(&self.again).copied().collect();
        self.tally.ahead = Ahead::new(self.read, held.into_iter());
        let offset = self.tally.ahead.as_ref().and_then(|ahead| ahead.held.first());
        let committed = Committed {
            offset: offset.map_or(self.read, |(first, _)| *first),
            metadata: self.tally.to_metadata(),
        };
        self.tally.ahead = None;
        committed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn across_restarts_every_record_is_settled_once_and_nothing_settled_is_read_again(
            steps in prop::collection::vec((any::<bool>(), 0..4_u8, any::<bool>()), 1..120),
        ) {
            let mut partition = Partition::from_commit(None);
            // What the bus knows: the commit, and which records the world had been given by then.
            let mut committed = partition.commit();
            let (mut settled, mut durable) = (BTreeSet::new(), BTreeSet::new());
            let mut next = 0;
            for (is_held, action, oldest) in steps {
                if partition.takes(next) {
                    prop_assert!(!durable.contains(&next), "given back though it was settled");
                    if is_held {
                        partition.held.insert(next, 0);
                    } else {
                        partition.tally.count(Fate::Emitted);
                        settled.insert(next);
                    }
                }
                next += 1;
                let mut held = partition.held.keys();
                let let_go = if oldest { held.next() } else { held.next_back() };
                if let Some(offset) = let_go.copied().filter(|_| action == 1) {
                    partition.held.remove(&offset);
                    partition.tally.count(Fate::Emitted);
                    settled.insert(offset);
                }
                if action == 2 {
                    committed = partition.commit();
                    durable.clone_from(&settled);
                    let tally = Tally::from_metadata(&committed.metadata).unwrap();
                    prop_assert_eq!(tally.settled(committed.offset), tally.total());
                }
                if action == 3 {
                    partition = Partition::from_commit(Some(committed.clone()));
                    next = committed.offset;
                    settled.clone_from(&durable);
                }
            }
            let open = partition.held.len() as u64 + partition.again.len() as u64;
            prop_assert_eq!(partition.tally.total() + open, partition.read);
            prop_assert_eq!(partition.tally.total(), settled.len() as u64);
        }
    }

    #[test]
    fn what_retention_deleted_while_it_was_held_is_counted() {
        let tally = Tally {
            emitted: 2,
            ahead: Ahead::new(5, [1, 2, 4].into_iter()),
            ..Tally::default()
        };
        let mut partition = Partition::from_commit(Some(Committed {
            offset: 1,
            metadata: tally.to_metadata(),
        }));
        assert_eq!([4, 7].map(|offset| partition.takes(offset)), [true, true]);
        assert_eq!(
            partition.tally.expired, 4,
            "two that were held, two that were never read"
        );
    }
}
