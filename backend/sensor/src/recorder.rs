//! The loop that turns what happens into records in the spool. A thread of its own: it reads kernel buffers and writes files.
//!
//! Invariant: what was taken from capture is in the spool, or counted, before the next round. A followed file's checkpoint is
//! saved only after its lines are.

use crate::{
    agent::Shared,
    capture::{Capture, Observed},
    clock,
    control::live::Live,
    host::Host,
    lost::Reason,
    process::Processes,
    repeats::Repeats,
    spool::{Label, Place},
    tail::Tails,
};
use rustc_hash::FxHashSet;
use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::watch;
use watchfloor_shared::sensor::{SENSOR_SCHEMA, SensorAction, SensorProcess, SensorRecord};

/// Seldom enough to cost nothing when idle, often enough to be on the screen within a second.
const ROUND: Duration = Duration::from_millis(50);
const SYNC: Duration = Duration::from_secs(1);
const RECORD: Label<'static> = Label {
    source: "ebpf",
    numbered: true,
    place: Place { file: 0, offset: 0 },
};

pub struct Recorder {
    host: Host,
    capture: Option<Box<dyn Capture>>,
    quiet: FxHashSet<String>,
    live: watch::Receiver<Live>,
    tails: Tails,
    processes: Processes,
    repeats: Repeats,
    shared: Arc<Shared>,
    observed: Vec<Observed>,
    records: Vec<SensorRecord>,
    encoded: Vec<u8>,
    synced: Instant,
    made_room: Instant,
}

impl Recorder {
    pub fn new(host: Host, capture: Option<Box<dyn Capture>>, tails: Tails, shared: Arc<Shared>) -> Self {
        let mut live = shared.live().subscribe();
        live.mark_changed();
        Self {
            host,
            capture,
            quiet: FxHashSet::default(),
            live,
            tails,
            processes: Processes::default(),
            repeats: Repeats::default(),
            shared,
            observed: Vec::new(),
            records: Vec::new(),
            encoded: Vec::new(),
            synced: Instant::now(),
            made_room: Instant::now(),
        }
    }

    pub fn run(mut self, stopped: &watch::Receiver<bool>) {
        while !*stopped.borrow() {
            let began = Instant::now();
            if let Err(error) = self.round() {
                tracing::error!(%error, "records could not be kept");
            }
            std::thread::sleep(ROUND.saturating_sub(began.elapsed()));
        }
        if let Err(error) = self.round().and_then(|()| self.finish()) {
            tracing::error!(%error, "the last records could not be kept");
        }
    }

    fn round(&mut self) -> io::Result<()> {
        if let Some(capture) = &mut self.capture
            && let Err(error) = capture.poll(&mut self.observed)
        {
            tracing::warn!(%error, "capture gave nothing");
        }
        if self.live.has_changed().unwrap_or_default() {
            self.quiet = self.live.borrow_and_update().quiet.iter().cloned().collect();
        }
        let mut texts = Vec::new();
        let metrics = &self.shared.metrics;
        metrics.observed.add(self.observed.len() as u64);
        for observed in self.observed.drain(..) {
            match observed {
                Observed::Activity(activity) => {
                    let record = self.processes.record(&self.host, *activity);
                    if is_quiet(&self.quiet, &record) {
                        metrics.quiet.add(1);
                        continue;
                    }
                    let time = record.time;
                    self.repeats.on_record(time, record, &mut self.records);
                }
                Observed::Text { source, text } => texts.push((source, text)),
                Observed::Lost { count, reason } => {
                    self.shared.spool().give_up(reason, count);
                    self.records.push(lost(&self.host, count, reason));
                }
            }
        }
        self.repeats.on_deadline(clock::now(), &mut self.records);
        self.write(&texts)?;
        self.follow()?;
        if self.synced.elapsed() >= SYNC {
            self.synced = Instant::now();
            self.shared.spool().sync()?;
        }
        Ok(())
    }

    fn write(&mut self, texts: &[(&'static str, String)]) -> io::Result<()> {
        if self.records.is_empty() && texts.is_empty() {
            return Ok(());
        }
        let mut spool = self.shared.spool();
        let metrics = &self.shared.metrics;
        metrics.recorded.add((self.records.len() + texts.len()) as u64);
        // What does not fit on the disk is counted by the spool; the rest goes on.
        let mut kept = Ok(());
        for mut record in self.records.drain(..) {
            if record.repeats > 1 {
                metrics.folded.add(record.repeats);
            }
            record.sequence = spool.sequence();
            self.encoded.clear();
            serde_json::to_writer(&mut self.encoded, &record)?;
            kept = kept.and(spool.append(RECORD, &self.encoded));
        }
        for (source, text) in texts {
            let label = Label {
                source,
                ..Label::default()
            };
            kept = kept.and(spool.append(label, text.as_bytes()));
        }
        let flushed = spool.flush();
        kept = kept.and(flushed);
        drop(spool);
        self.shared.ready.notify_one();
        kept
    }

    /// Takes lines of followed files, as long as there is room: they wait where they are.
    fn follow(&mut self) -> io::Result<()> {
        let has_room = self.shared.spool().has_room();
        let Self { tails, shared, .. } = self;
        if !has_room && self.made_room.elapsed() >= SYNC {
            self.made_room = Instant::now();
            let lost = tails.make_room();
            if lost > 0 {
                shared.spool().give_up(Reason::SpoolFull, lost);
            }
        }
        if !has_room || !tails.poll(clock::now()) {
            return Ok(());
        }
        let mut spool = shared.spool();
        let mut kept = Ok(());
        for line in tails.lines() {
            kept = kept.and(spool.append(line.label(), &line.text));
            shared.metrics.tailed.add(1);
            shared.metrics.recorded.add(1);
        }
        let flushed = spool.flush();
        kept = kept.and(flushed);
        drop(spool);
        shared.ready.notify_one();
        let saved = tails.save();
        kept.and(saved)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.repeats.finish(&mut self.records);
        self.write(&[])?;
        self.shared.spool().sync()
    }
}

/// Whether it is one of the writes and connections that this host does not want to hear of.
fn is_quiet(quiet: &FxHashSet<String>, record: &SensorRecord) -> bool {
    let is_busywork = matches!(
        record.action,
        SensorAction::FileOpen { .. } | SensorAction::Connection { .. }
    );
    let executable = record.process.executable.as_ref();
    is_busywork && executable.is_some_and(|executable| quiet.contains(executable))
}

/// The gap, told as an event of its own.
fn lost(host: &Host, count: u64, reason: Reason) -> SensorRecord {
    SensorRecord {
        watchfloor_sensor: SENSOR_SCHEMA,
        host: host.name.clone(),
        boot_id: host.boot_id.clone(),
        sequence: 0,
        time: clock::now(),
        repeats: 1,
        process: SensorProcess {
            pid: std::process::id(),
            comm: "watchfloor-sens".to_owned(),
            ..SensorProcess::default()
        },
        action: SensorAction::Lost {
            count,
            reason: reason.name().to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_program_still_shows_what_it_starts() {
        let quiet = FxHashSet::from_iter(["/usr/bin/postgres".to_owned()]);
        let record = |executable: Option<&str>, action: SensorAction| SensorRecord {
            process: SensorProcess {
                executable: executable.map(str::to_owned),
                ..SensorProcess::default()
            },
            action,
            ..lost(&Host::default(), 0, Reason::SpoolFull)
        };
        let write = SensorAction::FileOpen {
            path: "/var/lib/x".to_owned(),
            created: true,
            truncated: false,
        };
        for (executable, action, expected) in [
            (Some("/usr/bin/postgres"), write.clone(), true),
            (Some("/usr/bin/postgres"), SensorAction::ProcessExec, false),
            (
                Some("/usr/bin/postgres"),
                SensorAction::ProcessFork { child_pid: 7 },
                false,
            ),
            (Some("/tmp/postgres"), write.clone(), false),
            (None, write, false),
        ] {
            assert_eq!(
                is_quiet(&quiet, &record(executable, action)),
                expected,
                "{executable:?}"
            );
        }
    }
}
