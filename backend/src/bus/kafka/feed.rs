//! What one member of a group holds, and the records that wait for it. Filled by the member's task, emptied by its polls.
//!
//! Invariant: what waits here is of a partition that is held, and was read since it is held.

use crate::bus::{Message, TopicPartition};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Records that may wait; beyond it none are asked for.
const BYTES_MAX: usize = 16 << 20;
const RECORDS_MAX: usize = 50_000;

#[derive(Default)]
pub struct Feed {
    held: Mutex<Held>,
    /// Something came, or what is held has changed.
    pub arrived: Notify,
    /// Something was taken.
    pub taken: Notify,
}

#[derive(Default)]
struct Held {
    /// Raised by each assignment.
    epoch: u64,
    partitions: BTreeMap<TopicPartition, Waiting>,
    bytes: usize,
    records: usize,
}

#[derive(Default)]
struct Waiting {
    /// The assignment that gave it: tells a partition that was lost and came back from one that was kept.
    since: u64,
    records: VecDeque<Message>,
}

/// What a member knows that it holds, and since which assignment: as of its last poll.
#[derive(Default)]
pub struct View {
    pub held: BTreeMap<TopicPartition, u64>,
    /// Raised by each change.
    pub generation: u64,
}

impl Feed {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn assign(&self, partitions: Vec<TopicPartition>) {
        let mut held = self.lock();
        held.epoch += 1;
        let since = held.epoch;
        for partition in partitions {
            let records = VecDeque::new();
            held.drop_waiting(&partition);
            held.partitions.insert(partition, Waiting { since, records });
        }
        drop(held);
        self.arrived.notify_one();
    }

    pub fn revoke(&self, partitions: &[TopicPartition]) {
        let mut held = self.lock();
        for partition in partitions {
            held.drop_waiting(partition);
            held.partitions.remove(partition);
        }
        drop(held);
        self.arrived.notify_one();
        self.taken.notify_one();
    }

    /// Of a partition that is not held, it is dropped.
    pub fn push(&self, message: Message) {
        let mut held = self.lock();
        let partition = TopicPartition {
            topic: message.topic.clone(),
            partition: message.partition,
        };
        let bytes = message.record.payload.len();
        let Some(waiting) = held.partitions.get_mut(&partition) else {
            return;
        };
        waiting.records.push_back(message);
        held.bytes += bytes;
        held.records += 1;
        drop(held);
        self.arrived.notify_one();
    }

    pub fn has_room(&self) -> bool {
        let held = self.lock();
        held.bytes < BYTES_MAX && held.records < RECORDS_MAX
    }

    /// Whether it has been held without a break since then.
    pub fn is_held(&self, partition: &TopicPartition, since: u64) -> bool {
        self.lock()
            .partitions
            .get(partition)
            .is_some_and(|waiting| waiting.since == since)
    }

    pub fn forget(&self, partition: &TopicPartition) {
        self.lock().drop_waiting(partition);
        self.taken.notify_one();
    }

    /// Takes what the limits allow, another partition first each time, and brings the view up to date.
    pub fn take(&self, view: &mut View, first: usize, records_max: usize, bytes_max: usize) -> Vec<Message> {
        let mut held = self.lock();
        let now = held
            .partitions
            .iter()
            .map(|(partition, waiting)| (partition.clone(), waiting.since));
        if now.len() != view.held.len() || !held.partitions.iter().map(|(p, w)| (p, &w.since)).eq(view.held.iter()) {
            view.held = now.collect();
            view.generation += 1;
        }
        let mut lanes: Vec<&mut Waiting> = held.partitions.values_mut().collect();
        let turn = first % lanes.len().max(1);
        lanes.rotate_left(turn);
        let (messages, bytes) = collect(lanes, records_max, bytes_max);
        held.bytes -= bytes;
        held.records -= messages.len();
        drop(held);
        if !messages.is_empty() {
            self.taken.notify_one();
        }
        messages
    }
}

/// No more bytes than allowed, unless the first record alone is larger.
fn collect(lanes: Vec<&mut Waiting>, records_max: usize, bytes_max: usize) -> (Vec<Message>, usize) {
    let (mut messages, mut bytes) = (Vec::new(), 0);
    for waiting in lanes {
        while messages.len() < records_max {
            let Some(next) = waiting.records.front() else { break };
            let length = next.record.payload.len();
            if !messages.is_empty() && bytes + length > bytes_max {
                return (messages, bytes);
            }
            bytes += length;
            messages.extend(waiting.records.pop_front());
        }
    }
    (messages, bytes)
}

impl Held {
    fn drop_waiting(&mut self, partition: &TopicPartition) {
        if let Some(waiting) = self.partitions.get_mut(partition) {
            let dropped = std::mem::take(&mut waiting.records);
            self.records -= dropped.len();
            self.bytes -= dropped
                .iter()
                .map(|message| message.record.payload.len())
                .sum::<usize>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::Record;

    fn at(partition: u32) -> TopicPartition {
        let topic = "events".into();
        TopicPartition { topic, partition }
    }

    fn message(partition: u32, offset: u64, bytes: usize) -> Message {
        let record = Record {
            payload: vec![0; bytes].into(),
            ..Record::default()
        };
        Message {
            topic: "events".into(),
            partition,
            offset,
            record,
        }
    }

    fn offsets(messages: &[Message]) -> Vec<(u32, u64)> {
        messages
            .iter()
            .map(|message| (message.partition, message.offset))
            .collect()
    }

    #[test]
    fn what_was_lost_is_not_given_out_and_what_came_back_is_another() {
        let (feed, mut view) = (Feed::default(), View::default());
        feed.assign(vec![at(0), at(1)]);
        feed.push(message(0, 0, 1));
        feed.push(message(1, 0, 1));
        feed.revoke(&[at(0)]);
        feed.push(message(0, 1, 1));
        assert_eq!(offsets(&feed.take(&mut view, 0, 9, 99)), [(1, 0)]);
        assert_eq!(view.held.keys().cloned().collect::<Vec<_>>(), [at(1)]);
        let known = view.generation;
        assert!(feed.take(&mut view, 0, 9, 99).is_empty() && view.generation == known);
        feed.assign(vec![at(0)]);
        assert!(!feed.is_held(&at(0), 1) && feed.is_held(&at(0), 2) && feed.is_held(&at(1), 1));
        assert!(feed.take(&mut view, 0, 9, 99).is_empty());
        assert_eq!((view.held.len(), view.generation), (2, known + 1));
        feed.revoke(&[at(0)]);
        feed.assign(vec![at(0)]);
        feed.take(&mut view, 0, 9, 99);
        assert_eq!((view.held.len(), view.generation), (2, known + 2), "lost and back");
    }

    #[test]
    fn the_limits_hold_each_partition_gets_its_turn_and_room_comes_back() {
        let (feed, mut view) = (Feed::default(), View::default());
        feed.assign(vec![at(0), at(1)]);
        (0..4).for_each(|n| feed.push(message(0, n, 10)));
        (0..4).for_each(|n| feed.push(message(1, n, 10)));
        assert_eq!(offsets(&feed.take(&mut view, 0, 3, 99)), [(0, 0), (0, 1), (0, 2)]);
        assert_eq!(offsets(&feed.take(&mut view, 1, 9, 25)), [(1, 0), (1, 1)]);
        assert_eq!(
            offsets(&feed.take(&mut view, 1, 9, 1)),
            [(1, 2)],
            "one larger than allowed still comes"
        );
        feed.push(message(0, 4, BYTES_MAX));
        assert!(!feed.has_room());
        feed.forget(&at(0));
        assert!(feed.has_room());
        assert_eq!(offsets(&feed.take(&mut view, 0, 9, 99)), [(1, 3)]);
    }
}
