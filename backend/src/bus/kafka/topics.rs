//! Topics on the cluster: made with our retention, which the brokers apply from then on; never changed once they are there, because
//! they may be shared with others.

use super::client::{ANSWER_WAIT_MAX, Logged, off_the_runtime, refused};
use super::{Inner, KafkaOptions};
use crate::bus::{BusError, Retention, TopicSpec};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication},
    consumer::Consumer,
    error::{KafkaError, RDKafkaErrorCode},
    metadata::Metadata,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Headers, key and the batch around a record.
const BATCH_BYTES: usize = 64 << 10;
/// Lets the cluster choose: its own default.
const REPLICATION_DEFAULT: i32 = -1;
/// A topic that was just made is not known to every broker at once.
const KNOWN_WAIT_MAX: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub struct Topics {
    admin: AdminClient<Logged>,
}

impl Topics {
    pub fn new(settings: &ClientConfig) -> Result<Self, KafkaError> {
        Ok(Self {
            admin: settings.create_with_context(Logged)?,
        })
    }

    /// Makes the topic, unless it is there as it was declared.
    pub async fn create(&self, inner: &Arc<Inner>, spec: &TopicSpec) -> Result<(), BusError> {
        let counts = counts(inner).await?;
        if let Some(has) = counts.get(&spec.name).copied().or((spec.partitions == 0).then_some(0)) {
            if has != spec.partitions || has == 0 {
                return Err(BusError::PartitionCount {
                    topic: spec.name.clone(),
                    has,
                    wanted: spec.partitions,
                });
            }
            return self.check(inner, spec).await;
        }
        let name = inner.names.topic(&spec.name);
        let partitions = i32::try_from(spec.partitions).unwrap_or(i32::MAX);
        let settings = settings(spec, &inner.options);
        let replication = TopicReplication::Fixed(REPLICATION_DEFAULT);
        let mut topic = NewTopic::new(&name, partitions, replication);
        for (key, value) in &settings {
            topic = topic.set(key, value);
        }
        let made = self.admin.create_topics([&topic], &options()).await;
        let made = made.map_err(|error| BusError::Broker(error.to_string()))?;
        match made.into_iter().next() {
            // Another process of ours was faster.
            None | Some(Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => {}
            Some(Err((_, code))) => return Err(BusError::Broker(format!("topic {name} cannot be made: {code}"))),
        }
        await_known(inner, spec).await
    }

    /// A topic that was made by others takes our largest record, or is refused. Its retention is theirs.
    async fn check(&self, inner: &Inner, spec: &TopicSpec) -> Result<(), BusError> {
        let name = inner.names.topic(&spec.name);
        let found = self.describe(&[&name]).await?;
        let Some(resource) = found.first() else { return Ok(()) };
        let bytes_max = setting(resource, "max.message.bytes").unwrap_or(i64::MAX);
        let wanted = i64::try_from(inner.options.record_bytes_max).unwrap_or(i64::MAX);
        if bytes_max < wanted {
            return Err(BusError::Broker(format!(
                "topic {name} takes records of {bytes_max} bytes, and {wanted} are needed: raise its max.message.bytes"
            )));
        }
        if retention(resource) != spec.retention {
            tracing::info!(topic = name, "Kafka: the topic keeps its own retention");
        }
        Ok(())
    }

    pub async fn list(&self, inner: &Arc<Inner>) -> Result<Vec<TopicSpec>, BusError> {
        let counts = counts(inner).await?;
        let names: Vec<String> = counts.keys().map(|name| inner.names.topic(name)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = self.describe(&names).await?;
        let spec = |((name, partitions), resource): ((String, u32), &ConfigResource)| TopicSpec {
            name,
            partitions,
            retention: retention(resource),
        };
        Ok(counts.into_iter().zip(&found).map(spec).collect())
    }

    /// In the order of the names.
    async fn describe(&self, names: &[&str]) -> Result<Vec<ConfigResource>, BusError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<_> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
        let found = self.admin.describe_configs(&wanted, &options()).await;
        let found = found.map_err(|error| BusError::Broker(error.to_string()))?;
        let refused = |code: RDKafkaErrorCode| BusError::Broker(format!("topics cannot be described: {code}"));
        found.into_iter().map(|resource| resource.map_err(refused)).collect()
    }
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(ANSWER_WAIT_MAX))
        .operation_timeout(Some(ANSWER_WAIT_MAX))
}

fn settings(spec: &TopicSpec, options: &KafkaOptions) -> BTreeMap<&'static str, String> {
    let age = spec.retention.age_max.map(|age| age.as_millis().to_string());
    let bytes = spec.retention.bytes_max.map(|bytes| bytes.to_string());
    let unlimited = || "-1".to_owned();
    let own = [
        ("retention.ms", age.unwrap_or_else(unlimited)),
        ("retention.bytes", bytes.unwrap_or_else(unlimited)),
        (
            "max.message.bytes",
            (options.record_bytes_max + BATCH_BYTES).to_string(),
        ),
    ];
    own.into_iter().chain((options.topic_settings)(spec)).collect()
}

fn setting(resource: &ConfigResource, name: &str) -> Option<i64> {
    resource.get(name)?.value.as_ref()?.parse().ok()
}

fn retention(resource: &ConfigResource) -> Retention {
    let limit = |name| setting(resource, name).and_then(|value| u64::try_from(value).ok());
    Retention {
        bytes_max: limit("retention.bytes"),
        age_max: limit("retention.ms").map(Duration::from_millis),
    }
}

/// Our topics and their partition counts.
async fn counts(inner: &Arc<Inner>) -> Result<BTreeMap<String, u32>, BusError> {
    let inner = Arc::clone(inner);
    off_the_runtime(move || {
        let metadata = inner.reader.client().fetch_metadata(None, ANSWER_WAIT_MAX);
        let metadata = metadata.map_err(|error| BusError::Broker(error.to_string()))?;
        Ok(ours(&metadata, &inner.names.topic_prefix))
    })
    .await
}

fn ours(metadata: &Metadata, prefix: &str) -> BTreeMap<String, u32> {
    let is_internal = |name: &str| name.starts_with("__");
    let topics = metadata.topics().iter().filter(|topic| !is_internal(topic.name()));
    let named = topics.filter_map(|topic| Some((topic.name().strip_prefix(prefix)?, topic)));
    named
        .map(|(name, topic)| {
            (
                name.to_owned(),
                u32::try_from(topic.partitions().len()).unwrap_or(u32::MAX),
            )
        })
        .collect()
}

/// The partition count of one topic, asked once.
pub async fn count(inner: &Arc<Inner>, topic: &str) -> Result<u32, BusError> {
    if let Some(count) = inner.known(topic) {
        return Ok(count);
    }
    let (asked, name) = (Arc::clone(inner), topic.to_owned());
    let count = off_the_runtime(move || {
        let kafkas = asked.names.topic(&name);
        let metadata = asked.reader.client().fetch_metadata(Some(&kafkas), ANSWER_WAIT_MAX);
        let metadata = metadata.map_err(|error| refused(&error, &name))?;
        let there = metadata.topics().iter().find(|topic| topic.name() == kafkas);
        let usable = there.filter(|topic| topic.error().is_none() && !topic.partitions().is_empty());
        let count = usable.map(|topic| topic.partitions().len());
        count.map_or(Err(BusError::UnknownTopic(name)), |count| {
            Ok(u32::try_from(count).unwrap_or(u32::MAX))
        })
    })
    .await?;
    inner.learn(topic, count);
    Ok(count)
}

/// Until every partition has a leader.
async fn await_known(inner: &Arc<Inner>, spec: &TopicSpec) -> Result<(), BusError> {
    let deadline = tokio::time::Instant::now() + KNOWN_WAIT_MAX;
    loop {
        let (asked, name) = (Arc::clone(inner), inner.names.topic(&spec.name));
        let led = off_the_runtime(move || {
            let metadata = asked.reader.client().fetch_metadata(Some(&name), ANSWER_WAIT_MAX);
            let metadata = metadata.map_err(|error| BusError::Broker(error.to_string()))?;
            let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
            Ok(partitions.filter(|partition| partition.leader() >= 0).count())
        })
        .await?;
        match u32::try_from(led) {
            Ok(led) if led == spec.partitions => return Ok(()),
            _ if tokio::time::Instant::now() > deadline => {
                return Err(BusError::Broker(format!(
                    "topic {} has partitions without a leader",
                    spec.name
                )));
            }
            _ => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}
