//! Takes a body's lines as they arrive, each batch on the disk before more is read.

use super::body::{Decoded, Read};
use crate::{
    api::{
        problem::{Answer, ApiError},
        state::IngestLimits,
    },
    ingest::{Frame, Intake, lines::Splitter, position::Positions},
};
use bytes::BytesMut;
use std::time::Duration;
use watchfloor_shared::problem::ErrorCode;

pub struct Lines<'a> {
    pub intake: &'a mut Intake,
    pub positions: Positions,
    pub limits: &'a IngestLimits,
    seen: u64,
}

impl<'a> Lines<'a> {
    pub fn new(intake: &'a mut Intake, positions: Positions, limits: &'a IngestLimits) -> Self {
        Self {
            intake,
            positions,
            limits,
            seen: 0,
        }
    }

    /// Reads to the end. Whole lines before a failure are taken.
    pub async fn take_all(mut self, mut body: Decoded) -> Answer<()> {
        let records = &self.limits.records;
        let mut splitter = Splitter::new(records.record_bytes_max, records.record_kept_bytes);
        let outcome = self.read_all(&mut body, &mut splitter).await;
        let flushed = self.intake.flush().await;
        outcome?;
        Ok(flushed?)
    }

    async fn read_all(&mut self, body: &mut Decoded, splitter: &mut Splitter) -> Answer<()> {
        let idle = Duration::from_millis(self.limits.idle_ms_max);
        let pause = Duration::from_millis(self.limits.flush_ms).min(idle);
        let mut bytes = BytesMut::new();
        let mut frames = Vec::new();
        loop {
            bytes.clear();
            let wait = if self.intake.is_empty() { idle } else { pause };
            match body.read(&mut bytes, wait).await? {
                Read::Bytes => splitter.push(&bytes, &mut frames),
                Read::Nothing if !self.intake.is_empty() => self.intake.flush().await?,
                Read::Nothing => {
                    return Err(ApiError::new(
                        ErrorCode::Timeout,
                        "Nothing more came for half a minute.",
                    ));
                }
                Read::End => {
                    splitter.finish(&mut frames);
                    return self.take(&mut frames).await;
                }
            }
            self.take(&mut frames).await?;
        }
    }

    async fn take(&mut self, frames: &mut Vec<Frame>) -> Answer<()> {
        for frame in frames.drain(..) {
            self.seen += 1;
            if self.seen > self.limits.lines_max {
                let detail = format!(
                    "A request has at most {} lines; send it in parts.",
                    self.limits.lines_max
                );
                return Err(ApiError::new(ErrorCode::PayloadTooLarge, detail));
            }
            match frame {
                Frame::Record(line) => {
                    let position = self.positions.of_line(&line);
                    self.intake.add(line, position).await?;
                }
                Frame::TooLong { kept, length_bytes } => {
                    let position = self.positions.of_line(&kept);
                    self.intake.reject(&kept, length_bytes, position).await?;
                }
            }
        }
        Ok(())
    }
}
