//! One member of a group. It reads what is in memory at once and goes to the disk off the runtime's threads.

use super::{
    BusError, Committed, Consumer, Message, TopicPartition,
    embedded::Inner,
    group::MemberId,
    partition::{Topic, lock},
    record,
    state::{GroupCommits, Position, StateChange},
    store::{Damage, Fetch},
    tail::Batch,
};
use async_trait::async_trait;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{sync::Notify, time::Instant};

pub struct GroupMember {
    inner: Arc<Inner>,
    group: String,
    id: MemberId,
    topics: Vec<Arc<Topic>>,
    wake: Arc<Notify>,
    generation: u64,
    cursors: Vec<Cursor>,
    /// Which cursor is asked first: each poll another one.
    first: usize,
}

#[derive(Debug)]
struct Cursor {
    topic: Arc<Topic>,
    partition: u32,
    since: u64,
    offset: u64,
    fetched: VecDeque<Unread>,
}

/// The records of a batch that have not been given out.
#[derive(Debug)]
struct Unread {
    batch: Batch,
    next: u64,
}

/// What one poll may still take.
struct Allowance {
    records: usize,
    bytes: usize,
    taken: Vec<Message>,
}

impl Allowance {
    fn is_spent(&self) -> bool {
        self.taken.len() >= self.records
    }
}

impl GroupMember {
    pub fn new(inner: Arc<Inner>, group: &str, topics: Vec<Arc<Topic>>) -> Self {
        let id = inner.next_member();
        let wake = Arc::new(Notify::new());
        topics.iter().for_each(|topic| topic.add_reader(id, wake.clone()));
        let by_id = topics.iter().map(|topic| (topic.id, topic.clone())).collect();
        lock(&inner.groups.0)
            .entry(group.to_owned())
            .or_default()
            .join(id, by_id, wake.clone());
        let (generation, cursors, first) = (0, Vec::new(), 0);
        Self {
            inner,
            group: group.to_owned(),
            id,
            topics,
            wake,
            generation,
            cursors,
            first,
        }
    }

    /// Takes over what the last rebalance gave and lets go of what it took.
    async fn follow_rebalance(&mut self) -> Result<(), BusError> {
        let (generation, held) = {
            let groups = lock(&self.inner.groups.0);
            match groups.get(&self.group) {
                Some(group) if group.generation() != self.generation => (group.generation(), group.held_by(self.id)),
                _ => return Ok(()),
            }
        };
        // A former holder's last commit may still be on its way to the log.
        self.inner.change_state(None).await?;
        let mut former = std::mem::take(&mut self.cursors);
        for (topic, partition, since) in held {
            let kept = former
                .iter()
                .position(|cursor| (cursor.topic.id, cursor.partition, cursor.since) == (topic.id, partition, since));
            let cursor = match kept {
                Some(index) => former.swap_remove(index),
                None => {
                    let committed = self.inner.store.committed(&self.group, &topic, partition);
                    let offset = committed.map_or(0, |committed| committed.offset);
                    Cursor {
                        topic,
                        partition,
                        since,
                        offset,
                        fetched: VecDeque::new(),
                    }
                }
            };
            self.cursors.push(cursor);
        }
        self.generation = generation;
        Ok(())
    }

    /// Brings about one allowance of unread records to hand, starting with another partition each time. What is at hand stays
    /// there, so a poll that is dropped half-way loses nothing.
    async fn prepare(&mut self, bytes_max: usize) -> Result<(), BusError> {
        let count = self.cursors.len();
        self.first = self.first.wrapping_add(1) % count.max(1);
        let mut at_hand = 0;
        for turn in 0..count {
            let cursor = &mut self.cursors[(self.first + turn) % count];
            if let Some(offset) = cursor.fill_from_memory(&self.inner) {
                cursor.fill_from_disk(&self.inner, offset).await?;
            }
            at_hand += cursor
                .fetched
                .iter()
                .map(|unread| unread.batch.raw.len())
                .sum::<usize>();
            if at_hand >= bytes_max {
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, mut allowance: Allowance) -> Vec<Message> {
        let count = self.cursors.len();
        for turn in 0..count {
            let cursor = &mut self.cursors[(self.first + turn) % count];
            while !allowance.is_spent() && !cursor.fetched.is_empty() {
                if !cursor.give(&self.inner, &mut allowance) {
                    return allowance.taken;
                }
                cursor.fill_from_memory(&self.inner);
            }
        }
        allowance.taken
    }

    fn cursor(&mut self, partition: &TopicPartition) -> Option<&mut Cursor> {
        let is_it =
            |cursor: &&mut Cursor| *cursor.topic.name == *partition.topic && cursor.partition == partition.partition;
        self.cursors.iter_mut().find(is_it)
    }
}

impl Cursor {
    /// Looks for something unread without the disk. Gives the offset to read there, where it has to be.
    fn fill_from_memory(&mut self, inner: &Inner) -> Option<u64> {
        let low = self.topic.partition(self.partition).map_or(0, |state| state.low);
        if self.offset < low {
            self.offset = low;
            self.fetched.clear();
        }
        if !self.fetched.is_empty() {
            return None;
        }
        match inner.store.fetch(&self.topic, self.partition, self.offset) {
            Fetch::End => None,
            Fetch::OnDisk(offset) => Some(offset),
            Fetch::Batch(batch) => {
                self.fetched.push_back(Unread {
                    next: batch.base,
                    batch,
                });
                None
            }
        }
    }

    async fn fill_from_disk(&mut self, inner: &Arc<Inner>, offset: u64) -> Result<(), BusError> {
        let (store, topic, partition) = (inner.store.clone(), self.topic.clone(), self.partition);
        let read = tokio::task::spawn_blocking(move || store.fetch_from_disk(&topic, partition, offset));
        let batches = read.await.map_err(std::io::Error::other)??;
        self.fetched = batches
            .into_iter()
            .map(|batch| Unread {
                next: batch.base,
                batch,
            })
            .collect();
        Ok(())
    }

    /// Gives out of the batch at hand what the allowance has room for; false when the room for bytes is used up.
    fn give(&mut self, inner: &Inner, allowance: &mut Allowance) -> bool {
        let Some(unread) = self.fetched.front_mut() else {
            return true;
        };
        while unread.next < unread.batch.end() {
            if allowance.is_spent() {
                return true;
            }
            let mut rest = unread.batch.raw.clone();
            let record = match record::decode_record(&mut rest) {
                Ok(record) => record,
                Err(error) => {
                    inner.store.report_damage(Damage {
                        segment: inner.store.dir.clone(),
                        position: 0,
                        bytes: 0,
                        detail: format!(
                            "offset {} of {}/{}: {error}",
                            unread.next, self.topic.name, self.partition
                        ),
                    });
                    break;
                }
            };
            if unread.next >= self.offset {
                let bytes = record.payload.len();
                if bytes > allowance.bytes && !allowance.taken.is_empty() {
                    return false;
                }
                allowance.bytes = allowance.bytes.saturating_sub(bytes);
                let (topic, partition, offset) = (self.topic.name.clone(), self.partition, unread.next);
                allowance.taken.push(Message {
                    topic,
                    partition,
                    offset,
                    record,
                });
                self.offset = unread.next + 1;
            }
            unread.batch.raw = rest;
            unread.next += 1;
        }
        self.offset = self.offset.max(unread.batch.end());
        self.fetched.pop_front();
        true
    }
}

#[async_trait]
impl Consumer for GroupMember {
    async fn poll(&mut self, records_max: usize, bytes_max: usize, wait: Duration) -> Result<Vec<Message>, BusError> {
        let deadline = Instant::now() + wait;
        loop {
            self.inner.store.check_open()?;
            self.follow_rebalance().await?;
            self.prepare(bytes_max).await?;
            let messages = self.take(Allowance {
                records: records_max,
                bytes: bytes_max,
                taken: Vec::new(),
            });
            if !messages.is_empty() || records_max == 0 {
                return Ok(messages);
            }
            // A wake-up that came since the look above is kept by the `Notify`.
            if tokio::time::timeout_at(deadline, self.wake.notified()).await.is_err() {
                return Ok(Vec::new());
            }
        }
    }

    async fn commit(&mut self, offsets: Vec<(TopicPartition, Committed)>) -> Result<(), BusError> {
        let mut positions = Vec::with_capacity(offsets.len());
        let mut held = Vec::with_capacity(offsets.len());
        for (partition, committed) in offsets {
            let Some(cursor) = self.cursor(&partition) else {
                return Err(not_assigned(&partition));
            };
            let key = cursor.topic.key(partition.partition);
            held.push((key, cursor.since, partition));
            let Committed { offset, metadata } = committed;
            positions.push(Position {
                topic: key.0,
                partition: key.1,
                offset,
                metadata,
            });
        }
        if positions.is_empty() {
            return Ok(());
        }
        let change = StateChange::Commit(GroupCommits {
            group: self.group.clone(),
            positions,
        });
        let answer = {
            // Checked and queued under one lock: a later holder's commits come after this one or this one is refused.
            let groups = lock(&self.inner.groups.0);
            for (key, since, partition) in held {
                let holder = groups.get(&self.group).and_then(|group| group.holder(key));
                if holder.is_none_or(|holder| (holder.member, holder.since) != (self.id, since)) {
                    return Err(not_assigned(&partition));
                }
            }
            self.inner.queue_state(Some(change))?
        };
        answer.await.map_err(|_| BusError::Closed)?
    }

    async fn seek(&mut self, partition: &TopicPartition, offset: u64) -> Result<(), BusError> {
        let cursor = self.cursor(partition).ok_or_else(|| not_assigned(partition))?;
        cursor.offset = offset;
        cursor.fetched.clear();
        Ok(())
    }

    fn assignment(&self) -> Vec<TopicPartition> {
        let held = |cursor: &Cursor| TopicPartition {
            topic: cursor.topic.name.clone(),
            partition: cursor.partition,
        };
        self.cursors.iter().map(held).collect()
    }

    fn generation(&self) -> u64 {
        self.generation
    }
}

impl Drop for GroupMember {
    fn drop(&mut self) {
        self.topics.iter().for_each(|topic| topic.remove_reader(self.id));
        if let Some(group) = lock(&self.inner.groups.0).get_mut(&self.group) {
            group.leave(self.id);
        }
    }
}

fn not_assigned(partition: &TopicPartition) -> BusError {
    BusError::NotAssigned {
        topic: partition.topic.to_string(),
        partition: partition.partition,
    }
}
