//! Log files that grow, followed: sensors that write to this machine's disk.
//!
//! Files are looked at, not watched: network file systems tell of no changes, and a rotation is found the same way as a start.
//! Invariants: a line is sent once it is complete, and again, with the same position, if the server ended before its
//! checkpoint; files that a rotation packed were read before; memory is bounded by one batch.

pub mod checkpoint;
mod config;
pub mod lines;
mod tail;

use crate::{
    clock::Clock,
    ingest::{BatchOrigin, Door, Frame, Ingestor, Intake, IntakeLimits, Sender},
};
use bytes::Bytes;
use checkpoint::{Checkpoint, Checkpoints};
pub use config::FollowConfig;
use config::{host, source_of};
use glob::Pattern;
use lines::Line;
use std::{
    fs::{File, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tail::{Begun, Kinship, Tail};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use watchfloor_shared::TenantId;

const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often folders are searched for new files.
const SEARCH_EVERY: Duration = Duration::from_secs(2);
/// Who writes to a file goes on doing so for a while after it was renamed.
const RENAMED_WAIT: Duration = Duration::from_secs(30);
/// A file that has not grown for this long is closed until it does.
const QUIET_MAX: Duration = Duration::from_secs(300);
/// Rotations pack what was read before.
const PACKED: [&str; 6] = ["gz", "zst", "bz2", "xz", "lz4", "zip"];
const READ_BYTES: usize = 256 << 10;
/// Of one file, before the others have their turn.
const TURN_BYTES: usize = 8 << 20;
const FILES_MAX: usize = 1_024;
/// Checkpoints of files that are nowhere to be found are kept this long.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(7 * 24 * 3_600);

/// One `[[follow]]` with its tenant found.
pub struct Followed {
    pub config: FollowConfig,
    pub tenant: TenantId,
}

pub struct Follower {
    pub ingest: Ingestor,
    pub clock: Clock,
    pub stop: CancellationToken,
    pub checkpoints: Checkpoints,
    pub followed: Vec<Followed>,
}

/// A file that is open.
struct Open {
    tail: Tail,
    sender: Sender,
    /// Since when its path leads elsewhere or nowhere.
    renamed: Option<Instant>,
    grew: Instant,
}

/// What a turn left.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    More,
    Nothing,
    Stopped,
}

impl Follower {
    /// Follows until stopped, on a thread of its own.
    pub fn run(self, runtime: &Handle) -> io::Result<()> {
        let stored = self.checkpoints.load()?;
        let mut work = Work {
            host: host(),
            runtime,
            buffer: vec![0; READ_BYTES],
            open: Vec::new(),
            is_changed: false,
            closed: stored,
            follower: self,
        };
        let mut searched: Option<Instant> = None;
        while !work.follower.stop.is_cancelled() {
            if searched.is_none_or(|searched| searched.elapsed() >= SEARCH_EVERY) {
                work.search(searched.is_none());
                searched = Some(Instant::now());
            }
            let turn = work.turn();
            work.store();
            match turn {
                Turn::More => {}
                Turn::Nothing => std::thread::sleep(LOOK_EVERY),
                Turn::Stopped => break,
            }
        }
        Ok(())
    }
}

impl Follower {
    /// Which of the settings names this path.
    fn number_of(&self, path: &Path) -> Option<usize> {
        let names = |pattern: &String| Pattern::new(pattern).is_ok_and(|pattern| pattern.matches_path(path));
        let mut followed = self.followed.iter();
        followed.position(|followed| followed.config.paths.iter().any(names))
    }
}

struct Work<'r> {
    follower: Follower,
    runtime: &'r Handle,
    host: String,
    buffer: Vec<u8>,
    open: Vec<Open>,
    /// Of files that are not open.
    closed: Vec<Checkpoint>,
    is_changed: bool,
}

impl Work<'_> {
    /// Opens what is new, and notices what was renamed.
    fn search(&mut self, is_first: bool) {
        let mut found: Vec<(PathBuf, usize)> = Vec::new();
        for (number, followed) in self.follower.followed.iter().enumerate() {
            let paths = followed
                .config
                .paths
                .iter()
                .filter_map(|pattern| glob::glob(pattern).ok());
            found.extend(paths.flatten().flatten().map(|path| (path, number)));
        }
        // A file that was renamed while nobody looked is finished where it is now.
        for checkpoint in self.closed.iter().filter(|_| is_first) {
            if let Some(number) = self.follower.number_of(&checkpoint.path)
                && let Some(path) = moved(checkpoint)
                && !found.iter().any(|(known, _)| *known == path)
            {
                found.push((path, number));
            }
        }
        let now = Instant::now();
        for open in &mut self.open {
            open.renamed = open.renamed.or(Some(now));
        }
        for (path, number) in found {
            if let Err(error) = self.consider(&path, number) {
                tracing::warn!(path = %path.display(), %error, "a followed file cannot be read");
            }
        }
        let now = self.follower.clock.now();
        let count = self.closed.len();
        self.closed
            .retain(|checkpoint| now.since(checkpoint.seen) < FORGOTTEN_AFTER);
        self.is_changed |= self.closed.len() != count;
    }

    fn consider(&mut self, path: &Path, number: usize) -> io::Result<()> {
        let is_packed = path
            .extension()
            .is_some_and(|kind| PACKED.iter().any(|packed| kind == *packed));
        let Some(metadata) = std::fs::metadata(path).ok().filter(|_| !is_packed) else {
            return Ok(());
        };
        let now = self.follower.clock.now();
        if let Some(open) = self.open.iter_mut().find(|open| open.tail.is(&metadata)) {
            open.renamed = None;
            open.tail.seen_at(path, now);
            return Ok(());
        }
        if !metadata.is_file() || self.is_read(&metadata) {
            return Ok(());
        }
        let file = File::open(path)?;
        // What was looked at may be another file by now.
        let metadata = file.metadata()?;
        let Begun::Log(head) = tail::begun(&file)? else {
            return Ok(());
        };
        if self.open.len() >= FILES_MAX {
            tracing::warn!(path = %path.display(), "{FILES_MAX} files are followed, this one is not");
            return Ok(());
        }
        let Some(sender) = self.sender(path, number) else {
            return Ok(());
        };
        let tail = match self.known(&file, &metadata, path, head)? {
            Some(checkpoint) => Tail::resume(file, &metadata, path, checkpoint, now)?,
            None => {
                let before = self.closed.iter().filter(|known| known.inode == metadata.ino());
                let generation = before.map(|known| tail::next_generation(known, head)).max();
                tracing::info!(path = %path.display(), "following");
                Tail::new(file, &metadata, path, head, generation.unwrap_or(0), now)
            }
        };
        self.open.push(Open {
            tail,
            sender,
            renamed: None,
            grew: Instant::now(),
        });
        Ok(())
    }

    /// Whether a closed file has nothing new.
    fn is_read(&mut self, metadata: &Metadata) -> bool {
        let is_it = |known: &&mut Checkpoint| {
            (known.device, known.inode, known.offset) == (metadata.dev(), metadata.ino(), metadata.len())
        };
        let Some(known) = self.closed.iter_mut().find(is_it) else {
            return false;
        };
        known.seen = self.follower.clock.now();
        true
    }

    /// The checkpoint of this file, or else of one that it is a copy of.
    fn known(&mut self, file: &File, metadata: &Metadata, path: &Path, head: u64) -> io::Result<Option<Checkpoint>> {
        let mut copied = None;
        for at in 0..self.closed.len() {
            match tail::kinship(&self.closed[at], file, metadata, path, head)? {
                Kinship::Same => return Ok(Some(self.closed.remove(at))),
                Kinship::Copy => copied = Some(self.closed[at].clone()),
                Kinship::None => {}
            }
        }
        for open in &self.open {
            let checkpoint = open.tail.checkpoint();
            if tail::kinship(checkpoint, file, metadata, path, head)? == Kinship::Copy {
                copied = Some(checkpoint.clone());
            }
        }
        Ok(copied)
    }

    fn sender(&self, path: &Path, number: usize) -> Option<Sender> {
        let followed = self.follower.followed.get(number)?;
        let source = followed.config.source.as_deref().map(|source| source_of(source, path));
        let sensor = followed.config.sensor.clone().unwrap_or_else(|| self.host.clone());
        Some(Sender {
            tenant: followed.tenant.clone(),
            door: Door::Follow,
            origin: BatchOrigin {
                source: source.map(Bytes::from),
                sensor: Some(Bytes::from(sensor)),
            },
            charged: None,
        })
    }

    /// Reads each file on.
    fn turn(&mut self) -> Turn {
        let mut turn = Turn::Nothing;
        let mut at = 0;
        while at < self.open.len() {
            let outcome = self.read_on(at);
            let is_over = match outcome {
                Ok((Turn::Stopped, _)) => return Turn::Stopped,
                Ok((Turn::More, is_over)) => {
                    turn = Turn::More;
                    is_over
                }
                Ok((Turn::Nothing, is_over)) => is_over,
                Err(error) => {
                    let path = self.open[at].tail.checkpoint().path.display().to_string();
                    tracing::warn!(path, %error, "a followed file cannot be read on");
                    true
                }
            };
            match is_over {
                true => self.close(at),
                false => at += 1,
            }
        }
        turn
    }

    /// Reads one file on. Also whether it is done with.
    fn read_on(&mut self, at: usize) -> io::Result<(Turn, bool)> {
        let (follower, mut out) = (&self.follower, Vec::new());
        let Some(Open {
            tail,
            sender,
            renamed,
            grew,
        }) = self.open.get_mut(at)
        else {
            return Ok((Turn::Nothing, false));
        };
        if tail.was_emptied()? {
            let Some(anew) = tail.anew(follower.clock.now())? else {
                return Ok((Turn::Nothing, false));
            };
            // A rotation may have made a copy, which is known by it.
            self.closed.push(tail.checkpoint().clone());
            *tail = anew;
            self.is_changed = true;
        }
        let mut intake = Intake::new(&follower.ingest, sender.clone(), &IntakeLimits::default());
        let mut read = 0;
        while read < TURN_BYTES {
            let count = tail.read(&mut self.buffer, &mut out)?;
            read += count;
            let is_end = count == 0;
            let is_left = is_end && renamed.is_some_and(|since| since.elapsed() >= RENAMED_WAIT);
            if is_left {
                tail.finish(&mut out);
            } else if is_end {
                tail.rest();
            } else {
                *grew = Instant::now();
            }
            if !out.is_empty() {
                if !self
                    .runtime
                    .block_on(submit(&mut intake, tail, &mut out, &follower.stop))
                {
                    tail.rewind()?;
                    return Ok((Turn::Stopped, false));
                }
                tail.taken()?;
                self.is_changed = true;
            }
            if is_end {
                let is_quiet = grew.elapsed() >= QUIET_MAX && !tail.is_inside();
                return Ok((Turn::Nothing, is_left || is_quiet));
            }
        }
        Ok((Turn::More, false))
    }

    fn close(&mut self, at: usize) {
        let open = self.open.swap_remove(at);
        self.closed.push(open.tail.checkpoint().clone());
        self.is_changed = true;
    }

    fn store(&mut self) {
        if !self.is_changed {
            return;
        }
        let open = self.open.iter().map(|open| open.tail.checkpoint());
        let all = open.chain(&self.closed).cloned().collect();
        match self.follower.checkpoints.store(all) {
            Ok(()) => self.is_changed = false,
            // Nothing is lost by it: after a restart lines come again, with the places that they had.
            Err(error) => tracing::warn!(%error, "how far files were read cannot be stored"),
        }
    }
}

/// Waits until the disk has the lines; returns false if the product stops before.
async fn submit(intake: &mut Intake, tail: &Tail, lines: &mut Vec<Line>, stop: &CancellationToken) -> bool {
    for Line { frame, offset } in lines.drain(..) {
        let position = tail.position(offset);
        match frame {
            Frame::Record(record) => intake.hold(record, position),
            Frame::TooLong { kept, length_bytes } => {
                while let Err(error) = intake.reject(&kept, length_bytes, position).await {
                    tracing::warn!(%error, "a line that is too long waits for the bus");
                    tokio::select! {
                        () = stop.cancelled() => return false,
                        () = tokio::time::sleep(LOOK_EVERY) => {}
                    }
                }
            }
        }
        if intake.is_full() && !intake.flush_patiently(stop).await {
            return false;
        }
    }
    intake.flush_patiently(stop).await
}

/// Where a file is now whose path leads elsewhere: renamed in its folder.
fn moved(checkpoint: &Checkpoint) -> Option<PathBuf> {
    let is_it = |metadata: &Metadata| metadata.is_file() && metadata.ino() == checkpoint.inode;
    if std::fs::metadata(&checkpoint.path).is_ok_and(|metadata| is_it(&metadata)) {
        return None;
    }
    let mut entries = std::fs::read_dir(checkpoint.path.parent()?).ok()?.flatten();
    let entry = entries.find(|entry| entry.metadata().is_ok_and(|metadata| is_it(&metadata)))?;
    Some(entry.path())
}

#[cfg(test)]
mod tests;
