//! The event bus seam: topics, partitions, keys, headers, consumer groups, committed offsets, seek by time, retention and
//! back-pressure, in Kafka's words. Whatever stands behind it passes the one contract suite in `tests/contracts`.

mod consumer;
mod declared;
mod embedded;
pub mod frame;
mod group;
pub mod kafka;
mod partition;
pub mod partitioner;
mod produce;
pub mod record;
mod recovery;
mod replay;
mod retention;
mod round;
pub mod scan;
mod segment;
mod state;
mod store;
mod sync;
mod tail;
mod writer;

pub use embedded::{BusOptions, EmbeddedBus};
pub use store::Damage;

use async_trait::async_trait;
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use watchfloor_shared::Timestamp;

/// A topic as it is declared in `pipeline/topology.rs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    pub name: String,
    /// Fixed for the topic's life: the order per endpoint depends on it.
    pub partitions: u32,
    pub retention: Retention,
}

/// Whole segments are deleted once either limit is passed. A group that has not read them does not hold them back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Bytes on disk per partition.
    pub bytes_max: Option<u64>,
    pub age_max: Option<Duration>,
}

/// What a producer hands in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Records of one key keep their order. Without a key, partitions are taken in turn.
    pub key: Option<Bytes>,
    pub headers: Vec<(String, Bytes)>,
    pub payload: Bytes,
    pub timestamp: Timestamp,
}

impl Record {
    pub fn header(&self, name: &str) -> Option<&Bytes> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// What a consumer gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub topic: Arc<str>,
    pub partition: u32,
    pub offset: u64,
    pub record: Record,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    pub topic: Arc<str>,
    pub partition: u32,
}

/// The next offset a group will read, with a text of the group's own kept in the same write (Kafka's commit metadata). The
/// loss ledger lives in it, so that the counters and the position can never disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    pub offset: u64,
    pub metadata: String,
}

/// When an append counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// In the log, safe against the process dying. What stages use between themselves: they can be run again.
    Written,
    /// On the disk, safe against the machine dying. What a front door waits for before it says yes.
    Synced,
}

/// First offset still there, and the one the next record will get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermarks {
    pub low: u64,
    pub high: u64,
    /// On disk. Absent where what stands behind the bus does not say.
    pub bytes: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
pub enum BusError {
    #[error("unknown topic {0}")]
    UnknownTopic(String),
    #[error(
        "topic {topic} has {has} partitions and cannot be given {wanted}: the order per endpoint depends on the count"
    )]
    PartitionCount { topic: String, has: u32, wanted: u32 },
    #[error("a record of {bytes} bytes is larger than the limit of {bytes_max}")]
    RecordTooLarge { bytes: usize, bytes_max: usize },
    #[error("the consumer no longer holds {topic}/{partition}")]
    NotAssigned { topic: String, partition: u32 },
    #[error("the data directory was written by a newer version ({found}, this one knows {known})")]
    NewerFormat { found: u32, known: u32 },
    #[error("the log is in use by another process")]
    Locked,
    #[error("the log is damaged: {0}")]
    Corrupt(String),
    #[error("the disk is full; waiting for room")]
    DiskFull,
    #[error("the bus is closed")]
    Closed,
    #[error("Kafka: {0}")]
    Broker(String),
    #[error("bus IO: {0}")]
    Io(#[from] std::io::Error),
}

#[async_trait]
pub trait EventBus: Send + Sync {
    /// Makes the topic; the same declaration again is fine, another partition count is refused.
    async fn create_topic(&self, spec: &TopicSpec) -> Result<(), BusError>;

    async fn topics(&self) -> Result<Vec<TopicSpec>, BusError>;

    /// Appends in order and waits until `durability` holds for all of them. Waits when the log cannot keep up
    /// (back-pressure). Returns one offset per record.
    async fn produce(&self, topic: &str, records: Vec<Record>, durability: Durability) -> Result<Vec<u64>, BusError>;

    /// Joins a group. Partitions of the topics are spread over the group's members.
    async fn subscribe(&self, group: &str, topics: &[&str]) -> Result<Box<dyn Consumer>, BusError>;

    async fn watermarks(&self, partition: &TopicPartition) -> Result<Watermarks, BusError>;

    async fn committed(&self, group: &str, partition: &TopicPartition) -> Result<Option<Committed>, BusError>;

    /// First offset whose record has a timestamp at or after `time`; `None` when all are earlier.
    async fn offset_for_time(&self, partition: &TopicPartition, time: Timestamp) -> Result<Option<u64>, BusError>;

    /// Records from `offset` on without a group, at most `records_max`: for views such as the dead letters.
    async fn read(&self, partition: &TopicPartition, offset: u64, records_max: usize)
    -> Result<Vec<Message>, BusError>;

    /// Applies retention now. The product calls it every minute.
    async fn apply_retention(&self, now: Timestamp) -> Result<(), BusError>;

    /// Flushes to disk and refuses further work.
    async fn close(&self) -> Result<(), BusError>;
}

#[async_trait]
pub trait Consumer: Send {
    /// Waits up to `wait` for records, then gives what is there: at most `records_max`, and no more than about `bytes_max`
    /// of payload unless the first record alone is larger. Empty after `wait`. Reading starts at the committed offset, or at
    /// the low watermark where the group has none; an offset below the low watermark moves up to it. With no records wanted it
    /// returns at once: what it is good for then is that the assignment is known again.
    async fn poll(&mut self, records_max: usize, bytes_max: usize, wait: Duration) -> Result<Vec<Message>, BusError>;

    /// Stores positions for the group. Durable with the next sync, ordered after everything produced before it.
    /// A partition that this consumer lost in a rebalance is refused.
    async fn commit(&mut self, offsets: Vec<(TopicPartition, Committed)>) -> Result<(), BusError>;

    /// Continues at `offset` with the next poll.
    async fn seek(&mut self, partition: &TopicPartition, offset: u64) -> Result<(), BusError>;

    /// What this member holds now; changes only inside `poll`.
    fn assignment(&self) -> Vec<TopicPartition>;

    /// Another number whenever what this member holds has changed, also when a partition was lost and came back between two
    /// polls: what is known of it is old then.
    fn generation(&self) -> u64;
}
