//! The shell around a stage: poll, process, flush, commit. It knows nothing of what a stage does; the stage knows nothing of
//! offsets.
//!
//! Invariant: an offset is committed only after [`Stage::flush`] said that everything before it is downstream. After any
//! fault, a panic included, it goes back to what is committed, has the stage rebuild its state from there, and reads again,
//! for ever: a store that is down makes the pipeline wait, not lose. It does the same whenever partitions come or go: a stage's
//! state is always that of the partitions which its worker holds, and of no others.

use super::{
    backoff::Backoff,
    meter::StageMeter,
    progress::Progress,
    tally::{Fate, Settled},
    topology::StageSpec,
};
use crate::bus::{BusError, Consumer, EventBus, Message, TopicPartition};
use async_trait::async_trait;
use futures::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const RECORDS_MAX: usize = 2_000;
const BYTES_MAX: usize = 8 << 20;
const POLL_WAIT: Duration = Duration::from_millis(250);

/// Why a batch could not be processed now. All of these pass: the runner waits and tries again.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error("search index: {0}")]
    Search(#[from] crate::search::SearchError),
    #[error("database: {0}")]
    Store(String),
    #[error("the stage broke off; the log says where")]
    Panicked,
}

#[async_trait]
pub trait Stage: Send {
    /// Does the work on a batch and returns the fate of each record, in order. May be called again with the same batch after
    /// an error: its outputs carry deterministic ids, so doing it twice is doing it once.
    async fn process(&mut self, batch: &[Message]) -> Result<Vec<Fate>, StageError>;

    /// Lets time pass, whether records came or not: a fold gives out what has waited long enough.
    async fn tick(&mut self, _progress: &Progress) -> Result<(), StageError> {
        Ok(())
    }

    /// What became of records that were [`Fate::Held`], since the last call. Asked after each batch and tick.
    fn settled(&mut self) -> Vec<Settled> {
        Vec::new()
    }

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

    /// Called before the first batch, and again after each fault before the records since then are read once more: forgets what
    /// was taken but not flushed and rebuilds state from the records before `from`, the positions the group goes on from.
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
    /// A poll that filled its batch by half or more says that much waits.
    pub fn wait(&self, batch_records: usize) -> Duration {
        match batch_records > RECORDS_MAX / 2 {
            true => self.wait_behind_max,
            false => self.wait_max,
        }
    }
}

/// Runs one worker of a stage until `stop` is cancelled. What was processed is flushed and committed before it returns.
pub struct Runner {
    pub spec: StageSpec,
    pub stage: Box<dyn Stage>,
    pub bus: Arc<dyn EventBus>,
    pub meter: Arc<StageMeter>,
    pub backoff: Backoff,
    pub stop: CancellationToken,
}

impl Runner {
    pub async fn run(mut self) -> Result<(), BusError> {
        let mut consumer = self.bus.subscribe(self.spec.name, self.spec.inputs).await?;
        let mut progress = Progress::of(self.spec.name);
        let mut known = None;
        while !self.stop.is_cancelled() {
            let turn = AssertUnwindSafe(self.turn(&mut known, &mut progress, consumer.as_mut()));
            let outcome = turn.catch_unwind().await.unwrap_or(Err(StageError::Panicked));
            match outcome {
                Ok(()) => self.meter.goes_on(),
                Err(StageError::Bus(BusError::Closed)) => return Ok(()),
                Err(error) => {
                    // A partition that went to another worker meanwhile is no fault.
                    if !matches!(error, StageError::Bus(BusError::NotAssigned { .. })) {
                        self.fault(&error);
                        self.pause().await;
                    }
                    progress = Progress::of(self.spec.name);
                    known = None;
                }
            }
            self.meter.sample_cpu();
        }
        if progress.uncommitted() > 0 && self.stage.flush().await.is_ok() {
            match self.commit(&mut progress, consumer.as_mut()).await {
                Err(BusError::NotAssigned { .. }) => {}
                committed => committed?,
            }
        }
        Ok(())
    }

    /// One batch, or one wait for a batch. `known`: the assignment that the stage's state is of. After an error nothing is known
    /// of what was taken since the last commit.
    async fn turn(
        &mut self,
        known: &mut Option<u64>,
        progress: &mut Progress,
        consumer: &mut dyn Consumer,
    ) -> Result<(), StageError> {
        if known.is_none() {
            *known = Some(self.go_back(consumer).await?);
        }
        let batch = consumer.poll(RECORDS_MAX, BYTES_MAX, POLL_WAIT).await?;
        if *known != Some(consumer.generation()) {
            // What was polled is read again, once the state is that of the new assignment.
            *known = None;
            *progress = Progress::of(self.spec.name);
            return Ok(());
        }
        let polled = batch.len();
        if !batch.is_empty() {
            let batch = progress.begin(self.bus.as_ref(), self.spec.name, batch).await?;
            let fates = self.stage.process(&batch).await?;
            progress.note(&batch, &fates);
            self.meter.processed(batch.len());
        }
        self.stage.tick(progress).await?;
        progress.settle(&self.stage.settled());
        if progress.is_due(self.stage.flush_after(), polled) {
            self.stage.flush().await?;
            self.commit(progress, consumer).await?;
        }
        if progress.uncommitted() == 0 {
            self.meter.clear_fault();
            self.backoff.reset();
        }
        Ok(())
    }

    /// To what is committed: a store that failed may have lost what it had taken but not made durable. Returns the assignment
    /// that the state then is of.
    async fn go_back(&mut self, consumer: &mut dyn Consumer) -> Result<u64, StageError> {
        // What it holds may have changed meanwhile.
        consumer.poll(0, 0, Duration::ZERO).await?;
        let mut from = Vec::new();
        for partition in consumer.assignment() {
            let committed = self.bus.committed(self.spec.name, &partition).await?;
            let offset = committed.map_or(0, |committed| committed.offset);
            consumer.seek(&partition, offset).await?;
            from.push((partition, offset));
        }
        self.stage.restore(self.bus.as_ref(), &from).await?;
        Ok(consumer.generation())
    }

    async fn commit(&self, progress: &mut Progress, consumer: &mut dyn Consumer) -> Result<(), BusError> {
        progress.keep(&consumer.assignment());
        consumer.commit(progress.take_dirty()).await
    }

    async fn pause(&mut self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(self.backoff.pause()) => {}
        }
    }

    fn fault(&self, error: &StageError) {
        let fault = error.to_string();
        if self.meter.set_fault(&fault) {
            tracing::error!(stage = self.spec.name, fault, "stage cannot go on, trying again");
        }
    }
}
