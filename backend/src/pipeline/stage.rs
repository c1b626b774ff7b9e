//! The shell around a stage: poll, process, flush, commit. It knows nothing of what a stage does; the stage knows nothing of
//! offsets.
//!
//! Invariant: an offset is committed only after [`Stage::flush`] said that everything before it is downstream. After a
//! fault it goes back to what is committed and reads again, for ever: a store that is down makes the pipeline wait, not lose.

use super::{
    meter::StageMeter,
    tally::{Fate, Tally},
    topology::StageSpec,
};
use crate::bus::{BusError, Committed, Consumer, EventBus, Message, TopicPartition};
use async_trait::async_trait;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

const RECORDS_MAX: usize = 2_000;
const BYTES_MAX: usize = 8 << 20;
const POLL_WAIT: Duration = Duration::from_millis(250);
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Why a batch could not be processed now. All of these pass: the runner waits and tries again.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error("search index: {0}")]
    Search(#[from] crate::search::SearchError),
    #[error("database: {0}")]
    Store(String),
}

#[async_trait]
pub trait Stage: Send {
    /// Does the work on a batch and returns the fate of each record, in order. May be called again with the same batch after
    /// an error: its outputs carry deterministic ids, so doing it twice is doing it once.
    async fn process(&mut self, batch: &[Message]) -> Result<Vec<Fate>, StageError>;

    /// Makes everything processed so far durable downstream. Called when [`Stage::flush_after`] has passed or records wait.
    async fn flush(&mut self) -> Result<(), StageError> {
        Ok(())
    }

    /// How long processed records may wait for their flush; zero flushes after each batch.
    fn flush_after(&self) -> FlushPolicy {
        FlushPolicy {
            wait_max: Duration::ZERO,
            wait_behind_max: Duration::ZERO,
            records_max: 0,
        }
    }

    /// Called once before the first batch with the positions the group starts from, to rebuild state from earlier records.
    async fn restore(&mut self, _bus: &dyn EventBus, _from: &[(TopicPartition, u64)]) -> Result<(), StageError> {
        Ok(())
    }
}

/// Flush when either is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlushPolicy {
    pub wait_max: Duration,
    /// Instead of `wait_max` while much more waits to be read: fewer and larger flushes catch up sooner.
    pub wait_behind_max: Duration,
    pub records_max: usize,
}

impl FlushPolicy {
    fn is_due(&self, since_last: Duration, uncommitted: usize, batch_records: usize) -> bool {
        let is_behind = batch_records > RECORDS_MAX / 2;
        let wait_max = if is_behind { self.wait_behind_max } else { self.wait_max };
        since_last >= wait_max || uncommitted > self.records_max
    }
}

/// Runs one worker of a stage until `stop` is cancelled. What was processed is flushed and committed before it returns.
pub struct Runner {
    pub spec: StageSpec,
    pub stage: Box<dyn Stage>,
    pub bus: Arc<dyn EventBus>,
    pub meter: Arc<StageMeter>,
    pub stop: CancellationToken,
}

/// Positions and tallies of one worker.
#[derive(Default)]
struct Progress {
    /// Per partition: what the last commit said, and what came since.
    partitions: HashMap<TopicPartition, Partition>,
    uncommitted: usize,
}

#[derive(Default)]
struct Partition {
    next: u64,
    tally: Tally,
    dirty: bool,
}

impl Runner {
    pub async fn run(mut self) -> Result<(), BusError> {
        let mut consumer = self.bus.subscribe(self.spec.name, &[self.spec.input]).await?;
        let mut progress = Progress::default();
        let mut last_flush = tokio::time::Instant::now();
        self.restore().await;
        while !self.stop.is_cancelled() {
            let batch = match consumer.poll(RECORDS_MAX, BYTES_MAX, POLL_WAIT).await {
                Ok(batch) => batch,
                Err(BusError::Closed) => break,
                Err(error) => {
                    self.fault(&error.to_string());
                    tokio::time::sleep(RETRY_PAUSE).await;
                    continue;
                }
            };
            if !batch.is_empty() {
                let Some(fates) = self.process(&batch).await else {
                    if self.wait().await {
                        self.rewind(&mut progress, &batch, consumer.as_mut()).await;
                    }
                    continue;
                };
                progress.note(self.bus.as_ref(), self.spec.name, &batch, &fates).await?;
                self.meter.processed(batch.len());
            }
            let due = self
                .stage
                .flush_after()
                .is_due(last_flush.elapsed(), progress.uncommitted, batch.len());
            if progress.uncommitted > 0 && due {
                self.flush(&mut progress, consumer.as_mut()).await;
                last_flush = tokio::time::Instant::now();
            }
            self.meter.sample_cpu();
        }
        if progress.uncommitted > 0 && self.stage.flush().await.is_ok() {
            self.commit(&mut progress, consumer.as_mut()).await;
        }
        Ok(())
    }

    async fn restore(&mut self) {
        let Ok(topics) = self.bus.topics().await else { return };
        let Some(topic) = topics.into_iter().find(|topic| topic.name == self.spec.input) else {
            return;
        };
        let mut from = Vec::new();
        for partition in 0..topic.partitions {
            let partition = TopicPartition {
                topic: Arc::from(self.spec.input),
                partition,
            };
            if let Ok(Some(committed)) = self.bus.committed(self.spec.name, &partition).await {
                from.push((partition, committed.offset));
            }
        }
        if let Err(error) = self.stage.restore(self.bus.as_ref(), &from).await {
            tracing::warn!(stage = self.spec.name, %error, "state before the restart could not be rebuilt");
        }
    }

    /// The fates of the batch; `None` after a fault.
    async fn process(&mut self, batch: &[Message]) -> Option<Vec<Fate>> {
        match self.stage.process(batch).await {
            Ok(fates) => {
                self.meter.clear_fault();
                Some(fates)
            }
            Err(error) => {
                self.fault(&error.to_string());
                None
            }
        }
    }

    async fn flush(&mut self, progress: &mut Progress, consumer: &mut dyn Consumer) {
        match self.stage.flush().await {
            Ok(()) => {
                self.meter.clear_fault();
                self.commit(progress, consumer).await;
            }
            Err(error) => {
                self.fault(&error.to_string());
                if self.wait().await {
                    self.rewind(progress, &[], consumer).await;
                }
            }
        }
    }

    /// Goes back to what is committed: a store that failed may have lost what it had taken but not made durable.
    async fn rewind(&self, progress: &mut Progress, batch: &[Message], consumer: &mut dyn Consumer) {
        let mut read: HashSet<TopicPartition> = progress.partitions.keys().cloned().collect();
        read.extend(batch.iter().map(|message| TopicPartition {
            topic: Arc::clone(&message.topic),
            partition: message.partition,
        }));
        *progress = Progress::default();
        for partition in read {
            let sought = match self.bus.committed(self.spec.name, &partition).await {
                Ok(committed) => consumer.seek(&partition, committed.map_or(0, |c| c.offset)).await,
                Err(error) => Err(error),
            };
            // A partition that is another member's now starts from its committed offset there.
            if let Err(error) = sought {
                self.fault(&format!("cannot go back: {error}"));
            }
        }
    }

    async fn commit(&self, progress: &mut Progress, consumer: &mut dyn Consumer) {
        let held = consumer.assignment();
        progress.partitions.retain(|partition, _| held.contains(partition));
        let offsets = progress.take_dirty();
        // A commit that fails is not lost work: the records are read and processed again.
        if let Err(error) = consumer.commit(offsets).await {
            self.fault(&format!("offsets not committed: {error}"));
        }
    }

    /// Pauses after a fault; whether the product still runs.
    async fn wait(&self) -> bool {
        tokio::select! {
            () = self.stop.cancelled() => false,
            () = tokio::time::sleep(RETRY_PAUSE) => true,
        }
    }

    fn fault(&self, fault: &str) {
        if self.meter.set_fault(fault) {
            tracing::error!(stage = self.spec.name, fault, "stage cannot go on, trying again");
        }
    }
}

impl Progress {
    /// Adds a processed batch. A partition met for the first time starts from its committed tally.
    async fn note(
        &mut self,
        bus: &dyn EventBus,
        group: &str,
        batch: &[Message],
        fates: &[Fate],
    ) -> Result<(), BusError> {
        for (message, fate) in batch.iter().zip(fates) {
            let key = TopicPartition {
                topic: Arc::clone(&message.topic),
                partition: message.partition,
            };
            if !self.partitions.contains_key(&key) {
                let committed = bus.committed(group, &key).await?;
                let next = committed.as_ref().map_or(0, |c| c.offset);
                let tally = committed
                    .and_then(|c| Tally::from_metadata(&c.metadata))
                    .unwrap_or_default();
                self.partitions.insert(
                    key.clone(),
                    Partition {
                        next,
                        tally,
                        dirty: false,
                    },
                );
            }
            let Some(partition) = self.partitions.get_mut(&key) else {
                continue;
            };
            partition.tally.expired += message.offset.saturating_sub(partition.next);
            partition.tally.count(*fate);
            partition.next = message.offset + 1;
            partition.dirty = true;
        }
        self.uncommitted += batch.len();
        Ok(())
    }

    fn take_dirty(&mut self) -> Vec<(TopicPartition, Committed)> {
        self.uncommitted = 0;
        let mut offsets = Vec::new();
        for (key, partition) in self.partitions.iter_mut().filter(|(_, partition)| partition.dirty) {
            partition.dirty = false;
            let metadata = partition.tally.to_metadata();
            offsets.push((
                key.clone(),
                Committed {
                    offset: partition.next,
                    metadata,
                },
            ));
        }
        offsets
    }
}
