//! Prints what the log can do on this machine: `cargo test -p watchfloor-tests --test contracts figures -- --ignored
//! --nocapture`.

use bytes::Bytes;
use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use watchfloor::bus::{BusOptions, Durability, EmbeddedBus, EventBus, Record};
use watchfloor_tests::bus_contract::{at, keyed, noise, topic};

/// An event as Sysmon writes it, in size and in how much of it repeats.
fn event(n: u64) -> String {
    let guid: String = noise(n, 16).iter().map(|byte| format!("{byte:02x}")).collect();
    let fields: String = (0..24)
        .map(|k| {
            format!(
                r#""winlog.event_data.Field{k:02}":"C:\\Windows\\System32\\value{}\\program.exe","#,
                (n + k) % 97
            )
        })
        .collect();
    format!(
        r#"{{{fields}"ProcessGuid":"{guid}","EventRecordID":{n},"Computer":"WS-{:04}"}}"#,
        n % 200
    )
}

/// Lines of the recordings beside the repository, or made-up ones.
fn events(count: u64) -> Vec<Bytes> {
    let folder = watchfloor_tests::fixtures::recording("data/train/windows/otrf/defense_evasion");
    let files = folder
        .into_iter()
        .flat_map(|folder| walkdir::WalkDir::new(folder).sort_by_file_name())
        .flatten();
    let mut lines: Vec<Bytes> = Vec::new();
    for file in files.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "zst")) {
        let bytes = zstd::stream::decode_all(fs::File::open(file.path()).expect("opens")).expect("unpacks");
        lines.extend(bytes.split(|byte| *byte == b'\n').map(Bytes::copy_from_slice));
        if lines.len() as u64 >= count {
            break;
        }
    }
    println!("{} recorded events", lines.len());
    if lines.is_empty() {
        return (0..count).map(|n| event(n).into()).collect();
    }
    lines.into_iter().cycle().take(count as usize).collect()
}

fn dir_bytes(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).expect("dir");
    entries
        .map(|entry| entry.expect("entry").metadata().expect("metadata").len())
        .sum()
}

async fn bus_in(dir: &Path, topics: &[&str]) -> Arc<EmbeddedBus> {
    let bus = EmbeddedBus::open(dir, BusOptions::default()).expect("opens");
    for name in topics {
        bus.create_topic(&topic(name, 6)).await.expect("topic");
    }
    bus
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn throughput() {
    for (name, bytes, count, per_call) in [
        ("500 B noise", 500, 1_000_000_u64, 500),
        ("event JSON", 0, 300_000, 500),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let bus = bus_in(dir.path(), &["events"]).await;
        let texts = if bytes > 0 {
            (0..5000).map(|n| noise(n, bytes)).collect()
        } else {
            events(count.min(100_000))
        };
        let text = |n: u64| texts[n as usize % texts.len()].clone();
        let calls: Vec<Vec<Record>> = (0..count / per_call)
            .map(|call| {
                (0..per_call)
                    .map(|n| keyed(&format!("t:{}", n % 64), text(call * per_call + n)))
                    .collect()
            })
            .collect();
        let payload: usize = calls.iter().flatten().map(|record| record.payload.len()).sum();
        let begun = Instant::now();
        let calls = Arc::new(std::sync::Mutex::new(calls.into_iter()));
        let producers = (0..4).map(|_| {
            let (bus, calls) = (bus.clone(), calls.clone());
            tokio::spawn(async move {
                while let Some(records) = { calls.lock().expect("lock").next() } {
                    bus.produce("events", records, Durability::Written)
                        .await
                        .expect("produced");
                }
            })
        });
        for producer in producers.collect::<Vec<_>>() {
            producer.await.expect("joined");
        }
        let produced = begun.elapsed();
        bus.close().await.expect("close");
        let reopening = Instant::now();
        let bus = bus_in(dir.path(), &["events"]).await;
        let reopened = reopening.elapsed();
        let begun = Instant::now();
        let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
        let mut consumed = 0;
        while consumed < count {
            consumed += consumer
                .poll(1000, 4 << 20, Duration::from_secs(5))
                .await
                .expect("poll")
                .len() as u64;
        }
        println!(
            "{name}: produced {:.0}/s, consumed from disk {:.0}/s, {:.0} bytes each on disk of {:.0}, {} MB reopened in {reopened:?}",
            count as f64 / produced.as_secs_f64(),
            count as f64 / begun.elapsed().as_secs_f64(),
            dir_bytes(dir.path()) as f64 / count as f64,
            payload as f64 / count as f64,
            dir_bytes(dir.path()) >> 20,
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn latency_over_three_hops() {
    let dir = tempfile::tempdir().expect("a folder");
    let bus = bus_in(dir.path(), &["one", "two", "three"]).await;
    for (from, to) in [("one", "two"), ("two", "three")] {
        let bus = bus.clone();
        tokio::spawn(async move {
            let mut consumer = bus.subscribe(to, &[from]).await.expect("subscribe");
            loop {
                let messages = consumer.poll(500, 1 << 20, Duration::from_secs(1)).await.expect("poll");
                let records = messages.iter().map(|message| message.record.clone()).collect();
                bus.produce(to, records, Durability::Written).await.expect("produced");
                let _ = consumer.commit(watchfloor_tests::bus_contract::behind(&messages)).await;
            }
        });
    }
    let origin = Instant::now();
    let producer = bus.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(1));
        for n in 0..20_000_u64 {
            tick.tick().await;
            let mut record = keyed(&format!("t:{}", n % 64), event(n));
            record.headers = vec![(
                "sent".into(),
                (origin.elapsed().as_nanos() as u64).to_le_bytes().to_vec().into(),
            )];
            let producer = producer.clone();
            tokio::spawn(async move {
                producer
                    .produce("one", vec![record], Durability::Written)
                    .await
                    .expect("produced")
            });
        }
    });
    let mut consumer = bus.subscribe("end", &["three"]).await.expect("subscribe");
    let mut latencies = Vec::new();
    while latencies.len() < 20_000 {
        for message in consumer.poll(500, 1 << 20, Duration::from_secs(5)).await.expect("poll") {
            let sent: [u8; 8] = message.record.header("sent").expect("sent")[..]
                .try_into()
                .expect("eight");
            latencies.push(origin.elapsed().as_nanos() as u64 - u64::from_le_bytes(sent));
        }
    }
    latencies.sort_unstable();
    let at_share = |share: f64| Duration::from_nanos(latencies[(latencies.len() as f64 * share) as usize]);
    let written: u64 = {
        let mut high = 0;
        for partition in 0..6 {
            high += bus.watermarks(&at("three", partition)).await.expect("watermarks").high;
        }
        high
    };
    println!(
        "three hops at 1,000/s: p50 {:?}, p99 {:?}, p99.9 {:?}, max {:?} ({written} records)",
        at_share(0.5),
        at_share(0.99),
        at_share(0.999),
        at_share(0.9999)
    );
}
