//! What an index does with real recordings: events per second, bytes per event, time per query.
//! `cargo test --release --test search_contract figures -- --ignored --nocapture`; `--test opensearch` for OpenSearch.

use std::{io::Read, time::Instant};
use watchfloor::search::{EncodedEvent, SearchIndex, SearchSpec};
use watchfloor_engine::{Event, Verdict, normalize, query};
use watchfloor_shared::{
    TenantId, Timestamp,
    search::{Aggregation, Order},
};
use watchfloor_tests::fixtures;

const EVENTS: usize = 100_000;
const BATCH: usize = 1_000;
const COMMIT_EVERY: usize = 10;

fn recorded(events_max: usize) -> Vec<Event> {
    let Some(folder) = fixtures::recording("data/train/windows/otrf") else {
        return Vec::new();
    };
    let mut events = Vec::new();
    for entry in walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
    {
        if !entry.path().to_string_lossy().ends_with(".jsonl.zst") || events.len() >= events_max {
            continue;
        }
        let file = std::fs::File::open(entry.path()).expect("a recording");
        let mut text = Vec::new();
        zstd::Decoder::new(file)
            .and_then(|mut decoder| decoder.read_to_end(&mut text))
            .expect("zstd");
        for (position, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let context = normalize::RawContext {
                received: Timestamp::EPOCH,
                position: position as u64,
                simulated: false,
                origin: normalize::Origin::UNKNOWN,
            };
            if let Verdict::Emit(event) = normalize::normalize(line, &context) {
                events.push(event);
            }
        }
    }
    events.truncate(events_max);
    events
}

/// User and system time of this process, all threads: unlike the clock it does not count what other processes take.
fn cpu_seconds() -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").expect("proc");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

fn spec(text: &str, aggregations: Vec<Aggregation>) -> SearchSpec {
    SearchSpec {
        query: query::parse(text, None).expect("a query"),
        from: None,
        to: None,
        limit: 50,
        order: Order::NewestFirst,
        search_after: None,
        aggregations,
    }
}

/// Of an empty index.
pub async fn print(index: &dyn SearchIndex) {
    let events = recorded(EVENTS);
    if events.is_empty() {
        return;
    }
    let source: usize = events.iter().map(|event| event.to_json().len()).sum();
    let tenant: TenantId = "acme".parse().expect("a tenant");
    for round in ["first", "again"] {
        let batches: Vec<Vec<EncodedEvent>> = events.chunks(BATCH).map(EncodedEvent::all).collect();
        let (mut indexed, mut duplicates) = (0, 0);
        let (began, cpu_began) = (Instant::now(), cpu_seconds());
        for (n, batch) in batches.into_iter().enumerate() {
            let outcome = index.add(&tenant, batch).await.expect("added");
            indexed += outcome.indexed;
            duplicates += outcome.duplicates.len();
            if n % COMMIT_EVERY == COMMIT_EVERY - 1 {
                index.commit().await.expect("committed");
            }
        }
        index.commit().await.expect("committed");
        let rate = events.len() as f64 / began.elapsed().as_secs_f64();
        let cpu_us = (cpu_seconds() - cpu_began) * 1e6 / events.len() as f64;
        println!(
            "{round}: {indexed} indexed, {duplicates} duplicates, {rate:.0} events/s, {cpu_us:.1} µs of CPU per event"
        );
    }
    let disk = index.bytes_on_disk().await.expect("bytes");
    println!(
        "{} bytes of JSON and {} of disk per event",
        source / events.len(),
        disk as usize / events.len()
    );
    let users = || Aggregation::Terms {
        field: "process.executable".to_owned(),
        size: 10,
    };
    let minutes = || Aggregation::DateHistogram {
        interval_ms: 86_400_000,
    };
    for (text, aggregations) in [
        ("*", vec![]),
        ("*", vec![users(), minutes()]),
        ("process.name:powershell.exe", vec![]),
        ("process.executable:*\\powershell.exe and event.code:1", vec![]),
        ("destination.ip:10.0.0.0/8", vec![users()]),
        ("mimikatz", vec![]),
        ("*mimi*", vec![]),
        (
            "winlog.event_data.GrantedAccess:0x1410 and winlog.event_data.TargetImage:*lsass.exe",
            vec![],
        ),
    ] {
        let began = Instant::now();
        let answer = index
            .search(&tenant, spec(text, aggregations))
            .await
            .expect("an answer");
        println!(
            "{:8.2} ms  {:7} of {}  {text}",
            began.elapsed().as_secs_f64() * 1e3,
            answer.total,
            answer.searched
        );
    }
    let began = Instant::now();
    let fields = index.fields(&tenant).await.expect("fields");
    println!(
        "{:8.2} ms  {} fields",
        began.elapsed().as_secs_f64() * 1e3,
        fields.len()
    );
}
