//! The one thread that writes. It takes what has gathered, writes it in one go, publishes it and answers. Records and
//! positions share this sequence: a committed offset can never outlive records that were produced before it.

use super::{
    BusError, Durability,
    frame::{self, BatchHead, Kind},
    partition::{Chunk, ChunkIndex, Topic, lock},
    recovery::{self, Active},
    round::{Joined, Request, Round, StateRequest, failure},
    segment::{self, Entry, Held, PartitionKey},
    state::StateChange,
    store::Store,
    sync::Syncer,
    tail::Batch,
};
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    io,
    os::unix::fs::FileExt,
    sync::{Arc, atomic::Ordering, mpsc::Receiver},
    time::Duration,
};

/// Index entries of the segment being written are in memory.
const SEGMENT_BATCHES: usize = 60_000;
const RETRY_MIN: Duration = Duration::from_millis(20);
const RETRY_MAX: Duration = Duration::from_secs(1);

/// One batch on its way to the disk.
struct Pending {
    topic: Arc<Topic>,
    partition: u32,
    batch: Batch,
    entry: Entry,
}

pub struct Writer {
    store: Arc<Store>,
    syncer: Arc<Syncer>,
    active: Active,
}

impl Writer {
    pub fn new(store: Arc<Store>, syncer: Arc<Syncer>, active: Active) -> Self {
        Self { store, syncer, active }
    }

    /// Runs until it is told to close or nobody is left who could ask.
    pub fn run(mut self, requests: &Receiver<Request>) {
        let mut waiting = None;
        while let Some(first) = waiting.take().or_else(|| requests.recv().ok()) {
            let mut round = Round::default();
            waiting = round.gather(first, requests);
            self.write(round);
            match waiting.take() {
                Some(Request::Roll(answer)) => {
                    let rolled = self.roll();
                    let _ = answer.send(rolled.map_err(|error| failure(&error)));
                }
                Some(Request::Close(answer)) => {
                    let _ = answer.send(self.finish());
                    return;
                }
                other => waiting = other,
            }
        }
        let _ = self.finish();
    }

    fn finish(&mut self) -> Result<(), BusError> {
        // Sealed now, so that the next start has nothing to read. On a full disk the log stays as it is, which is whole too.
        if self.active.batches > 0 && self.store.check_sound().is_ok() {
            let _ = self.roll();
        }
        self.syncer.stop();
        self.active.segment.file.sync_data().map_err(BusError::Io)
    }

    /// Writes the round, waiting for room on a full disk as long as its producers may wait.
    fn write(&mut self, mut round: Round) {
        let mut pause = RETRY_MIN;
        let mut told = false;
        while !round.is_empty() {
            match self.attempt(&mut round) {
                Ok(()) => {
                    if told {
                        tracing::warn!("the disk has room again; the event log goes on");
                    }
                    self.store.disk_full.store(false, Ordering::SeqCst);
                    return;
                }
                Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                    if !told {
                        tracing::error!("the disk is full; producers wait");
                        told = true;
                        self.store.disk_full.store(true, Ordering::SeqCst);
                    }
                    let patience = if self.store.is_closed() {
                        Duration::ZERO
                    } else {
                        self.store.options.disk_full_wait
                    };
                    round.give_up(patience);
                    if !round.is_empty() {
                        std::thread::sleep(pause);
                        pause = (pause * 2).min(RETRY_MAX);
                    }
                }
                Err(error) => return round.fail(&error),
            }
        }
    }

    fn attempt(&mut self, round: &mut Round) -> io::Result<()> {
        self.store.check_sound()?;
        if self.active.position >= self.store.options.segment_bytes || self.active.batches >= SEGMENT_BATCHES {
            self.roll()?;
        }
        let mut out = Vec::with_capacity(round.bytes / 2 + 4096);
        let (pending, bases) = self.encode(round, &mut out)?;
        for state in round.states.iter().filter_map(|state| state.change.as_ref()) {
            let body = serde_json::to_vec(state)?;
            frame::put_plain(&mut out, self.active.segment.salt, self.synced(), Kind::State, &body);
        }
        self.append(&out)?;
        self.publish(pending);
        self.answer(std::mem::take(round), bases);
        Ok(())
    }

    /// Turns the round's records into frames. Parts of one partition are joined up to the size of a batch.
    fn encode(&self, round: &Round, out: &mut Vec<u8>) -> io::Result<(Vec<Pending>, Vec<Vec<u64>>)> {
        let mut joined: BTreeMap<PartitionKey, Joined> = BTreeMap::new();
        let mut pending = Vec::new();
        let mut bases = Vec::with_capacity(round.appends.len());
        for append in &round.appends {
            let mut of_append = Vec::with_capacity(append.parts.len());
            for part in &append.parts {
                let joined = joined
                    .entry(append.topic.key(part.partition))
                    .or_insert_with(|| Joined {
                        next: append.topic.partition(part.partition).map_or(0, |state| state.high),
                        batches: Vec::new(),
                        topic: append.topic.clone(),
                    });
                of_append.push(joined.next);
                joined.add(part);
            }
            bases.push(of_append);
        }
        for ((topic_id, partition), joined) in joined {
            for batch in joined.batches {
                let head = BatchHead {
                    topic: topic_id,
                    partition,
                    base: batch.base,
                    count: batch.count,
                    timestamp_max: batch.timestamp_max,
                };
                let position = u32::try_from(self.active.position + out.len() as u64).map_err(io::Error::other)?;
                let length = frame::put_batch(out, self.active.segment.salt, self.synced(), head, &batch.raw) as u32;
                let BatchHead {
                    base,
                    count,
                    timestamp_max,
                    ..
                } = head;
                pending.push(Pending {
                    topic: joined.topic.clone(),
                    partition,
                    batch: Batch {
                        base,
                        count,
                        raw: Bytes::from(batch.raw),
                    },
                    entry: Entry {
                        position,
                        length,
                        base,
                        count,
                        timestamp_max,
                    },
                });
            }
        }
        Ok((pending, bases))
    }

    fn synced(&self) -> u32 {
        u32::try_from(self.syncer.synced(self.active.segment.id)).unwrap_or(u32::MAX)
    }

    /// All of `bytes` or, as far as a reader can tell, none.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = &self.active.segment.file;
        if let Err(error) = file.write_all_at(bytes, self.active.position) {
            if let Err(second) = file.set_len(self.active.position) {
                self.store.fail(&format!(
                    "a write failed ({error}) and could not be taken back ({second})"
                ));
            }
            return Err(error);
        }
        self.active.position += bytes.len() as u64;
        Ok(())
    }

    fn publish(&mut self, pending: Vec<Pending>) {
        self.active.batches += pending.len();
        self.syncer.wrote(&self.active.segment, self.active.position);
        let mut topics: Vec<Arc<Topic>> = Vec::new();
        for Pending {
            topic,
            partition,
            batch,
            entry,
        } in pending
        {
            let key = topic.key(partition);
            self.store.tail.push(key, batch);
            if let Some(mut state) = topic.partition(partition) {
                state.append(&self.active.segment, key, entry);
            }
            if topics.last().is_none_or(|last| last.id != topic.id) {
                topics.push(topic);
            }
        }
        topics.iter().for_each(|topic| topic.wake_readers());
    }

    fn answer(&self, round: Round, bases: Vec<Vec<u64>>) {
        for (append, bases) in round.appends.into_iter().zip(bases) {
            match append.durability {
                Durability::Written => {
                    let _ = append.answer.send(Ok(bases));
                }
                Durability::Synced => self.syncer.answer_when_synced(append.answer, bases),
            }
        }
        for StateRequest { change, answer, .. } in round.states {
            if let Some(StateChange::Commit(commit)) = &change {
                lock(&self.store.commits).apply(commit);
            }
            let _ = answer.send(Ok(()));
        }
    }

    /// Seals the active segment and begins the next. Everything so far is on the disk before anything is written there.
    fn roll(&mut self) -> io::Result<()> {
        let segment = self.active.segment.clone();
        let mut held: Held = Held::new();
        self.each_active_chunk(|key, chunk| {
            if let ChunkIndex::InMemory(entries) = &chunk.index {
                held.insert(key, (chunk.stretch, entries.clone()));
            }
        });
        let (bytes, stretches) = segment::seal(self.active.position, segment.salt, &held);
        let sealed = segment
            .file
            .write_all_at(&bytes, self.active.position)
            .and_then(|()| segment.file.sync_data());
        let next = sealed.and_then(|()| recovery::create_active(&self.store, segment.id + 1));
        match next {
            Err(error) => {
                let reopened = segment.file.set_len(self.active.position);
                if reopened.is_err() || error.kind() != io::ErrorKind::StorageFull {
                    self.store.fail(&format!("a segment could not be sealed: {error}"));
                }
                Err(error)
            }
            Ok(next) => {
                let sealed: BTreeMap<_, _> = stretches.into_iter().map(|s| ((s.topic, s.partition), s)).collect();
                self.each_active_chunk(|key, chunk| {
                    if let Some(stretch) = sealed.get(&key) {
                        (chunk.stretch, chunk.index) = (*stretch, ChunkIndex::OnDisk);
                    }
                });
                self.active = next;
                self.store
                    .active_segment
                    .store(self.active.segment.id, Ordering::SeqCst);
                self.syncer.moved_to(&self.active.segment, self.active.position);
                Ok(())
            }
        }
    }

    fn each_active_chunk(&self, mut visit: impl FnMut(PartitionKey, &mut Chunk)) {
        for topic in self.store.topics() {
            for partition in 0..topic.partition_count() {
                if let Some(mut state) = topic.partition(partition)
                    && let Some(chunk) = state.chunks.back_mut()
                    && chunk.segment.id == self.active.segment.id
                {
                    visit(topic.key(partition), chunk);
                }
            }
        }
    }
}
