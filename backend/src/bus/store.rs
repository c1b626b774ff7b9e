//! What producers, readers and the writer share: topics, positions and the way from an offset to its records.

use super::{
    BusError, Committed, Record, TopicPartition,
    embedded::BusOptions,
    frame,
    partition::{Place, Topic, lock},
    record,
    segment::{Entry, PartitionKey, Segment, Stretch},
    state::{Bounds, Commits, Snapshot},
    tail::{Batch, Tail},
};
use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use watchfloor_shared::Timestamp;

/// Batches fetched from disk in one go, so that a reader far behind does not pay a thread hop for each.
const FETCH_BYTES: usize = 256 * 1024;
const FETCH_BATCHES: usize = 256;
/// Stretches of index kept from sealed segments.
const INDEX_ENTRIES_MAX: usize = 200_000;
const DAMAGE_MAX: usize = 1000;

/// Bytes of the log that cannot be read any more. What they held is a gap in the offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    pub segment: PathBuf,
    pub position: u64,
    pub bytes: u64,
    pub detail: String,
}

#[derive(Debug)]
pub struct Store {
    pub dir: PathBuf,
    pub options: BusOptions,
    topics: RwLock<BTreeMap<u32, Arc<Topic>>>,
    pub tail: Tail,
    indexes: Mutex<IndexCache>,
    pub commits: Mutex<Commits>,
    damage: Mutex<Vec<Damage>>,
    closed: AtomicBool,
    /// Producers wait for room on the disk.
    pub disk_full: AtomicBool,
    /// Id of the segment being written.
    pub active_segment: AtomicU64,
    /// Why nothing can be written any more: a failed sync leaves unknown what the disk has.
    failure: Mutex<Option<String>>,
    /// Held for as long as this process owns the log.
    pub lock_file: Mutex<Option<File>>,
}

#[derive(Debug, Default)]
struct IndexCache {
    entries: usize,
    kept: VecDeque<KeptIndex>,
}

/// Of one partition in one opening of a segment.
#[derive(Debug)]
struct KeptIndex {
    of: (u64, PartitionKey),
    entries: Arc<[Entry]>,
}

/// An answer that needs no disk, or that one is needed.
#[derive(Debug)]
pub enum Fetch {
    Batch(Batch),
    OnDisk(u64),
    End,
}

impl Store {
    pub fn new(dir: PathBuf, options: BusOptions, topics: BTreeMap<u32, Arc<Topic>>, lock_file: File) -> Self {
        Self {
            dir,
            tail: Tail::new(options.tail_bytes_max),
            options,
            topics: RwLock::new(topics),
            indexes: Mutex::default(),
            commits: Mutex::default(),
            damage: Mutex::default(),
            closed: AtomicBool::new(false),
            disk_full: AtomicBool::new(false),
            active_segment: AtomicU64::new(0),
            failure: Mutex::default(),
            lock_file: Mutex::new(Some(lock_file)),
        }
    }

    pub fn topics(&self) -> Vec<Arc<Topic>> {
        self.topics
            .read()
            .map(|topics| topics.values().cloned().collect())
            .unwrap_or_default()
    }

    pub fn topic(&self, name: &str) -> Result<Arc<Topic>, BusError> {
        let found = self.topics().into_iter().find(|topic| &*topic.name == name);
        found.ok_or_else(|| BusError::UnknownTopic(name.to_owned()))
    }

    pub fn topic_by_id(&self, id: u32) -> Option<Arc<Topic>> {
        self.topics.read().ok()?.get(&id).cloned()
    }

    /// The topic of a partition that exists.
    pub fn topic_of(&self, partition: &TopicPartition) -> Result<Arc<Topic>, BusError> {
        let topic = self.topic(&partition.topic)?;
        if partition.partition < topic.partition_count() {
            return Ok(topic);
        }
        Err(BusError::UnknownTopic(format!(
            "{}/{}",
            partition.topic, partition.partition
        )))
    }

    pub fn add_topic(&self, topic: Arc<Topic>) {
        if let Ok(mut topics) = self.topics.write() {
            topics.insert(topic.id, topic);
        }
    }

    pub fn committed(&self, group: &str, topic: &Topic, partition: u32) -> Option<Committed> {
        lock(&self.commits).get(group, topic.id, partition).cloned()
    }

    pub fn snapshot(&self) -> Snapshot {
        let mut bounds = Vec::new();
        for topic in self.topics() {
            for partition in 0..topic.partition_count() {
                if let Some(state) = topic.partition(partition) {
                    bounds.push(Bounds {
                        topic: topic.id,
                        partition,
                        low: state.low,
                        high: state.high,
                    });
                }
            }
        }
        Snapshot {
            bounds,
            commits: lock(&self.commits).snapshot(),
        }
    }

    /// The batch at `offset`, or at the low watermark where that is higher.
    pub fn fetch(&self, topic: &Topic, partition: u32, offset: u64) -> Fetch {
        let (offset, high) = match topic.partition(partition) {
            Some(state) => (offset.max(state.low), state.high),
            None => return Fetch::End,
        };
        if offset >= high {
            return Fetch::End;
        }
        self.tail
            .get(topic.key(partition), offset)
            .map_or(Fetch::OnDisk(offset), Fetch::Batch)
    }

    /// Batches from `offset` on, read from the disk: blocks. What cannot be read is stepped over and reported; empty when
    /// nothing readable follows.
    pub fn fetch_from_disk(&self, topic: &Topic, partition: u32, mut offset: u64) -> io::Result<Vec<Batch>> {
        let key = topic.key(partition);
        loop {
            let place = match topic.partition(partition) {
                Some(state) => state.place(offset.max(state.low), FETCH_BATCHES),
                None => Place::End,
            };
            let (segment, entries, end) = match place {
                Place::End => return Ok(Vec::new()),
                Place::Batch(segment, entries) => {
                    let end = entries.last().map_or(u64::MAX, Entry::end);
                    (segment, entries, end)
                }
                Place::Stretch(segment, stretch) => {
                    let index = self.index(&segment, &stretch)?;
                    let first = index.partition_point(|entry| entry.end() <= offset);
                    let entries: Vec<_> = index.iter().skip(first).take(FETCH_BATCHES).copied().collect();
                    let end = entries.last().map_or(stretch.end, Entry::end);
                    (segment, entries, end)
                }
            };
            let batches = self.read_batches(&segment, key, &entries)?;
            if !batches.is_empty() {
                return Ok(batches);
            }
            offset = end;
        }
    }

    /// Calls `on_record` with every record from `offset` on until it says false or the end is reached: blocks.
    pub fn visit(
        &self,
        topic: &Topic,
        partition: u32,
        mut offset: u64,
        mut on_record: impl FnMut(u64, Record) -> bool,
    ) -> io::Result<()> {
        loop {
            let batches = match self.fetch(topic, partition, offset) {
                Fetch::End => return Ok(()),
                Fetch::Batch(batch) => vec![batch],
                Fetch::OnDisk(offset) => self.fetch_from_disk(topic, partition, offset)?,
            };
            if batches.is_empty() {
                return Ok(());
            }
            for Batch { base, count, raw } in batches {
                let records = record::decode_records(raw, count).map_err(io::Error::other)?;
                for (at, record) in (base..).zip(records) {
                    if at >= offset && !on_record(at, record) {
                        return Ok(());
                    }
                }
                offset = base.saturating_add(u64::from(count));
            }
        }
    }

    /// First offset whose record has a timestamp at or after `time`: blocks.
    pub fn offset_for_time(&self, topic: &Topic, partition: u32, time: Timestamp) -> io::Result<Option<u64>> {
        let mut from = 0;
        loop {
            let chunk = topic.partition(partition).and_then(|state| {
                let from = state.low.max(from);
                state.chunk_reaching(from, time.nanos())
            });
            let Some((start, end)) = chunk else { return Ok(None) };
            let mut found = None;
            self.visit(topic, partition, start, |offset, record| {
                if record.timestamp >= time {
                    found = Some(offset);
                }
                found.is_none() && offset + 1 < end
            })?;
            if found.is_some() {
                return Ok(found);
            }
            from = end;
        }
    }

    fn read_batches(&self, segment: &Segment, key: PartitionKey, entries: &[Entry]) -> io::Result<Vec<Batch>> {
        let mut batches = Vec::new();
        let mut bytes = 0;
        for entry in entries {
            match read_batch(segment, key, entry)? {
                Ok(batch) => {
                    bytes += batch.raw.len();
                    batches.push(batch);
                }
                Err(detail) => self.report_damage(Damage {
                    segment: segment.path.clone(),
                    position: u64::from(entry.position),
                    bytes: u64::from(entry.length),
                    detail: format!("offsets {} to {} of {key:?}: {detail}", entry.base, entry.end() - 1),
                }),
            }
            if bytes >= FETCH_BYTES {
                break;
            }
        }
        Ok(batches)
    }

    pub fn index(&self, segment: &Segment, stretch: &Stretch) -> io::Result<Arc<[Entry]>> {
        let key = (segment.opening, (stretch.topic, stretch.partition));
        if let Some(kept) = lock(&self.indexes).kept.iter().find(|kept| kept.of == key) {
            return Ok(kept.entries.clone());
        }
        let entries: Arc<[Entry]> = match segment.index(stretch)? {
            Some(entries) => entries.into(),
            None => {
                self.report_damage(Damage {
                    segment: segment.path.clone(),
                    position: stretch.index_position,
                    bytes: 0,
                    detail: "the index is unreadable; the segment was scanned instead".into(),
                });
                super::recovery::scan_stretch(segment, stretch)?.into()
            }
        };
        let mut cache = lock(&self.indexes);
        cache.entries += entries.len();
        cache.kept.push_back(KeptIndex {
            of: key,
            entries: entries.clone(),
        });
        while cache.entries > INDEX_ENTRIES_MAX && cache.kept.len() > 1 {
            cache.entries -= cache.kept.pop_front().map_or(0, |gone| gone.entries.len());
        }
        Ok(entries)
    }

    /// Tells each damaged place once.
    pub fn report_damage(&self, damage: Damage) {
        let mut known = lock(&self.damage);
        if known.len() < DAMAGE_MAX && !known.contains(&damage) {
            tracing::error!(
                segment = %damage.segment.display(),
                position = damage.position,
                bytes = damage.bytes,
                "the event log is damaged: {}",
                damage.detail
            );
            known.push(damage);
        }
    }

    pub fn damage(&self) -> Vec<Damage> {
        lock(&self.damage).clone()
    }

    pub fn close(&self) -> bool {
        self.closed.swap(true, Ordering::SeqCst)
    }

    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    pub fn fail(&self, reason: &str) {
        tracing::error!("the event log stops accepting records: {reason}");
        *lock(&self.failure) = Some(reason.to_owned());
    }

    /// Whether work may still begin.
    pub fn check_open(&self) -> Result<(), BusError> {
        if self.is_closed() {
            return Err(BusError::Closed);
        }
        self.check_sound().map_err(BusError::Io)
    }

    /// Whether the log can still be written.
    pub fn check_sound(&self) -> io::Result<()> {
        match &*lock(&self.failure) {
            Some(reason) => Err(io::Error::other(reason.clone())),
            None => Ok(()),
        }
    }
}

/// The outer error is the disk's, the inner one the data's.
fn read_batch(segment: &Segment, key: PartitionKey, entry: &Entry) -> io::Result<Result<Batch, String>> {
    let bytes = match segment.read(u64::from(entry.position), entry.length as usize) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Err("the file is too short".into())),
        other => other?,
    };
    Ok(match frame::decode_frame(&bytes, segment.salt) {
        Ok((header, body)) if (header.topic, header.partition, header.base) == (key.0, key.1, entry.base) => {
            let raw = frame::unpack(&header, body).map_err(|error| error.to_string());
            raw.map(|raw| Batch {
                base: header.base,
                count: header.count,
                raw,
            })
        }
        Ok(_) => Err("another batch lies in its place".into()),
        Err(error) => Err(error.to_string()),
    })
}
