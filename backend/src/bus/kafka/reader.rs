//! Questions about partitions, and reading without a group: clients that join nothing.

use super::{
    client::{ANSWER_WAIT_MAX, Logged, Names, number, refused},
    record::{from_kafka, millis, unpack},
};
use crate::bus::{BusError, Committed, Message, TopicPartition, Watermarks};
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use watchfloor_shared::Timestamp;

type Client = BaseConsumer<Logged>;

/// Payload that one `read` gives at most.
const READ_BYTES: usize = 16 << 20;
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// All of its calls wait for the cluster.
pub struct Reader {
    settings: ClientConfig,
    names: Names,
    /// Questions may be asked side by side; one read follows the other.
    asks: Client,
    reads: Mutex<Client>,
    /// A group's positions are told to a client of its name alone.
    groups: Mutex<HashMap<String, Arc<Client>>>,
}

impl Reader {
    pub fn new(settings: &ClientConfig, names: &Names) -> Result<Self, KafkaError> {
        let mut settings = settings.clone();
        settings
            .set("group.id", names.group("read"))
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .set("queued.max.messages.kbytes", "16384")
            .set("fetch.wait.max.ms", "50");
        Ok(Self {
            asks: settings.create_with_context(Logged)?,
            reads: Mutex::new(settings.create_with_context(Logged)?),
            groups: Mutex::default(),
            names: names.clone(),
            settings,
        })
    }

    pub fn client(&self) -> &Client {
        &self.asks
    }

    pub fn watermarks(&self, partition: &TopicPartition) -> Result<Watermarks, BusError> {
        let topic = self.names.topic(&partition.topic);
        let marks = patiently(|| {
            self.asks
                .fetch_watermarks(&topic, number(partition.partition), ANSWER_WAIT_MAX)
        });
        let (low, high) = marks.map_err(|error| refused(&error, &partition.topic))?;
        Ok(Watermarks {
            low: u64::try_from(low).unwrap_or_default(),
            high: u64::try_from(high).unwrap_or_default(),
            bytes: None,
        })
    }

    pub fn committed(&self, group: &str, partition: &TopicPartition) -> Result<Option<Committed>, BusError> {
        let client = self.group(group).map_err(|error| BusError::Broker(error.to_string()))?;
        let list = patiently(|| client.committed_offsets(self.names.list(partition), ANSWER_WAIT_MAX));
        let list = list.map_err(|error| refused(&error, &partition.topic))?;
        let elements = list.elements();
        let Some(element) = elements.first() else {
            return Ok(None);
        };
        element.error().map_err(|error| refused(&error, &partition.topic))?;
        let committed = |offset| Committed {
            offset: u64::try_from(offset).unwrap_or_default(),
            metadata: unpack(element.metadata()),
        };
        Ok(match element.offset() {
            Offset::Offset(offset) => Some(committed(offset)),
            _ => None,
        })
    }

    fn group(&self, group: &str) -> Result<Arc<Client>, KafkaError> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = groups.get(group) {
            return Ok(client.clone());
        }
        let mut settings = self.settings.clone();
        settings.set("group.id", self.names.group(group));
        let client = Arc::new(settings.create_with_context(Logged)?);
        groups.insert(group.to_owned(), Arc::clone(&client));
        Ok(client)
    }

    pub fn offset_for_time(&self, partition: &TopicPartition, time: Timestamp) -> Result<Option<u64>, BusError> {
        let mut wanted = TopicPartitionList::new();
        let topic = self.names.topic(&partition.topic);
        // A time below zero has another meaning to a broker.
        let time = Offset::Offset(millis(time).max(0));
        let set = wanted.add_partition_offset(&topic, number(partition.partition), time);
        set.map_err(|error| refused(&error, &partition.topic))?;
        let found = patiently(|| self.asks.offsets_for_times(wanted.clone(), ANSWER_WAIT_MAX));
        let found = found.map_err(|error| refused(&error, &partition.topic))?;
        let elements = found.elements();
        let Some(element) = elements.first() else {
            return Ok(None);
        };
        element.error().map_err(|error| refused(&error, &partition.topic))?;
        Ok(match element.offset() {
            Offset::Offset(offset) => u64::try_from(offset).ok(),
            _ => None,
        })
    }

    /// From the low watermark on where the offset is below it.
    pub fn read(&self, partition: &TopicPartition, from: u64, records_max: usize) -> Result<Vec<Message>, BusError> {
        let marks = self.watermarks(partition)?;
        let from = from.max(marks.low);
        if records_max == 0 || from >= marks.high {
            return Ok(Vec::new());
        }
        let client = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list = TopicPartitionList::new();
        let (topic, offset) = (
            self.names.topic(&partition.topic),
            i64::try_from(from).unwrap_or(i64::MAX),
        );
        let assigned = list
            .add_partition_offset(&topic, number(partition.partition), Offset::Offset(offset))
            .and_then(|()| client.assign(&list));
        let read = match assigned {
            Ok(()) => collect(&client, partition, records_max),
            Err(error) => Err(refused(&error, &partition.topic)),
        };
        let _ = client.unassign();
        read
    }
}

/// Asks again while a partition or a group is on its way to another broker.
fn patiently<T>(question: impl Fn() -> Result<T, KafkaError>) -> Result<T, KafkaError> {
    use RDKafkaErrorCode::{
        CoordinatorLoadInProgress, CoordinatorNotAvailable, LeaderNotAvailable, NotCoordinator, NotLeaderForPartition,
    };
    let deadline = Instant::now() + ANSWER_WAIT_MAX;
    loop {
        let answer = question();
        let code = answer.as_ref().err().and_then(KafkaError::rdkafka_error_code);
        let passes = matches!(
            code,
            Some(
                CoordinatorLoadInProgress
                    | CoordinatorNotAvailable
                    | LeaderNotAvailable
                    | NotCoordinator
                    | NotLeaderForPartition
            )
        );
        if !passes || Instant::now() > deadline {
            return answer;
        }
        std::thread::sleep(ASK_AGAIN_AFTER);
    }
}

/// Up to what was asked for or the partition's end.
fn collect(client: &Client, partition: &TopicPartition, records_max: usize) -> Result<Vec<Message>, BusError> {
    let deadline = Instant::now() + ANSWER_WAIT_MAX;
    let (mut messages, mut bytes) = (Vec::new(), 0);
    while messages.len() < records_max && bytes < READ_BYTES {
        let left = deadline.saturating_duration_since(Instant::now());
        match client.poll(left) {
            Some(Ok(message)) => {
                let record = from_kafka(&message);
                bytes += record.payload.len();
                messages.push(Message {
                    topic: partition.topic.clone(),
                    partition: partition.partition,
                    offset: u64::try_from(message.offset()).unwrap_or_default(),
                    record,
                });
            }
            Some(Err(KafkaError::PartitionEOF(_))) => break,
            Some(Err(error)) if left.is_zero() => return Err(refused(&error, &partition.topic)),
            Some(Err(error)) => tracing::debug!(%error, "Kafka: reading goes on when it can"),
            None if left.is_zero() => return Err(BusError::Broker("the cluster does not answer".to_owned())),
            None => {}
        }
    }
    Ok(messages)
}
