//! Recordings and simulations into the front door, at a pace.
//!
//! Invariant: what is sent does not depend on the pace: same lines, same positions, same order at any speed.

pub mod pace;
pub mod reader;

use crate::{
    cli::client::Client,
    ingest::{BatchOrigin, Door, IngestBatch, Ingestor, RawLine},
};
use anyhow::Result;
use pace::{Pacer, Speed};
use std::time::{Duration, Instant};
use watchfloor_engine::{
    Verdict,
    normalize::{Origin, RawContext, normalize},
};
use watchfloor_shared::{TenantId, Timestamp};

const BATCH_LINES: usize = 1_000;
const BATCH_BYTES: usize = 4 << 20;
/// A paced batch is sent at the latest after this, so that a slow recording still arrives smoothly.
const BATCH_WAIT_MAX: Duration = Duration::from_millis(200);

/// Where lines go.
pub enum Sink {
    /// A server, over HTTP.
    Server(Client),
    /// The pipeline of this process.
    Local {
        ingest: Ingestor,
        tenant: TenantId,
        door: Door,
        origin: BatchOrigin,
    },
}

impl Sink {
    async fn send(&self, lines: Vec<RawLine>) -> Result<()> {
        match self {
            Sink::Server(client) => client.send(&lines).await,
            Sink::Local {
                ingest,
                tenant,
                door,
                origin,
            } => {
                ingest
                    .submit(IngestBatch {
                        tenant: tenant.clone(),
                        door: *door,
                        origin: origin.clone(),
                        lines,
                    })
                    .await?;
                Ok(())
            }
        }
    }
}

/// Which events of a recording, and how fast.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plan {
    pub speed: Speed,
    /// Event time, inclusive.
    pub from: Option<Timestamp>,
    /// Event time, exclusive.
    pub to: Option<Timestamp>,
}

/// What was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    pub lines: u64,
    pub bytes: u64,
    /// Outside `from..to`.
    pub skipped: u64,
}

/// Sends lines in order, waiting as the plan says; calls `progress` with the lines of each batch sent or skipped.
pub async fn feed<E: Into<anyhow::Error>>(
    lines: impl Iterator<Item = Result<RawLine, E>>,
    plan: &Plan,
    sink: &Sink,
    mut progress: impl FnMut(u64),
) -> Result<Sent> {
    let mut sent = Sent::default();
    let mut batch = Batch::default();
    let mut pacer = Pacer::new(plan.speed);
    for line in lines {
        let line = line.map_err(Into::into)?;
        if plan.needs_time() {
            let time = event_time(&line);
            if time.is_some_and(|time| !plan.includes(time)) {
                sent.skipped += 1;
                progress(1);
                continue;
            }
            let pause = pacer.pause_before(time, Instant::now());
            if pause >= BATCH_WAIT_MAX || batch.older_than(BATCH_WAIT_MAX) {
                batch.send(sink, &mut sent, &mut progress).await?;
            }
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
        batch.push(line);
        if batch.is_full() {
            batch.send(sink, &mut sent, &mut progress).await?;
        }
    }
    batch.send(sink, &mut sent, &mut progress).await?;
    Ok(sent)
}

impl Plan {
    fn needs_time(&self) -> bool {
        self.speed != Speed::Max || self.from.is_some() || self.to.is_some()
    }

    fn includes(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
    }
}

/// The event's own time; `None` for a line that will be a dead letter, which goes with its neighbours.
fn event_time(line: &RawLine) -> Option<Timestamp> {
    let context = RawContext {
        received: Timestamp::EPOCH,
        position: line.position,
        simulated: false,
        origin: Origin::UNKNOWN,
    };
    match normalize(&line.bytes, &context) {
        Verdict::Emit(event) => Some(event.timestamp),
        Verdict::Drop(_) | Verdict::Dead(_) => None,
    }
}

#[derive(Default)]
struct Batch {
    lines: Vec<RawLine>,
    bytes: usize,
    since: Option<tokio::time::Instant>,
}

impl Batch {
    fn push(&mut self, line: RawLine) {
        self.since.get_or_insert_with(tokio::time::Instant::now);
        self.bytes += line.bytes.len() + 1;
        self.lines.push(line);
    }

    fn is_full(&self) -> bool {
        self.lines.len() >= BATCH_LINES || self.bytes >= BATCH_BYTES
    }

    fn older_than(&self, age: Duration) -> bool {
        self.since.is_some_and(|since| since.elapsed() >= age)
    }

    async fn send(&mut self, sink: &Sink, sent: &mut Sent, progress: &mut impl FnMut(u64)) -> Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(self);
        let count = batch.lines.len() as u64;
        sink.send(batch.lines).await?;
        sent.lines += count;
        sent.bytes += batch.bytes as u64;
        progress(count);
        Ok(())
    }
}
