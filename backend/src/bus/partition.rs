//! A partition in memory: its watermarks and which segments hold which of its offsets.

use super::{
    TopicSpec,
    segment::{Entry, PartitionKey, Segment, Stretch},
};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Notify;

#[derive(Debug)]
pub struct Topic {
    pub id: u32,
    pub name: Arc<str>,
    spec: Mutex<TopicSpec>,
    partitions: Vec<Mutex<PartitionState>>,
    turn: AtomicU64,
    readers: Mutex<Vec<(u64, Arc<Notify>)>>,
}

#[derive(Debug, Default)]
pub struct PartitionState {
    pub low: u64,
    pub high: u64,
    /// Oldest first; the last may belong to the segment that is being written.
    pub chunks: VecDeque<Chunk>,
}

#[derive(Debug, Clone)]
pub struct Chunk {
    pub segment: Arc<Segment>,
    pub stretch: Stretch,
    pub index: ChunkIndex,
}

#[derive(Debug, Clone)]
pub enum ChunkIndex {
    InMemory(Vec<Entry>),
    /// At the end of the sealed segment.
    OnDisk,
}

/// Where to find an offset.
#[derive(Debug)]
pub enum Place {
    /// The batch, or the next one behind a gap.
    Batch(Arc<Segment>, Vec<Entry>),
    /// Some batch of this stretch.
    Stretch(Arc<Segment>, Stretch),
    End,
}

impl Topic {
    pub fn new(id: u32, spec: TopicSpec) -> Self {
        let name = Arc::from(spec.name.as_str());
        let partitions = (0..spec.partitions).map(|_| Mutex::default()).collect();
        Self {
            id,
            name,
            spec: Mutex::new(spec),
            partitions,
            turn: AtomicU64::new(0),
            readers: Mutex::default(),
        }
    }

    pub fn spec(&self) -> TopicSpec {
        lock(&self.spec).clone()
    }

    pub fn set_spec(&self, spec: TopicSpec) {
        *lock(&self.spec) = spec;
    }

    pub fn partition_count(&self) -> u32 {
        self.partitions.len() as u32
    }

    pub fn key(&self, partition: u32) -> PartitionKey {
        (self.id, partition)
    }

    /// `None` for a partition that the topic does not have.
    pub fn partition(&self, partition: u32) -> Option<MutexGuard<'_, PartitionState>> {
        self.partitions.get(partition as usize).map(lock)
    }

    pub fn next_turn(&self) -> u32 {
        (self.turn.fetch_add(1, Ordering::Relaxed) % u64::from(self.partition_count().max(1))) as u32
    }

    pub fn add_reader(&self, member: u64, wake: Arc<Notify>) {
        lock(&self.readers).push((member, wake));
    }

    pub fn remove_reader(&self, member: u64) {
        lock(&self.readers).retain(|(id, _)| *id != member);
    }

    pub fn wake_readers(&self) {
        lock(&self.readers).iter().for_each(|(_, wake)| wake.notify_one());
    }
}

impl PartitionState {
    pub fn bytes(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.stretch.bytes).sum()
    }

    /// Records that a batch now lies in `segment`.
    pub fn append(&mut self, segment: &Arc<Segment>, key: PartitionKey, entry: Entry) {
        let continues = self.chunks.back().is_some_and(|chunk| chunk.segment.id == segment.id);
        if !continues {
            self.chunks.push_back(Chunk {
                segment: segment.clone(),
                stretch: Stretch::starting(key.0, key.1, entry.base),
                index: ChunkIndex::InMemory(Vec::new()),
            });
        }
        if let Some(Chunk {
            stretch,
            index: ChunkIndex::InMemory(entries),
            ..
        }) = self.chunks.back_mut()
        {
            stretch.extend(&entry);
            entries.push(entry);
        }
        self.high = entry.end();
    }

    /// Where `offset` is, and up to `entries_max` batches behind it where that is known without the disk.
    pub fn place(&self, offset: u64, entries_max: usize) -> Place {
        let first = self.chunks.partition_point(|chunk| chunk.stretch.end <= offset);
        match self.chunks.get(first) {
            None => Place::End,
            Some(Chunk {
                segment,
                stretch,
                index: ChunkIndex::OnDisk,
            }) => Place::Stretch(segment.clone(), *stretch),
            Some(Chunk {
                segment,
                index: ChunkIndex::InMemory(entries),
                ..
            }) => {
                let first = entries.partition_point(|entry| entry.end() <= offset);
                Place::Batch(
                    segment.clone(),
                    entries.iter().skip(first).take(entries_max).copied().collect(),
                )
            }
        }
    }

    /// The offsets, from `from` on, of the first chunk there with a record as late as `nanos`.
    pub fn chunk_reaching(&self, from: u64, nanos: i64) -> Option<(u64, u64)> {
        let reaches = |chunk: &&Chunk| chunk.stretch.end > from && chunk.stretch.timestamp_max >= nanos;
        self.chunks
            .iter()
            .find(reaches)
            .map(|chunk| (chunk.stretch.base.max(from), chunk.stretch.end))
    }
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
