//! What the clients of one cluster share: names, errors in our words, its library's log in ours.

use crate::bus::{BusError, TopicPartition};
use rdkafka::{
    ClientContext, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::ConsumerContext,
    error::{KafkaError, RDKafkaErrorCode},
};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// How long a question to the cluster may take.
pub const ANSWER_WAIT_MAX: Duration = Duration::from_secs(15);

/// Our names and the cluster's.
#[derive(Debug, Clone)]
pub struct Names {
    pub topic_prefix: String,
    pub group_prefix: String,
}

impl Names {
    pub fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.topic_prefix)
    }

    pub fn group(&self, name: &str) -> String {
        format!("{}{name}", self.group_prefix)
    }

    /// A list of one.
    pub fn list(&self, partition: &TopicPartition) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.topic(&partition.topic), number(partition.partition));
        list
    }
}

/// The partitions of a list in our names; what is not of these topics is left out.
pub fn partitions(list: &TopicPartitionList, topics: &HashMap<String, Arc<str>>) -> Vec<TopicPartition> {
    let ours = |topic: &str, partition: i32| {
        Some(TopicPartition {
            topic: topics.get(topic)?.clone(),
            partition: u32::try_from(partition).ok()?,
        })
    };
    let elements = list.elements();
    elements
        .iter()
        .filter_map(|element| ours(element.topic(), element.partition()))
        .collect()
}

/// A partition's number as the library takes it.
pub fn number(partition: u32) -> i32 {
    i32::try_from(partition).unwrap_or(i32::MAX)
}

pub fn refused(error: &KafkaError, topic: &str) -> BusError {
    use RDKafkaErrorCode::{UnknownPartition, UnknownTopic, UnknownTopicOrPartition};
    match error.rdkafka_error_code() {
        Some(UnknownPartition | UnknownTopic | UnknownTopicOrPartition) => BusError::UnknownTopic(topic.to_owned()),
        _ => BusError::Broker(error.to_string()),
    }
}

/// Runs what waits for the cluster where waiting harms nobody.
pub async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BusError> + Send + 'static,
) -> Result<T, BusError> {
    let broken = |_| BusError::Broker("a question to the cluster broke off".to_owned());
    tokio::task::spawn_blocking(work).await.map_err(broken)?
}

/// The library's log lines among ours.
#[derive(Debug, Clone, Copy)]
pub struct Logged;

impl ClientContext for Logged {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "Kafka");
    }
}

impl ConsumerContext for Logged {}

pub fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug | RDKafkaLogLevel::Notice => {
            tracing::debug!(facility, message, "Kafka's client");
        }
        _ => tracing::warn!(facility, message, "Kafka's client"),
    }
}
