//! The event bus behind the single binary: a durable log in the data directory, written by one thread, read by any.

use super::{
    BusError, Committed, Consumer, Durability, EventBus, Message, Record, TopicPartition, TopicSpec, Watermarks,
    consumer::GroupMember,
    declared,
    group::{Groups, MemberId},
    partition::{Topic, lock},
    produce::{Encoded, encode},
    recovery, retention,
    round::{Append, Request, StateRequest},
    state::StateChange,
    store::{Damage, Store},
    sync::Syncer,
    writer::Writer,
};
use async_trait::async_trait;
use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, oneshot};
use watchfloor_shared::Timestamp;

/// Payload that one `read` gives at most.
const READ_BYTES: usize = 16 << 20;

/// Limits of the embedded log. The defaults are the product's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusOptions {
    /// A segment is sealed at this size; retention and recovery work in segments.
    pub segment_bytes: u64,
    /// How long a record may be written but not on the disk, unless someone waits for it.
    pub sync_interval: Duration,
    /// Key, headers and payload of one record together.
    pub record_bytes_max: usize,
    /// Records handed in but not yet written; producers wait beyond it.
    pub queue_bytes_max: usize,
    /// Newest records kept in memory for those who keep up.
    pub tail_bytes_max: usize,
    /// How long a producer waits for room on a full disk before it is told.
    pub disk_full_wait: Duration,
}

impl Default for BusOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 32 << 20,
            sync_interval: Duration::from_millis(100),
            record_bytes_max: (1 << 20) + (64 << 10),
            queue_bytes_max: 32 << 20,
            tail_bytes_max: 32 << 20,
            disk_full_wait: Duration::from_secs(30),
        }
    }
}

#[derive(Debug)]
pub struct EmbeddedBus {
    inner: Arc<Inner>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    declaring: tokio::sync::Mutex<()>,
    retaining: tokio::sync::Mutex<()>,
}

/// What consumers need of the bus.
#[derive(Debug)]
pub struct Inner {
    pub store: Arc<Store>,
    pub groups: Groups,
    requests: mpsc::Sender<Request>,
    room: Arc<Semaphore>,
    members: AtomicU64,
}

impl EmbeddedBus {
    /// Opens the log in `dir` and makes the folder where there is none. Blocks for as long as it takes to read the last
    /// segment.
    pub fn open(dir: &Path, options: BusOptions) -> Result<Arc<Self>, BusError> {
        let options = BusOptions {
            // Positions inside a segment are 32 bits.
            segment_bytes: options.segment_bytes.min(1 << 30),
            record_bytes_max: options.record_bytes_max.min(8 << 20),
            queue_bytes_max: options.queue_bytes_max.clamp(1, 1 << 30),
            ..options
        };
        let room = Arc::new(Semaphore::new(options.queue_bytes_max));
        let (store, active) = recovery::open(dir, options)?;
        let (store, syncer) = (Arc::new(store), Arc::new(Syncer::default()));
        syncer.begin(&active.segment, active.position);
        store.active_segment.store(active.segment.id, Ordering::SeqCst);

        let (requests, inbox) = mpsc::channel();
        let writer = Writer::new(store.clone(), syncer.clone(), active);
        let writing = std::thread::Builder::new()
            .name("bus-writer".into())
            .spawn(move || writer.run(&inbox))?;
        let syncing = {
            let store = store.clone();
            std::thread::Builder::new()
                .name("bus-sync".into())
                .spawn(move || syncer.run(&store))?
        };
        let (groups, members) = (Groups::default(), AtomicU64::new(1));
        Ok(Arc::new(Self {
            inner: Arc::new(Inner {
                store,
                groups,
                requests,
                room,
                members,
            }),
            threads: Mutex::new(vec![writing, syncing]),
            declaring: tokio::sync::Mutex::default(),
            retaining: tokio::sync::Mutex::default(),
        }))
    }

    /// Every stretch of the log that could not be read since it was opened. The offsets it held are a gap for readers.
    pub fn damage(&self) -> Vec<Damage> {
        self.inner.store.damage()
    }

    fn topic_of(&self, partition: &TopicPartition) -> Result<Arc<Topic>, BusError> {
        self.inner.store.check_open()?;
        self.inner.store.topic_of(partition)
    }

    fn join_threads(&self) {
        for thread in std::mem::take(&mut *lock(&self.threads)) {
            let _ = thread.join();
        }
        if let Some(lock_file) = lock(&self.inner.store.lock_file).take() {
            // Said aloud: a child process that is just being started still holds a copy of this descriptor.
            let _ = lock_file.unlock();
        }
    }
}

impl Inner {
    pub fn next_member(&self) -> MemberId {
        self.members.fetch_add(1, Ordering::Relaxed)
    }

    /// Changes positions, in order with everything queued before.
    pub async fn change_state(&self, change: Option<StateChange>) -> Result<(), BusError> {
        self.queue_state(change)?.await.map_err(|_| BusError::Closed)?
    }

    pub fn queue_state(
        &self,
        change: Option<StateChange>,
    ) -> Result<oneshot::Receiver<Result<(), BusError>>, BusError> {
        let (answer, answered) = oneshot::channel();
        self.send(Request::State(StateRequest {
            change,
            since: Instant::now(),
            answer,
        }))?;
        Ok(answered)
    }

    /// Seals the segment being written.
    pub async fn roll(&self) -> Result<(), BusError> {
        let (answer, answered) = oneshot::channel();
        self.send(Request::Roll(answer))?;
        answered.await.map_err(|_| BusError::Closed)?
    }

    fn send(&self, request: Request) -> Result<(), BusError> {
        self.store.check_open()?;
        self.requests.send(request).map_err(|_| BusError::Closed)
    }

    /// Waits for room in the queue. On a full disk the wait has an end.
    async fn room_for(&self, bytes: usize) -> Result<tokio::sync::OwnedSemaphorePermit, BusError> {
        let permits = bytes.clamp(1, self.store.options.queue_bytes_max) as u32;
        let acquire = self.room.clone().acquire_many_owned(permits);
        tokio::pin!(acquire);
        loop {
            match tokio::time::timeout(self.store.options.disk_full_wait, &mut acquire).await {
                Ok(room) => return room.map_err(|_| BusError::Closed),
                Err(_) if self.store.disk_full.load(Ordering::SeqCst) => return Err(BusError::DiskFull),
                Err(_) => {}
            }
        }
    }
}

#[async_trait]
impl EventBus for EmbeddedBus {
    async fn create_topic(&self, spec: &TopicSpec) -> Result<(), BusError> {
        let _one_at_a_time = self.declaring.lock().await;
        let store = &self.inner.store;
        store.check_open()?;
        let existing = store.topic(&spec.name).ok();
        let has = existing
            .as_ref()
            .map_or(spec.partitions, |topic| topic.partition_count());
        if has != spec.partitions || spec.partitions == 0 {
            return Err(BusError::PartitionCount {
                topic: spec.name.clone(),
                has,
                wanted: spec.partitions,
            });
        }
        if existing.as_ref().is_some_and(|topic| topic.spec() == *spec) {
            return Ok(());
        }
        let topics = store.topics();
        let id = match &existing {
            Some(topic) => topic.id,
            None => topics.iter().map(|topic| topic.id).max().unwrap_or(0) + 1,
        };
        let others = topics
            .iter()
            .filter(|topic| topic.id != id)
            .map(|topic| (topic.id, topic.spec()));
        let declared: Vec<_> = others.chain([(id, spec.clone())]).collect();
        let dir = store.dir.clone();
        let saved = tokio::task::spawn_blocking(move || declared::save(&dir, &declared)).await;
        saved.map_err(io::Error::other)??;
        match existing {
            Some(topic) => topic.set_spec(spec.clone()),
            None => store.add_topic(Arc::new(Topic::new(id, spec.clone()))),
        }
        Ok(())
    }

    async fn topics(&self) -> Result<Vec<TopicSpec>, BusError> {
        self.inner.store.check_open()?;
        Ok(self.inner.store.topics().iter().map(|topic| topic.spec()).collect())
    }

    async fn produce(&self, topic: &str, records: Vec<Record>, durability: Durability) -> Result<Vec<u64>, BusError> {
        let store = &self.inner.store;
        store.check_open()?;
        let topic = store.topic(topic)?;
        let Encoded { parts, places, bytes } = encode(&topic, &records, store.options.record_bytes_max)?;
        drop(records);
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let since = Instant::now();
        let room = self.inner.room_for(bytes).await?;
        let (answer, answered) = oneshot::channel();
        self.inner.send(Request::Append(Append {
            topic,
            parts,
            durability,
            since,
            answer,
            _room: room,
        }))?;
        let bases = answered.await.map_err(|_| BusError::Closed)??;
        Ok(places
            .into_iter()
            .map(|(part, ordinal)| bases[part] + u64::from(ordinal))
            .collect())
    }

    async fn subscribe(&self, group: &str, topics: &[&str]) -> Result<Box<dyn Consumer>, BusError> {
        let store = &self.inner.store;
        store.check_open()?;
        let topics = topics
            .iter()
            .map(|name| store.topic(name))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Box::new(GroupMember::new(self.inner.clone(), group, topics)))
    }

    async fn watermarks(&self, partition: &TopicPartition) -> Result<Watermarks, BusError> {
        let topic = self.topic_of(partition)?;
        let marks = topic.partition(partition.partition).map(|state| Watermarks {
            low: state.low,
            high: state.high,
            bytes: Some(state.bytes()),
        });
        marks.ok_or_else(|| BusError::UnknownTopic(partition.topic.to_string()))
    }

    async fn committed(&self, group: &str, partition: &TopicPartition) -> Result<Option<Committed>, BusError> {
        let topic = self.topic_of(partition)?;
        Ok(self.inner.store.committed(group, &topic, partition.partition))
    }

    async fn offset_for_time(&self, partition: &TopicPartition, time: Timestamp) -> Result<Option<u64>, BusError> {
        let (topic, number, store) = (self.topic_of(partition)?, partition.partition, self.inner.store.clone());
        let found = tokio::task::spawn_blocking(move || store.offset_for_time(&topic, number, time)).await;
        Ok(found.map_err(io::Error::other)??)
    }

    async fn read(
        &self,
        partition: &TopicPartition,
        offset: u64,
        records_max: usize,
    ) -> Result<Vec<Message>, BusError> {
        let (topic, number, store) = (self.topic_of(partition)?, partition.partition, self.inner.store.clone());
        let read = move || {
            let mut messages = Vec::new();
            let mut bytes = 0;
            store.visit(&topic, number, offset, |offset, record| {
                bytes += record.payload.len();
                messages.push(Message {
                    topic: topic.name.clone(),
                    partition: number,
                    offset,
                    record,
                });
                messages.len() < records_max && bytes < READ_BYTES
            })?;
            Ok::<_, io::Error>(messages)
        };
        if records_max == 0 {
            return Ok(Vec::new());
        }
        Ok(tokio::task::spawn_blocking(read).await.map_err(io::Error::other)??)
    }

    async fn apply_retention(&self, now: Timestamp) -> Result<(), BusError> {
        let _one_at_a_time = self.retaining.lock().await;
        self.inner.store.check_open()?;
        retention::apply(&self.inner, now).await
    }

    async fn close(&self) -> Result<(), BusError> {
        if self.inner.store.close() {
            return Ok(());
        }
        self.inner.room.close();
        self.inner.store.topics().iter().for_each(|topic| topic.wake_readers());
        let (answer, answered) = oneshot::channel();
        let _ = self.inner.requests.send(Request::Close(answer));
        let closed = answered.await.unwrap_or(Err(BusError::Closed));
        self.join_threads();
        closed
    }
}

impl Drop for EmbeddedBus {
    fn drop(&mut self) {
        if !self.inner.store.close() {
            let (answer, _) = oneshot::channel();
            let _ = self.inner.requests.send(Request::Close(answer));
            self.join_threads();
        }
    }
}
