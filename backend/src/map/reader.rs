//! Reads the topic from a day ago on, and then what comes.

use super::MapBook;
use crate::{
    bus::{BusError, Consumer, EventBus, Message, TopicPartition},
    pipeline::{backoff::Backoff, stages::tenant_of, topology::topic},
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use watchfloor_engine::map::Sighting;
use watchfloor_shared::{TenantId, Timestamp};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const RECORDS_MAX: usize = 1_000;
const BYTES_MAX: usize = 4 << 20;
const FORGET_EVERY: Duration = Duration::from_secs(1);

impl MapBook {
    /// Reads until `stop`. A bus that is away is waited for.
    pub async fn follow(self, bus: Arc<dyn EventBus>, stop: CancellationToken) {
        let mut backoff = Backoff::default();
        while !stop.is_cancelled() {
            let Err(error) = self.read(bus.as_ref(), &stop, &mut backoff).await else {
                return;
            };
            tracing::warn!(%error, "the map's events could not be read; trying again");
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(backoff.pause()) => {}
            }
        }
    }

    async fn read(&self, bus: &dyn EventBus, stop: &CancellationToken, backoff: &mut Backoff) -> Result<(), BusError> {
        // No other process may take a part of the topic away: each has a group of its own, which never commits.
        let group = format!("watchfloor.map.{:016x}", rand::random::<u64>());
        let mut consumer = bus.subscribe(&group, &[topic::GEO]).await?;
        let mut placed = Vec::new();
        let mut forgotten = Instant::now();
        loop {
            let messages = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                messages = consumer.poll(RECORDS_MAX, BYTES_MAX, FORGET_EVERY) => messages?,
            };
            backoff.reset();
            let new = self.place(bus, consumer.as_mut(), &mut placed).await?;
            let known = messages.iter().filter(|message| !new.contains(&message.partition));
            let mut seen = known.filter_map(read).peekable();
            if seen.peek().is_some() {
                self.take(seen);
            }
            if forgotten.elapsed() >= FORGET_EVERY {
                forgotten = Instant::now();
                self.forget_old();
            }
        }
    }

    /// Brings partitions that were just given to where the last day begins. Returns them.
    async fn place(
        &self,
        bus: &dyn EventBus,
        consumer: &mut dyn Consumer,
        placed: &mut Vec<TopicPartition>,
    ) -> Result<Vec<u32>, BusError> {
        let day_ago = self.0.clock.now().saturating_sub(DAY);
        let held = consumer.assignment();
        let new: Vec<TopicPartition> = held.iter().filter(|held| !placed.contains(held)).cloned().collect();
        for partition in &new {
            let marks = bus.watermarks(partition).await?;
            let from = bus.offset_for_time(partition, day_ago).await?.unwrap_or(marks.high);
            if from <= marks.low && marks.low > 0 {
                let first = bus.read(partition, marks.low, 1).await?;
                first
                    .first()
                    .into_iter()
                    .for_each(|first| self.begins(first.record.timestamp));
            }
            consumer.seek(partition, from).await?;
        }
        *placed = held;
        Ok(new.into_iter().map(|partition| partition.partition).collect())
    }
}

fn read(message: &Message) -> Option<(TenantId, Sighting, Timestamp)> {
    let seen = Sighting::read(&message.record.payload)?;
    Some((tenant_of(message)?, seen, message.record.timestamp))
}
