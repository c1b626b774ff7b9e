//! Takes a body's records in batches, each on the disk before the next is read.

use super::{
    body::{Decoded, Read},
    lines::{Item, Splitter},
    position::Positions,
};
use crate::{
    api::{
        problem::{Answer, ApiError},
        state::IngestLimits,
    },
    ingest::{BatchOrigin, Door, IngestBatch, Ingestor, RawLine, Refused},
};
use bytes::{Bytes, BytesMut};
use std::time::Duration;
use watchfloor_engine::verdict::DeadReason;
use watchfloor_shared::{TenantId, problem::ErrorCode};

pub struct Intake<'a> {
    ingestor: &'a Ingestor,
    tenant: &'a TenantId,
    limits: &'a IngestLimits,
    positions: Positions,
    batch: Vec<RawLine>,
    batch_bytes: usize,
    seen: u64,
    accepted: u64,
    refused: u64,
}

impl<'a> Intake<'a> {
    pub fn new(ingestor: &'a Ingestor, tenant: &'a TenantId, limits: &'a IngestLimits, positions: Positions) -> Self {
        Self {
            ingestor,
            tenant,
            limits,
            positions,
            batch: Vec::new(),
            batch_bytes: 0,
            seen: 0,
            accepted: 0,
            refused: 0,
        }
    }

    /// Lines on the disk.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Lines among the dead letters.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Reads to the end. Whole lines before a failure are taken.
    pub async fn take_all(&mut self, mut body: Decoded) -> Answer<()> {
        let mut splitter = Splitter::new(self.limits.line_bytes_max, self.limits.line_kept_bytes);
        let outcome = self.read_all(&mut body, &mut splitter).await;
        let flushed = self.flush().await;
        outcome.and(flushed)
    }

    async fn read_all(&mut self, body: &mut Decoded, splitter: &mut Splitter) -> Answer<()> {
        let idle = Duration::from_millis(self.limits.idle_ms_max);
        let pause = Duration::from_millis(self.limits.flush_ms).min(idle);
        let mut bytes = BytesMut::new();
        let mut items = Vec::new();
        loop {
            bytes.clear();
            let wait = if self.batch.is_empty() { idle } else { pause };
            match body.read(&mut bytes, wait).await? {
                Read::Bytes => splitter.push(&bytes, &mut items),
                Read::Nothing if !self.batch.is_empty() => self.flush().await?,
                Read::Nothing => {
                    return Err(ApiError::new(
                        ErrorCode::Timeout,
                        "Nothing more came for half a minute.",
                    ));
                }
                Read::End => {
                    splitter.finish(&mut items);
                    return self.take(&mut items).await;
                }
            }
            self.take(&mut items).await?;
        }
    }

    async fn take(&mut self, items: &mut Vec<Item>) -> Answer<()> {
        for item in items.drain(..) {
            self.seen += 1;
            if self.seen > self.limits.lines_max {
                let detail = format!(
                    "A request has at most {} lines; send it in parts.",
                    self.limits.lines_max
                );
                return Err(ApiError::new(ErrorCode::PayloadTooLarge, detail));
            }
            match item {
                Item::Record(line) => self.add(line).await?,
                Item::TooLong { kept, length_bytes } => self.reject(kept, length_bytes).await?,
            }
        }
        Ok(())
    }

    async fn add(&mut self, bytes: Bytes) -> Answer<()> {
        let position = self.positions.of_line(&bytes);
        self.batch_bytes += bytes.len();
        self.batch.push(RawLine { bytes, position });
        if self.batch.len() >= self.limits.batch_lines_max || self.batch_bytes >= self.limits.batch_bytes_max {
            self.flush().await?;
        }
        Ok(())
    }

    async fn reject(&mut self, bytes: Bytes, length_bytes: u64) -> Answer<()> {
        let position = self.positions.of_line(&bytes);
        let refused = Refused {
            tenant: self.tenant.clone(),
            door: Door::Ndjson,
            reason: DeadReason::RecordTooLarge,
            bytes,
            position,
            length_bytes,
        };
        self.ingestor.reject(refused).await?;
        self.refused += 1;
        Ok(())
    }

    async fn flush(&mut self) -> Answer<()> {
        self.batch_bytes = 0;
        let lines = std::mem::take(&mut self.batch);
        if lines.is_empty() {
            return Ok(());
        }
        let batch = IngestBatch {
            tenant: self.tenant.clone(),
            door: Door::Ndjson,
            origin: BatchOrigin::default(),
            lines,
        };
        self.accepted += self.ingestor.submit(batch).await? as u64;
        Ok(())
    }
}
