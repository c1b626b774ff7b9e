//! The embedded bus with a fault in it.

use super::at::{At, Faults, broken};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use watchfloor::bus::{
    BusError, Committed, Consumer, Durability, EventBus, Message, Record, TopicPartition, TopicSpec, Watermarks,
};
use watchfloor_shared::Timestamp;

pub struct FaultyBus {
    pub inner: Arc<dyn EventBus>,
    pub faults: Arc<Faults>,
}

struct FaultyConsumer {
    inner: Box<dyn Consumer>,
    group: String,
    faults: Arc<Faults>,
}

#[async_trait]
impl EventBus for FaultyBus {
    async fn create_topic(&self, spec: &TopicSpec) -> Result<(), BusError> {
        self.inner.create_topic(spec).await
    }

    async fn topics(&self) -> Result<Vec<TopicSpec>, BusError> {
        self.inner.topics().await
    }

    async fn produce(
        &self,
        topic: &str,
        mut records: Vec<Record>,
        durability: Durability,
    ) -> Result<Vec<u64>, BusError> {
        if self.faults.about(topic, At::ProduceRefused) {
            return Err(broken());
        }
        if self.faults.about(topic, At::ProduceHalf) {
            records.truncate(records.len() / 2);
            self.inner.produce(topic, records, durability).await?;
            return Err(broken());
        }
        let offsets = self.inner.produce(topic, records, durability).await?;
        match self.faults.about(topic, At::ProduceTaken) {
            true => Err(broken()),
            false => Ok(offsets),
        }
    }

    async fn subscribe(&self, group: &str, topics: &[&str]) -> Result<Box<dyn Consumer>, BusError> {
        Ok(Box::new(FaultyConsumer {
            inner: self.inner.subscribe(group, topics).await?,
            group: group.to_owned(),
            faults: Arc::clone(&self.faults),
        }))
    }

    async fn watermarks(&self, partition: &TopicPartition) -> Result<Watermarks, BusError> {
        self.inner.watermarks(partition).await
    }

    async fn committed(&self, group: &str, partition: &TopicPartition) -> Result<Option<Committed>, BusError> {
        self.inner.committed(group, partition).await
    }

    async fn offset_for_time(&self, partition: &TopicPartition, time: Timestamp) -> Result<Option<u64>, BusError> {
        self.inner.offset_for_time(partition, time).await
    }

    async fn read(
        &self,
        partition: &TopicPartition,
        offset: u64,
        records_max: usize,
    ) -> Result<Vec<Message>, BusError> {
        self.inner.read(partition, offset, records_max).await
    }

    async fn apply_retention(&self, now: Timestamp) -> Result<(), BusError> {
        self.inner.apply_retention(now).await
    }

    async fn close(&self) -> Result<(), BusError> {
        self.inner.close().await
    }
}

#[async_trait]
impl Consumer for FaultyConsumer {
    async fn poll(&mut self, records_max: usize, bytes_max: usize, wait: Duration) -> Result<Vec<Message>, BusError> {
        match self.faults.about(&self.group, At::Poll) {
            true => Err(broken()),
            false => self.inner.poll(records_max, bytes_max, wait).await,
        }
    }

    async fn commit(&mut self, offsets: Vec<(TopicPartition, Committed)>) -> Result<(), BusError> {
        if self.faults.about(&self.group, At::CommitRefused) {
            return Err(broken());
        }
        self.inner.commit(offsets).await?;
        match self.faults.about(&self.group, At::CommitTaken) {
            true => Err(broken()),
            false => Ok(()),
        }
    }

    async fn seek(&mut self, partition: &TopicPartition, offset: u64) -> Result<(), BusError> {
        self.inner.seek(partition, offset).await
    }

    fn assignment(&self) -> Vec<TopicPartition> {
        self.inner.assignment()
    }

    fn generation(&self) -> u64 {
        self.inner.generation()
    }
}
