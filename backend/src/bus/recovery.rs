//! Opens the log directory: takes the lock, checks the version, and finds out what every segment holds. Sealed segments
//! answer from their footer; only the last one is read whole.

use super::{
    BusError, declared,
    embedded::BusOptions,
    frame::{FrameHeader, Kind},
    partition::{Chunk, ChunkIndex},
    replay::Replay,
    round::failure,
    scan,
    segment::{self, Entry, Held, Segment, Stretch},
    store::{Damage, Store},
};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read},
    path::Path,
    sync::Arc,
};

/// Where the next frame goes.
#[derive(Debug)]
pub struct Active {
    pub segment: Arc<Segment>,
    pub position: u64,
    pub batches: usize,
}

pub fn open(dir: &Path, options: BusOptions) -> Result<(Store, Active), BusError> {
    fs::create_dir_all(dir)?;
    let lock_file = take_lock(dir)?;
    remove_unfinished(dir)?;
    let ids = segment_ids(dir)?;
    check_format(dir, ids.is_empty())?;
    let topics = declared::load(dir)?;
    let store = Store::new(dir.to_owned(), options, topics, lock_file);

    let mut segments = Vec::new();
    for id in &ids {
        match Segment::open(dir, *id)? {
            Some(segment) => segments.push(Arc::new(segment)),
            None => report(
                &store,
                &Segment::path_of(dir, *id),
                0..0,
                "the file's head is unreadable; it is left alone",
            ),
        }
    }
    let last = segments.pop();
    let mut replay = Replay::default();
    // Positions come from the newest snapshot. Only where that is unreadable are older segments walked for it.
    let tail = last
        .map(|segment| read_last(&store, segment, &mut replay))
        .transpose()?;
    let headed = replay.has_snapshot;
    let from = if replay.has_snapshot {
        segments.len()
    } else {
        oldest_needed(&segments)?
    };
    let mut older = Replay::default();
    for (index, segment) in segments.iter().enumerate() {
        load_sealed(&store, segment, (index >= from).then_some(&mut older))?;
    }
    older.follow(replay);
    let active = tail
        .filter(|(_, walk)| !walk.sealed && headed)
        .map(|(segment, walk)| (segment, walk.end as u64));
    older.settle(&store);
    let next_id = ids.last().map_or(1, |last| last + 1);
    let active = match active {
        Some((segment, position)) => {
            let batches = batches_in(&store, segment.id);
            Active {
                segment,
                position,
                batches,
            }
        }
        None => create_active(&store, next_id).map_err(|error| failure(&error))?,
    };
    Ok((store, active))
}

/// The next segment, headed by what the log knows now.
pub fn create_active(store: &Store, id: u64) -> io::Result<Active> {
    let snapshot = serde_json::to_vec(&store.snapshot())?;
    let (segment, position) = Segment::create(&store.dir, id, &snapshot)?;
    Ok(Active {
        segment: Arc::new(segment),
        position,
        batches: 0,
    })
}

fn take_lock(dir: &Path) -> Result<File, BusError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BusError::Locked),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn check_format(dir: &Path, empty: bool) -> Result<(), BusError> {
    let path = dir.join("format");
    let known = segment::FORMAT_VERSION;
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && empty => {
            declared::write_whole(&path, format!("{known}\n").as_bytes()).map_err(BusError::Io)
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
            Err(BusError::Corrupt(format!("{} is unreadable: {error}", path.display())))
        }
        Err(error) => Err(error.into()),
        Ok(text) => match text.trim().parse::<u32>() {
            Ok(found) if found > known => Err(BusError::NewerFormat { found, known }),
            Ok(found) if found == known => Ok(()),
            _ => Err(BusError::Corrupt(format!(
                "{} says {:?} instead of a version",
                path.display(),
                text.trim()
            ))),
        },
    }
}

pub fn segment_ids(dir: &Path) -> io::Result<Vec<u64>> {
    let mut ids = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "seg") {
            ids.extend(path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok()));
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

fn remove_unfinished(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "tmp") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Reads the last segment whole, cuts a torn end off and keeps its batches in memory.
fn read_last(
    store: &Store,
    segment: Arc<Segment>,
    replay: &mut Replay,
) -> Result<(Arc<Segment>, scan::Walk), BusError> {
    let bytes = read_all(&segment)?;
    let mut held = Held::new();
    let walk = scan::walk(&bytes, segment.salt, false, |at, header, body| {
        replay.on_frame(header, body);
        hold(&mut held, at, header);
    });
    for range in &walk.damage {
        report(
            store,
            &segment.path,
            range.clone(),
            "unreadable bytes between whole frames",
        );
    }
    if walk.end < bytes.len() {
        let torn = bytes.len() - walk.end;
        tracing::warn!(segment = %segment.path.display(), bytes = torn, "cut off a write that was not finished");
        segment.file.set_len(walk.end as u64)?;
        segment.file.sync_data()?;
    }
    replay.last = Some((segment.clone(), held));
    Ok((segment, walk))
}

/// Takes over what a sealed segment holds: from its footer, or by walking it where the footer is gone or its state is wanted.
fn load_sealed(store: &Store, segment: &Arc<Segment>, replay: Option<&mut Replay>) -> Result<(), BusError> {
    let footer = segment.footer()?;
    if let (Some(stretches), None) = (&footer, &replay) {
        for stretch in stretches {
            add_chunk(
                store,
                Chunk {
                    segment: segment.clone(),
                    stretch: *stretch,
                    index: ChunkIndex::OnDisk,
                },
            );
        }
        return Ok(());
    }
    let bytes = read_all(segment)?;
    let mut held = Held::new();
    let mut replay = replay;
    let walk = scan::walk(&bytes, segment.salt, true, |at, header, body| {
        if let Some(replay) = &mut replay {
            replay.on_frame(header, body);
        }
        hold(&mut held, at, header);
    });
    for range in walk.damage {
        report(store, &segment.path, range, "unreadable bytes between whole frames");
    }
    add_held(store, segment, held);
    Ok(())
}

/// The batches of one partition in a segment whose index is unreadable.
pub fn scan_stretch(segment: &Segment, stretch: &Stretch) -> io::Result<Vec<Entry>> {
    let mut held = Held::new();
    scan::walk(&read_all(segment)?, segment.salt, true, |at, header, _| {
        hold(&mut held, at, header)
    });
    Ok(held
        .remove(&(stretch.topic, stretch.partition))
        .map(|(_, entries)| entries)
        .unwrap_or_default())
}

fn read_all(segment: &Segment) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(&segment.path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn hold(held: &mut Held, at: usize, header: &FrameHeader) {
    if header.kind != Kind::Batch {
        return;
    }
    let key = (header.topic, header.partition);
    let (stretch, entries) = held
        .entry(key)
        .or_insert_with(|| (Stretch::starting(key.0, key.1, header.base), Vec::new()));
    if header.base < stretch.end {
        return;
    }
    let entry = Entry {
        position: at as u32,
        length: header.frame_bytes() as u32,
        base: header.base,
        count: header.count,
        timestamp_max: header.timestamp_max,
    };
    stretch.extend(&entry);
    entries.push(entry);
}

/// What a segment holds, with its index in memory.
pub fn add_held(store: &Store, segment: &Arc<Segment>, held: Held) {
    for (stretch, entries) in held.into_values() {
        let chunk = Chunk {
            segment: segment.clone(),
            stretch,
            index: ChunkIndex::InMemory(entries),
        };
        add_chunk(store, chunk);
    }
}

fn add_chunk(store: &Store, chunk: Chunk) {
    let Stretch { topic, partition, .. } = chunk.stretch;
    let Some(topic) = store.topic_by_id(topic) else {
        return report(
            store,
            &chunk.segment.path,
            0..0,
            "records of a topic that was never declared",
        );
    };
    if let Some(mut state) = topic.partition(partition) {
        state.high = state.high.max(chunk.stretch.end);
        state.chunks.push_back(chunk);
    }
}

fn batches_in(store: &Store, segment: u64) -> usize {
    let mut batches = 0;
    for topic in store.topics() {
        for partition in 0..topic.partition_count() {
            if let Some(state) = topic.partition(partition)
                && let Some(Chunk {
                    segment: held,
                    index: ChunkIndex::InMemory(entries),
                    ..
                }) = state.chunks.back()
                && held.id == segment
            {
                batches += entries.len();
            }
        }
    }
    batches
}

/// Index of the newest sealed segment with a readable snapshot; the first when none has one.
fn oldest_needed(segments: &[Arc<Segment>]) -> io::Result<usize> {
    for (index, segment) in segments.iter().enumerate().rev() {
        let mut found = false;
        scan::walk(&read_all(segment)?, segment.salt, true, |_, header, _| {
            found |= header.kind == Kind::Snapshot
        });
        if found {
            return Ok(index);
        }
    }
    Ok(0)
}

fn report(store: &Store, path: &Path, range: std::ops::Range<usize>, detail: &str) {
    store.report_damage(Damage {
        segment: path.to_owned(),
        position: range.start as u64,
        bytes: range.len() as u64,
        detail: detail.to_owned(),
    });
}
