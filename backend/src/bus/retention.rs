//! Retention: moves low watermarks, deletes segments that hold nothing any more, and rewrites those that are mostly dead, so
//! that a topic kept for long does not hold on to the bytes of one kept briefly.

use super::{
    BusError, Retention,
    embedded::Inner,
    frame::HEADER_BYTES,
    partition::{Chunk, ChunkIndex, PartitionState, Topic},
    segment::{self, Entry, Held, PartitionKey, Segment, Stretch},
    state::{Bounds, StateChange},
    store::Store,
};
use std::{
    collections::BTreeMap,
    fs, io,
    sync::{Arc, atomic::Ordering},
};
use watchfloor_shared::Timestamp;

/// Segments below this are not worth a rewrite.
const REWRITE_BYTES_MIN: u64 = 256 * 1024;

pub async fn apply(inner: &Arc<Inner>, now: Timestamp) -> Result<(), BusError> {
    let store = inner.store.clone();
    if any_active_due(&store, now) {
        while_there_is_room(&store, inner.roll()).await?;
    }
    let trims = due(&store, now);
    if !trims.is_empty() {
        let told = inner.change_state(Some(StateChange::Trim(trims.clone())));
        while_there_is_room(&store, told).await?;
        trims.iter().for_each(|trim| forget(&store, trim));
    }
    let swept = tokio::task::spawn_blocking(move || sweep(&store)).await;
    Ok(swept.map_err(io::Error::other)??)
}

/// On a full disk nothing can be written, and deleting is what helps. The log finds its watermarks without these writes, only
/// lower ones for what shares a segment with the living.
async fn while_there_is_room(store: &Store, work: impl Future<Output = Result<(), BusError>>) -> Result<(), BusError> {
    if store.disk_full.load(Ordering::SeqCst) {
        return Ok(());
    }
    match work.await {
        Err(BusError::DiskFull) => Ok(()),
        other => other,
    }
}

fn each_partition(store: &Store, mut visit: impl FnMut(&Topic, u32, &mut PartitionState)) {
    for topic in store.topics() {
        for partition in 0..topic.partition_count() {
            if let Some(mut state) = topic.partition(partition) {
                visit(&topic, partition, &mut state);
            }
        }
    }
}

/// Whether the segment being written has to be sealed for retention to get at what is due in it.
fn any_active_due(store: &Store, now: Timestamp) -> bool {
    let active = store.active_segment.load(Ordering::SeqCst);
    let mut any = false;
    each_partition(store, |topic, _, state| {
        let retention = topic.spec().retention;
        if let Some(chunk) = state.chunks.back().filter(|chunk| chunk.segment.id == active) {
            any |= too_old(&retention, &chunk.stretch, now);
            any |= retention
                .bytes_max
                .is_some_and(|bytes_max| chunk.stretch.bytes > bytes_max);
        }
    });
    any
}

fn too_old(retention: &Retention, stretch: &Stretch, now: Timestamp) -> bool {
    retention
        .age_max
        .is_some_and(|age_max| Timestamp::from_nanos(stretch.timestamp_max) < now.saturating_sub(age_max))
}

/// The watermarks as they should be. The newest `bytes_max` of a partition always stay.
fn due(store: &Store, now: Timestamp) -> Vec<Bounds> {
    let active = store.active_segment.load(Ordering::SeqCst);
    let mut trims = Vec::new();
    each_partition(store, |topic, partition, state| {
        let retention = topic.spec().retention;
        let mut bytes = state.bytes();
        let mut low = state.low;
        for chunk in state.chunks.iter().take_while(|chunk| chunk.segment.id < active) {
            let rest = bytes - chunk.stretch.bytes;
            let too_many = retention.bytes_max.is_some_and(|bytes_max| rest >= bytes_max);
            if !too_many && !too_old(&retention, &chunk.stretch, now) {
                break;
            }
            (bytes, low) = (rest, chunk.stretch.end);
        }
        if low > state.low {
            trims.push(Bounds {
                topic: topic.id,
                partition,
                low,
                high: state.high,
            });
        }
    });
    trims
}

fn forget(store: &Store, trim: &Bounds) {
    if let Some(topic) = store.topic_by_id(trim.topic)
        && let Some(mut state) = topic.partition(trim.partition)
    {
        state.chunks.retain(|chunk| chunk.stretch.end > trim.low);
        // Where a stretch is missing in between, the first record that is there counts.
        state.low = state
            .chunks
            .front()
            .map_or(state.high, |chunk| chunk.stretch.base.max(trim.low));
    }
}

/// Frees the disk of what no partition holds any more.
fn sweep(store: &Store) -> io::Result<()> {
    let active = store.active_segment.load(Ordering::SeqCst);
    let mut live: BTreeMap<u64, (Arc<Segment>, u64)> = BTreeMap::new();
    each_partition(store, |_, _, state| {
        for chunk in &state.chunks {
            let held = live
                .entry(chunk.segment.id)
                .or_insert_with(|| (chunk.segment.clone(), 0));
            held.1 += chunk.stretch.bytes;
        }
    });
    for id in super::recovery::segment_ids(&store.dir)?
        .into_iter()
        .filter(|id| *id < active)
    {
        match live.get(&id) {
            // A file whose head is unreadable may still be worth something to somebody.
            None => {
                if let Some(segment) = Segment::open(&store.dir, id)? {
                    fs::remove_file(&segment.path)?;
                }
            }
            Some((segment, live_bytes)) => {
                let length = segment.file.metadata()?.len();
                if length >= REWRITE_BYTES_MIN && live_bytes * 2 < length {
                    rewrite(store, segment)?;
                }
            }
        }
    }
    segment::sync_dir(&store.dir)
}

/// Copies what lives of a sealed segment into its successor of the same number.
fn rewrite(store: &Store, old: &Arc<Segment>) -> io::Result<()> {
    let mut chunks = Vec::new();
    each_partition(store, |_, _, state| {
        chunks.extend(
            state
                .chunks
                .iter()
                .filter(|chunk| chunk.segment.opening == old.opening)
                .cloned(),
        );
    });
    let mut bytes = segment::header_of(old.salt);
    let mut held: Held = Held::new();
    for chunk in &chunks {
        let entries = match &chunk.index {
            ChunkIndex::InMemory(entries) => entries.as_slice().into(),
            ChunkIndex::OnDisk => store.index(old, &chunk.stretch)?,
        };
        let mut moved = Vec::with_capacity(entries.len());
        for entry in entries.iter().filter(|entry| entry.length as usize >= HEADER_BYTES) {
            let position = bytes.len() as u32;
            bytes.extend_from_slice(&old.read(u64::from(entry.position), entry.length as usize)?);
            moved.push(Entry { position, ..*entry });
        }
        held.insert((chunk.stretch.topic, chunk.stretch.partition), (chunk.stretch, moved));
    }
    let (end, stretches) = segment::seal(bytes.len() as u64, old.salt, &held);
    bytes.extend_from_slice(&end);
    let new = Arc::new(Segment::publish(&store.dir, old.id, old.salt, &bytes)?);
    let sealed: BTreeMap<PartitionKey, Stretch> = stretches.into_iter().map(|s| ((s.topic, s.partition), s)).collect();
    each_partition(store, |topic, partition, state| {
        for chunk in state
            .chunks
            .iter_mut()
            .filter(|chunk| chunk.segment.opening == old.opening)
        {
            if let Some(stretch) = sealed.get(&topic.key(partition)) {
                *chunk = Chunk {
                    segment: new.clone(),
                    stretch: *stretch,
                    index: ChunkIndex::OnDisk,
                };
            }
        }
    });
    Ok(())
}
