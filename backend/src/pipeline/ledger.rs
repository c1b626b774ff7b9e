//! The loss ledger read from the bus: for each stage, what it received, what became of it, and what nobody can account for.

use super::{
    latencies::Latencies,
    meter::StageMeter,
    tally::Tally,
    topology::{STAGES, StageSpec, TOPICS, topic},
};
use crate::{
    bus::{BusError, EventBus, TopicPartition},
    clock::Clock,
    ingest::Ingestor,
};
use std::{collections::HashMap, sync::Arc};
use watchfloor_shared::{
    Timestamp,
    pipeline::{PipelineSnapshot, ReasonCount, StageSnapshot, TopicSnapshot},
};

/// Reads the ledger. The bus is the book; this only adds it up.
pub struct Ledger {
    pub bus: Arc<dyn EventBus>,
    pub ingest: Ingestor,
    pub latencies: Latencies,
    pub meters: HashMap<&'static str, Arc<StageMeter>>,
    pub clock: Clock,
}

impl Ledger {
    pub async fn snapshot(&self) -> Result<PipelineSnapshot, BusError> {
        let mut stages = Vec::with_capacity(STAGES.len());
        for spec in &STAGES {
            stages.push(self.stage(spec).await?);
        }
        let mut topics = Vec::with_capacity(TOPICS.len());
        for (name, partitions) in TOPICS {
            topics.push(self.topic(name, partitions).await?);
        }
        Ok(PipelineSnapshot {
            at: self.clock.now(),
            unaccounted: stages.iter().map(|stage| stage.unaccounted).sum(),
            events_per_second: stages
                .iter()
                .filter(|stage| stage.outputs.iter().any(|output| output == topic::NORMALIZED))
                .map(|stage| stage.events_per_second)
                .sum(),
            stages,
            topics,
            sources: self.ingest.sources(),
            latency: self.latencies.snapshot(self.clock.now()),
            senders: Vec::new(),
        })
    }

    async fn stage(&self, spec: &StageSpec) -> Result<StageSnapshot, BusError> {
        let mut tally = Tally::default();
        let (mut received, mut settled) = (0u64, 0u64);
        let mut oldest_waiting: Option<Timestamp> = None;
        for partition in spec.inputs.iter().copied().flat_map(partitions) {
            let high = self.bus.watermarks(&partition).await?.high;
            let committed = self.bus.committed(spec.name, &partition).await?;
            let offset = committed.as_ref().map_or(0, |c| c.offset);
            let part = committed
                .and_then(|c| Tally::from_metadata(&c.metadata))
                .unwrap_or_default();
            received += high;
            settled += part.settled(offset);
            tally.add(&part);
            if offset < high {
                let waiting = self.bus.read(&partition, offset, 1).await?;
                let time = waiting.first().map(|message| message.record.timestamp);
                oldest_waiting = [oldest_waiting, time].into_iter().flatten().min();
            }
        }
        let meter = self.meters.get(spec.name);
        Ok(StageSnapshot {
            name: spec.name.to_owned(),
            shape: spec.shape,
            inputs: spec.inputs.iter().map(|input| (*input).to_owned()).collect(),
            outputs: spec.outputs.iter().map(|output| (*output).to_owned()).collect(),
            received: signed(received),
            emitted: signed(tally.emitted),
            suppressed: reasons(&tally.suppressed),
            dead: reasons(&tally.dead),
            in_flight: signed(received.saturating_sub(settled)),
            unaccounted: signed(settled) - signed(tally.total()) + signed(tally.expired),
            lag_ms: oldest_waiting.map_or(0, |time| {
                i64::try_from(self.clock.now().since(time).as_millis()).unwrap_or(i64::MAX)
            }),
            events_per_second: meter.map_or(0.0, |meter| meter.per_second()),
            cpu_us_per_event: meter.map_or(0.0, |meter| meter.cpu_us_per_record()),
            fault: meter.and_then(|meter| meter.fault()),
        })
    }

    async fn topic(&self, name: &str, count: u32) -> Result<TopicSnapshot, BusError> {
        let (mut records, mut bytes) = (0, Some(0));
        for partition in partitions(name).take(count as usize) {
            let marks = self.bus.watermarks(&partition).await?;
            records += marks.high - marks.low;
            bytes = bytes.zip(marks.bytes).map(|(sum, more)| sum + more);
        }
        Ok(TopicSnapshot {
            name: name.to_owned(),
            partitions: count,
            records: signed(records),
            bytes: bytes.map(signed),
        })
    }
}

/// All partitions of a declared topic.
pub fn partitions(topic: &str) -> impl Iterator<Item = TopicPartition> {
    let count = TOPICS
        .iter()
        .find(|(name, _)| *name == topic)
        .map_or(0, |(_, count)| *count);
    let topic: Arc<str> = Arc::from(topic);
    (0..count).map(move |partition| TopicPartition {
        topic: Arc::clone(&topic),
        partition,
    })
}

pub(super) fn reasons(counts: &std::collections::BTreeMap<String, u64>) -> Vec<ReasonCount> {
    counts
        .iter()
        .map(|(reason, count)| ReasonCount {
            reason: reason.clone(),
            count: signed(*count),
        })
        .collect()
}

pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
