//! One sender's records on their way to the disk: gathered into batches, each with its place; what is too long becomes a dead
//! letter. Every door has one per request or connection.
//!
//! Invariant: what [`Intake::accepted`] counts is on the disk, and no more than one batch waits in memory.

use super::{BatchOrigin, Door, IngestBatch, Ingestor, RawLine, Refused};
use crate::bus::BusError;
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use watchfloor_engine::{normalize::RECORD_BYTES_MAX, verdict::DeadReason};
use watchfloor_shared::TenantId;

const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// What a door cut out of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    Record(Bytes),
    /// Longer than the limit: its beginning, and how long it was.
    TooLong {
        kept: Bytes,
        length_bytes: u64,
    },
}

#[derive(Debug, Clone)]
pub struct IntakeLimits {
    pub record_bytes_max: usize,
    /// What is kept of a longer record.
    pub record_kept_bytes: usize,
    pub batch_records_max: usize,
    pub batch_bytes_max: usize,
}

impl Default for IntakeLimits {
    fn default() -> Self {
        Self {
            record_bytes_max: RECORD_BYTES_MAX,
            record_kept_bytes: 64 << 10,
            batch_records_max: 1_000,
            batch_bytes_max: 4 << 20,
        }
    }
}

/// Whose records these are and how they came.
#[derive(Debug, Clone)]
pub struct Sender {
    pub tenant: TenantId,
    pub door: Door,
    pub origin: BatchOrigin,
    /// Whose allowance the records spend: a credential's id, or the address of who has none. Files have no limit.
    pub charged: Option<Arc<str>>,
}

pub struct Intake {
    ingestor: Ingestor,
    sender: Sender,
    limits: IntakeLimits,
    batch: Vec<RawLine>,
    batch_bytes: usize,
    accepted: u64,
    refused: u64,
}

/// What became of a record that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// On the disk once the batch is flushed.
    Taken,
    /// Among the dead letters, cut.
    TooLong,
}

impl Intake {
    pub fn new(ingestor: &Ingestor, sender: Sender, limits: &IntakeLimits) -> Self {
        Self {
            ingestor: ingestor.clone(),
            sender,
            limits: limits.clone(),
            batch: Vec::new(),
            batch_bytes: 0,
            accepted: 0,
            refused: 0,
        }
    }

    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// Records on the disk.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Records among the dead letters.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Whether no record waits for a flush.
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// Whether the batch should be flushed before more is added.
    pub fn is_full(&self) -> bool {
        self.batch.len() >= self.limits.batch_records_max || self.batch_bytes >= self.limits.batch_bytes_max
    }

    /// Takes a record, flushing the batch when it is full. `position` as in [`RawLine`].
    pub async fn add(&mut self, bytes: Bytes, position: u64) -> Result<Added, BusError> {
        if bytes.len() > self.limits.record_bytes_max {
            let length_bytes = bytes.len() as u64;
            self.reject(&bytes, length_bytes, position).await?;
            return Ok(Added::TooLong);
        }
        self.hold(bytes, position);
        if self.is_full() {
            self.flush().await?;
        }
        Ok(Added::Taken)
    }

    /// Takes a record of permitted length without flushing, for doors that decide when.
    pub fn hold(&mut self, bytes: Bytes, position: u64) {
        self.batch_bytes += bytes.len();
        self.batch.push(RawLine { bytes, position });
    }

    /// Puts the beginning of a record that was too long among the dead letters.
    pub async fn reject(&mut self, kept: &Bytes, length_bytes: u64, position: u64) -> Result<(), BusError> {
        let refused = Refused {
            tenant: self.sender.tenant.clone(),
            door: self.sender.door,
            reason: DeadReason::RecordTooLarge,
            // A copy: the buffer of the whole record must not live as long as its beginning.
            bytes: Bytes::copy_from_slice(&kept[..self.limits.record_kept_bytes.min(kept.len())]),
            position,
            length_bytes,
        };
        self.ingestor.reject(refused).await?;
        self.refused += 1;
        Ok(())
    }

    /// Waits until the disk has the batch. After an error its records are as if never added: the sender was not told yes.
    pub async fn flush(&mut self) -> Result<(), BusError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let bytes = self.batch_bytes;
        let batch = self.take_batch();
        let records = self.ingestor.submit(batch).await?;
        self.note(records, bytes);
        Ok(())
    }

    /// The same for senders that cannot be told no, only held back: tries until the disk has the batch or the product stops.
    /// Returns whether the disk has it.
    pub async fn flush_patiently(&mut self, stop: &CancellationToken) -> bool {
        if self.batch.is_empty() {
            return true;
        }
        let bytes = self.batch_bytes;
        let batch = self.take_batch();
        loop {
            match self.ingestor.submit(batch.clone()).await {
                Ok(records) => {
                    self.note(records, bytes);
                    return true;
                }
                Err(error) => tracing::warn!(door = batch.door.as_str(), %error, "records wait for the bus"),
            }
            tokio::select! {
                () = stop.cancelled() => {
                    let (door, records) = (batch.door.as_str(), batch.lines.len());
                    tracing::error!(door, records, "the product stops while records wait that nobody can send again");
                    return false;
                }
                () = tokio::time::sleep(RETRY_PAUSE) => {}
            }
        }
    }

    /// Returns when the sender may send more.
    pub async fn allowed(&self) {
        if let Some(key) = &self.sender.charged {
            self.ingestor.allowances().wait(key).await;
        }
    }

    fn note(&mut self, records: usize, bytes: usize) {
        self.accepted += records as u64;
        if let Some(key) = &self.sender.charged {
            self.ingestor.allowances().spend(key, records, bytes);
        }
    }

    fn take_batch(&mut self) -> IngestBatch {
        self.batch_bytes = 0;
        IngestBatch {
            tenant: self.sender.tenant.clone(),
            door: self.sender.door,
            origin: self.sender.origin.clone(),
            lines: std::mem::take(&mut self.batch),
        }
    }
}
