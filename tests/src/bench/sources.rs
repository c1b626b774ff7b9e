//! What each normalizer costs: recordings through the engine on one thread. And each door, see [`doors`].

use super::{doors, measure};
use crate::fixtures;
use anyhow::{Context, Result};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};
use watchfloor::replay::reader;
use watchfloor_engine::{
    Verdict,
    normalize::{Origin, RawContext, auditd, normalize},
};
use watchfloor_shared::Timestamp;

/// Recordings below the shared folder.
const RECORDINGS: [&str; 3] = ["data/network", "data/train", "data/oracles"];
/// Of one source so many records are enough, and so many for a figure.
const RECORDS_MAX: usize = 60_000;
const RECORDS_MIN: usize = 200;
const AUDIT_TIMEOUT: Duration = Duration::from_secs(2);

/// The keys are a contract of `cargo xtask bench sources --json`.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// By recording: what became of its records.
    pub recordings: BTreeMap<String, Fates>,
    /// By `event.module`: what normalizing costs, serializing included.
    pub normalizers: BTreeMap<String, Cost>,
    /// By door: documents accepted, on the disk.
    pub doors: BTreeMap<String, Cost>,
}

#[derive(Debug, Default, Serialize)]
pub struct Fates {
    pub lines: u64,
    pub events: u64,
    /// By reason.
    pub dead_letters: BTreeMap<String, u64>,
    pub events_per_second: f64,
}

#[derive(Debug, Default, Serialize)]
pub struct Cost {
    pub records: u64,
    /// Of one record as sent.
    pub bytes: f64,
    /// By the wall clock.
    pub events_per_second: f64,
    /// CPU time: of the thread for a normalizer, of the whole process, sender included, for a door.
    pub cpu_us_per_event: f64,
}

pub async fn run(with_doors: bool) -> Result<Report> {
    let mut report = Report::default();
    let mut by_module: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    let unpacked = tempfile::tempdir()?;
    for (name, path) in recordings(unpacked.path())? {
        let fates = read(&path, &mut by_module).with_context(|| name.clone())?;
        if fates.lines > 0 {
            report.recordings.insert(name, fates);
        }
    }
    for (module, records) in by_module.iter().filter(|(_, records)| records.len() >= RECORDS_MIN) {
        report.normalizers.insert(module.clone(), cost(records));
    }
    if with_doors {
        report.doors = doors::run().await?;
    }
    Ok(report)
}

/// Every recording by its name below the shared folder, archives unpacked.
fn recordings(unpacked: &Path) -> Result<Vec<(String, PathBuf)>> {
    let shared = fixtures::shared().context("there are no recordings beside the repository")?;
    let mut found = Vec::new();
    for folder in RECORDINGS.map(|folder| shared.join(folder)) {
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let path = entry?.into_path();
            let name = path.strip_prefix(&shared)?.to_string_lossy().into_owned();
            if name.ends_with(".tar.zst") {
                let to = unpacked.join(found.len().to_string());
                std::fs::create_dir(&to)?;
                let mut tar = Command::new("tar");
                let status = tar.arg("--zstd").arg("-xf").arg(&path).arg("-C").arg(&to).status()?;
                anyhow::ensure!(status.success(), "cannot unpack {name}");
                found.push((name, to));
            } else if path.is_file() && !name.ends_with(".md") {
                found.push((name, path));
            }
        }
    }
    Ok(found)
}

/// Audit records are joined first, as the pipeline does.
fn read(path: &Path, by_module: &mut BTreeMap<String, Vec<Vec<u8>>>) -> Result<Fates> {
    let mut fates = Fates::default();
    let mut audit = auditd::Assembler::new(AUDIT_TIMEOUT, 256);
    let started = Instant::now();
    // Oracles hold other files too: those are no recordings.
    let Ok(lines) = reader::open(path) else {
        return Ok(fates);
    };
    for line in lines {
        let line = line?.bytes;
        fates.lines += 1;
        match auditd::carried(&line) {
            Some(carried) => {
                for event in audit.on_line(Timestamp::EPOCH, &carried.line) {
                    take(event.into_bytes(), &mut fates, by_module);
                }
            }
            None => take(line.to_vec(), &mut fates, by_module),
        }
    }
    for event in audit.finish() {
        take(event.lines.into_bytes(), &mut fates, by_module);
    }
    fates.events_per_second = fates.events as f64 / started.elapsed().as_secs_f64();
    Ok(fates)
}

fn take(record: Vec<u8>, fates: &mut Fates, by_module: &mut BTreeMap<String, Vec<Vec<u8>>>) {
    match normalize(&record, &context()) {
        Verdict::Emit(event) => {
            fates.events += 1;
            let module = event.text("event.module").unwrap_or("windows").to_owned();
            let records = by_module.entry(module).or_default();
            if records.len() < RECORDS_MAX {
                records.push(record);
            }
        }
        Verdict::Dead(reason) => *fates.dead_letters.entry(reason.as_str().to_owned()).or_default() += 1,
        Verdict::Drop(_) => {}
    }
}

fn context() -> RawContext<'static> {
    RawContext {
        received: Timestamp::EPOCH,
        position: 0,
        simulated: false,
        origin: Origin {
            source: None,
            sensor: Some("sensor-1"),
        },
    }
}

/// The second round counts: the first fills the caches.
fn cost(records: &[Vec<u8>]) -> Cost {
    let mut cost = Cost::default();
    for _ in 0..2 {
        let (cpu, started) = (measure::thread_cpu(), Instant::now());
        let mut bytes_out = 0;
        for record in records {
            if let Verdict::Emit(event) = normalize(record, &context()) {
                bytes_out += event.to_json().len();
            }
        }
        std::hint::black_box(bytes_out);
        let count = records.len() as f64;
        cost = Cost {
            records: records.len() as u64,
            bytes: records.iter().map(Vec::len).sum::<usize>() as f64 / count,
            events_per_second: count / started.elapsed().as_secs_f64(),
            cpu_us_per_event: (measure::thread_cpu() - cpu).as_secs_f64() * 1e6 / count,
        };
    }
    cost
}
