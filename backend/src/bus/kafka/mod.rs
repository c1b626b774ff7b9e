//! Apache Kafka behind the bus' seam.
//!
//! Invariants: one idempotent producer that waits for all replicas, so both durabilities are the cluster's; a key's partition is
//! chosen here, as Kafka's Java client chooses it; topics are made once and never changed; retention is the brokers' to apply.

mod client;
mod config;
mod feed;
mod member;
mod reader;
mod record;
mod topics;

pub use config::{KafkaConfig, KafkaSasl, KafkaTls, SaslMechanism};

use super::{
    BusError, Committed, Consumer, Durability, EventBus, Message, Record, TopicPartition, TopicSpec, Watermarks,
    partitioner::partition_of,
    record::{encoded_len, fits},
};
use async_trait::async_trait;
use client::{ANSWER_WAIT_MAX, Logged, Names, off_the_runtime, refused};
use feed::Feed;
use futures::future::join_all;
use member::{Client, Member, Rebalances};
use rdkafka::{
    ClientConfig,
    consumer::Consumer as _,
    error::{KafkaError, RDKafkaErrorCode},
    producer::{DeliveryFuture, FutureProducer, Producer},
};
use reader::Reader;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use topics::Topics;
use watchfloor_shared::Timestamp;

const CLOSE_WAIT_MAX: Duration = Duration::from_secs(20);
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(10);

/// Limits of the adapter. The defaults are the product's.
#[derive(Debug, Clone)]
pub struct KafkaOptions {
    /// Key, headers and payload of one record together.
    pub record_bytes_max: usize,
    /// Records handed in but not yet acknowledged; producers wait beyond it.
    pub queue_bytes_max: usize,
    /// How long a record may be on its way before its producer is told.
    pub deliver_wait: Duration,
    /// How often a group's members tell its coordinator that they are there, and learn of a rebalance.
    pub heartbeat_interval: Duration,
    /// Further settings of Kafka's for a topic that is made.
    pub topic_settings: fn(&TopicSpec) -> Vec<(&'static str, String)>,
}

impl Default for KafkaOptions {
    fn default() -> Self {
        Self {
            record_bytes_max: (1 << 20) + (64 << 10),
            queue_bytes_max: 32 << 20,
            deliver_wait: Duration::from_secs(60),
            heartbeat_interval: Duration::from_secs(1),
            topic_settings: segments,
        }
    }
}

/// Retention works in segments: some of them to what a partition may hold.
fn segments(spec: &TopicSpec) -> Vec<(&'static str, String)> {
    let size = |bytes: u64| ("segment.bytes", (bytes / 8).clamp(16 << 20, 1 << 30).to_string());
    spec.retention.bytes_max.map(size).into_iter().collect()
}

pub struct KafkaBus {
    inner: Arc<Inner>,
    producer: FutureProducer<Logged>,
    topics: Topics,
    members: TaskTracker,
    room: Semaphore,
    /// Which partition the next record without a key goes to.
    turn: AtomicU32,
}

pub struct Inner {
    names: Names,
    options: KafkaOptions,
    /// Of every client.
    settings: ClientConfig,
    reader: Reader,
    counts: Mutex<HashMap<String, u32>>,
    closed: CancellationToken,
}

impl Inner {
    fn counts(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, topic: &str) -> Option<u32> {
        self.counts().get(topic).copied()
    }

    fn learn(&self, topic: &str, count: u32) {
        self.counts().insert(topic.to_owned(), count);
    }
}

impl KafkaBus {
    /// Asks the cluster for its topics, so that a wrong address or credential is told at once.
    pub async fn open(config: &KafkaConfig, options: KafkaOptions) -> Result<Arc<Self>, BusError> {
        let broken = |error: KafkaError| BusError::Broker(error.to_string());
        let settings = config.client();
        let names = Names {
            topic_prefix: config.topic_prefix.clone(),
            group_prefix: config.group_prefix.clone(),
        };
        let queue_bytes_max = options.queue_bytes_max.clamp(1, 1 << 30);
        let bus = Arc::new(Self {
            producer: producer_settings(&settings, &options)
                .create_with_context(Logged)
                .map_err(broken)?,
            topics: Topics::new(&settings).map_err(broken)?,
            inner: Arc::new(Inner {
                reader: Reader::new(&settings, &names).map_err(broken)?,
                names,
                options,
                settings,
                counts: Mutex::default(),
                closed: CancellationToken::new(),
            }),
            members: TaskTracker::new(),
            room: Semaphore::new(queue_bytes_max),
            turn: AtomicU32::new(0),
        });
        let inner = Arc::clone(&bus.inner);
        let brokers = config.brokers.join(", ");
        off_the_runtime(
            move || match inner.reader.client().fetch_metadata(None, ANSWER_WAIT_MAX) {
                Ok(_) => Ok(()),
                Err(error) => Err(BusError::Broker(format!("{brokers}: {error}; the log says why"))),
            },
        )
        .await?;
        Ok(bus)
    }

    fn check_open(&self) -> Result<(), BusError> {
        match self.inner.closed.is_cancelled() {
            true => Err(BusError::Closed),
            false => Ok(()),
        }
    }

    /// Runs a question to the cluster, once the topic and the partition are known to be there.
    async fn ask<T: Send + 'static>(
        &self,
        partition: &TopicPartition,
        question: impl FnOnce(&Reader, &TopicPartition) -> Result<T, BusError> + Send + 'static,
    ) -> Result<T, BusError> {
        self.check_open()?;
        if partition.partition >= topics::count(&self.inner, &partition.topic).await? {
            return Err(BusError::UnknownTopic(partition.topic.to_string()));
        }
        let (inner, partition) = (Arc::clone(&self.inner), partition.clone());
        off_the_runtime(move || question(&inner.reader, &partition)).await
    }

    fn check_sizes(&self, records: &[Record]) -> Result<usize, BusError> {
        let bytes_max = self.inner.options.record_bytes_max;
        let mut bytes = 0;
        for record in records {
            let length = encoded_len(record);
            if length > bytes_max || !fits(record) {
                return Err(BusError::RecordTooLarge {
                    bytes: length,
                    bytes_max,
                });
            }
            bytes += length;
        }
        Ok(bytes)
    }

    /// Hands a record to the client, in order. The wait for room makes a full queue rare.
    async fn enqueue(&self, record: &Record, topic: &str, partition: u32) -> Result<DeliveryFuture, BusError> {
        let deadline = tokio::time::Instant::now() + self.inner.options.deliver_wait;
        let mut wanted = record::to_kafka(record, topic, partition);
        loop {
            let (error, returned) = match self.producer.send_result(wanted) {
                Ok(delivery) => return Ok(delivery),
                Err(refusal) => refusal,
            };
            let is_full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
            if !is_full || tokio::time::Instant::now() > deadline {
                return Err(refused(&error, topic));
            }
            wanted = returned;
            tokio::time::sleep(QUEUE_FULL_PAUSE).await;
        }
    }
}

fn producer_settings(settings: &ClientConfig, options: &KafkaOptions) -> ClientConfig {
    let mut producer = settings.clone();
    producer
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("linger.ms", "2")
        .set("compression.type", "lz4")
        .set("message.timeout.ms", options.deliver_wait.as_millis().to_string())
        .set("message.max.bytes", (options.record_bytes_max + (64 << 10)).to_string())
        .set("queue.buffering.max.messages", "1000000")
        .set(
            "queue.buffering.max.kbytes",
            (options.queue_bytes_max / 512).max(1024).to_string(),
        );
    producer
}

fn member_settings(settings: &ClientConfig, options: &KafkaOptions, group: &str) -> ClientConfig {
    let mut member = settings.clone();
    member
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set(
            "heartbeat.interval.ms",
            options.heartbeat_interval.as_millis().to_string(),
        )
        .set("session.timeout.ms", "10000")
        .set("max.poll.interval.ms", "300000")
        .set("queued.max.messages.kbytes", "16384")
        .set("fetch.message.max.bytes", "1048576")
        .set("fetch.wait.max.ms", "500");
    member
}

#[async_trait]
impl EventBus for KafkaBus {
    async fn create_topic(&self, spec: &TopicSpec) -> Result<(), BusError> {
        self.check_open()?;
        self.topics.create(&self.inner, spec).await?;
        self.inner.learn(&spec.name, spec.partitions);
        Ok(())
    }

    async fn topics(&self) -> Result<Vec<TopicSpec>, BusError> {
        self.check_open()?;
        self.topics.list(&self.inner).await
    }

    async fn produce(&self, topic: &str, records: Vec<Record>, _: Durability) -> Result<Vec<u64>, BusError> {
        self.check_open()?;
        let partitions = topics::count(&self.inner, topic).await?;
        let bytes = self.check_sizes(&records)?;
        let permits = bytes.clamp(1, self.inner.options.queue_bytes_max.clamp(1, 1 << 30));
        let room = self.room.acquire_many(u32::try_from(permits).unwrap_or(u32::MAX));
        let _room = room.await.map_err(|_| BusError::Closed)?;
        let name = self.inner.names.topic(topic);
        let mut deliveries = Vec::with_capacity(records.len());
        for record in &records {
            let partition = match &record.key {
                Some(key) => partition_of(key, partitions),
                None => self.turn.fetch_add(1, Ordering::Relaxed) % partitions.max(1),
            };
            deliveries.push(self.enqueue(record, &name, partition).await?);
        }
        let offset = |delivered| match delivered {
            Ok(Ok(delivery)) => offset_of(&delivery),
            Ok(Err((error, _))) => Err(refused(&error, topic)),
            Err(_) => Err(BusError::Closed),
        };
        join_all(deliveries).await.into_iter().map(offset).collect()
    }

    async fn subscribe(&self, group: &str, topics: &[&str]) -> Result<Box<dyn Consumer>, BusError> {
        self.check_open()?;
        for topic in topics {
            topics::count(&self.inner, topic).await?;
        }
        let names: Vec<String> = topics.iter().map(|topic| self.inner.names.topic(topic)).collect();
        let feed = Arc::new(Feed::default());
        let rebalances = Rebalances {
            feed: Arc::clone(&feed),
            topics: names
                .iter()
                .cloned()
                .zip(topics.iter().map(|topic| Arc::from(*topic)))
                .collect(),
        };
        let settings = member_settings(
            &self.inner.settings,
            &self.inner.options,
            &self.inner.names.group(group),
        );
        let broken = |error: KafkaError| BusError::Broker(error.to_string());
        let client: Client = settings.create_with_context(rebalances).map_err(broken)?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        client.subscribe(&names).map_err(broken)?;
        let (member, task) = Member::start(client, feed, self.inner.closed.clone());
        self.members.spawn(task);
        Ok(Box::new(member))
    }

    async fn watermarks(&self, partition: &TopicPartition) -> Result<Watermarks, BusError> {
        self.ask(partition, Reader::watermarks).await
    }

    async fn committed(&self, group: &str, partition: &TopicPartition) -> Result<Option<Committed>, BusError> {
        let group = group.to_owned();
        self.ask(partition, move |reader, partition| reader.committed(&group, partition))
            .await
    }

    async fn offset_for_time(&self, partition: &TopicPartition, time: Timestamp) -> Result<Option<u64>, BusError> {
        self.ask(partition, move |reader, partition| {
            reader.offset_for_time(partition, time)
        })
        .await
    }

    async fn read(
        &self,
        partition: &TopicPartition,
        offset: u64,
        records_max: usize,
    ) -> Result<Vec<Message>, BusError> {
        self.ask(partition, move |reader, partition| {
            reader.read(partition, offset, records_max)
        })
        .await
    }

    /// The brokers do, by the topics' settings.
    async fn apply_retention(&self, _: Timestamp) -> Result<(), BusError> {
        self.check_open()
    }

    async fn close(&self) -> Result<(), BusError> {
        self.inner.closed.cancel();
        self.members.close();
        let left = tokio::time::timeout(CLOSE_WAIT_MAX, self.members.wait()).await;
        if left.is_err() {
            tracing::warn!("Kafka: a member did not leave its group in time");
        }
        self.room.close();
        let producer = self.producer.clone();
        let flush = move || {
            producer
                .flush(CLOSE_WAIT_MAX)
                .map_err(|error| BusError::Broker(error.to_string()))
        };
        off_the_runtime(flush).await
    }
}

fn offset_of(delivery: &rdkafka::producer::future_producer::Delivery) -> Result<u64, BusError> {
    u64::try_from(delivery.offset).map_err(|_| BusError::Broker("a record was taken without an offset".to_owned()))
}
