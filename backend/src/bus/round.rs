//! What the writer is asked for, and what of it goes into one write.

use super::{BusError, Durability, partition::Topic, state::StateChange};
use std::{
    io,
    sync::{Arc, mpsc::Receiver},
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Raw bytes of a batch: enough for lz4 to find what repeats, little enough to unpack for one record.
pub const BATCH_BYTES: usize = 128 * 1024;
/// Raw bytes of one write.
const ROUND_BYTES: usize = 4 << 20;

pub type Answer<T> = oneshot::Sender<Result<T, BusError>>;

#[derive(Debug)]
pub enum Request {
    Append(Append),
    State(StateRequest),
    /// Seals the segment being written, so that retention can take it.
    Roll(Answer<()>),
    Close(Answer<()>),
}

/// Records of one topic, encoded by the caller.
#[derive(Debug)]
pub struct Append {
    pub topic: Arc<Topic>,
    pub parts: Vec<Part>,
    pub durability: Durability,
    pub since: Instant,
    /// Base offset for each part.
    pub answer: Answer<Vec<u64>>,
    /// Given back once this is answered.
    pub _room: OwnedSemaphorePermit,
}

#[derive(Debug)]
pub struct Part {
    pub partition: u32,
    pub count: u32,
    pub timestamp_max: i64,
    pub raw: Vec<u8>,
}

/// `None` changes nothing and is answered once all before it is written.
#[derive(Debug)]
pub struct StateRequest {
    pub change: Option<StateChange>,
    pub since: Instant,
    pub answer: Answer<()>,
}

#[derive(Debug, Default)]
pub struct Round {
    pub appends: Vec<Append>,
    pub states: Vec<StateRequest>,
    pub bytes: usize,
}

/// What the parts of one partition become.
pub struct Joined {
    pub topic: Arc<Topic>,
    pub next: u64,
    pub batches: Vec<JoinedBatch>,
}

pub struct JoinedBatch {
    pub base: u64,
    pub count: u32,
    pub timestamp_max: i64,
    pub raw: Vec<u8>,
}

impl Joined {
    pub fn add(&mut self, part: &Part) {
        match self.batches.last_mut() {
            Some(batch) if batch.raw.len() + part.raw.len() <= BATCH_BYTES => {
                batch.count += part.count;
                batch.timestamp_max = batch.timestamp_max.max(part.timestamp_max);
                batch.raw.extend_from_slice(&part.raw);
            }
            _ => self.batches.push(JoinedBatch {
                base: self.next,
                count: part.count,
                timestamp_max: part.timestamp_max,
                raw: part.raw.clone(),
            }),
        }
        self.next += u64::from(part.count);
    }
}

impl Round {
    pub fn is_empty(&self) -> bool {
        self.appends.is_empty() && self.states.is_empty()
    }

    /// Takes what has gathered, up to the size of one write. Gives back what cannot be part of it.
    pub fn gather(&mut self, first: Request, requests: &Receiver<Request>) -> Option<Request> {
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Append(append) => {
                    self.bytes += append.parts.iter().map(|part| part.raw.len()).sum::<usize>();
                    self.appends.push(append);
                }
                Request::State(state) => self.states.push(state),
                other => return Some(other),
            }
            if self.bytes >= ROUND_BYTES {
                return None;
            }
            next = requests.try_recv().ok();
        }
        None
    }

    /// Answers those who have waited for `patience` that the disk is full.
    pub fn give_up(&mut self, patience: Duration) {
        for append in self.appends.extract_if(.., |append| append.since.elapsed() >= patience) {
            let _ = append.answer.send(Err(BusError::DiskFull));
        }
        for state in self.states.extract_if(.., |state| state.since.elapsed() >= patience) {
            let _ = state.answer.send(Err(BusError::DiskFull));
        }
    }

    pub fn fail(self, error: &io::Error) {
        for append in self.appends {
            let _ = append.answer.send(Err(failure(error)));
        }
        for state in self.states {
            let _ = state.answer.send(Err(failure(error)));
        }
    }
}

/// The same failure for one more of those who wait.
pub fn failure(error: &io::Error) -> BusError {
    match error.kind() {
        io::ErrorKind::StorageFull => BusError::DiskFull,
        kind => BusError::Io(io::Error::new(kind, error.to_string())),
    }
}
