//! A full disk under one of the stores: what was accepted waits on the bus, the product says what is wrong, and goes on by
//! itself once there is room.

use std::{path::Path, time::Duration};
use watchfloor::{
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    startup::{Doors, Running},
};
use watchfloor_engine::simulate::{Scenario, Simulator};
use watchfloor_shared::Timestamp;
use watchfloor_tests::{product, small_disk::SmallDisk};

const LINES: usize = 3_000;
const WAIT_MAX: Duration = Duration::from_secs(120);

async fn submit_intrusion(running: &Running) {
    let scenario = Scenario {
        start: Timestamp::from_millis(1_767_225_600_000),
        ..Scenario::default()
    };
    let lines = Simulator::new(scenario.lasting(Duration::from_secs(100)))
        .take(LINES)
        .zip(0..);
    let batch = IngestBatch {
        tenant: running.tenant.clone(),
        door: Door::Ndjson,
        origin: BatchOrigin::default(),
        lines: lines
            .map(|(line, position)| RawLine {
                bytes: line.bytes.into(),
                position,
            })
            .collect(),
    };
    running.ingest.submit(batch).await.unwrap();
}

async fn ready(running: &Running) -> (u16, String) {
    let url = format!("http://{}/readyz", running.address.unwrap());
    let response = reqwest::get(url).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Waits until a stage says the text, and the product that it is not ready.
async fn held_up(running: &Running, text: &str) {
    let until = tokio::time::Instant::now() + WAIT_MAX;
    loop {
        let snapshot = running.view.snapshot().await;
        let mut faults = snapshot.stages.iter().filter_map(|stage| stage.fault.as_deref());
        if faults.any(|fault| fault.contains(text)) {
            break;
        }
        assert!(tokio::time::Instant::now() < until, "{snapshot:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (status, body) = ready(running).await;
    assert!(status == 503 && body.contains("pipeline"), "{status}: {body}");
}

/// Waits until every part does its work.
async fn becomes_ready(running: &Running) {
    let until = tokio::time::Instant::now() + WAIT_MAX;
    loop {
        let (status, body) = ready(running).await;
        if status == 200 {
            return;
        }
        assert!(tokio::time::Instant::now() < until, "{status}: {body}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A product whose `store` lies on a small disk, that disk full before anything comes in.
async fn on_a_full_disk(dir: &Path, store: &str, bytes: u64, says: &str) {
    let Some(disk) = SmallDisk::mount(&dir.join(store), bytes) else {
        return;
    };
    let running = product::start(dir, Doors::Open).await;
    becomes_ready(&running).await;
    disk.fill();
    submit_intrusion(&running).await;
    held_up(&running, says).await;

    disk.make_room();
    assert!(running.drained(WAIT_MAX).await, "{:#?}", running.view.snapshot().await);
    assert_eq!(product::event_ids(&running).await.len(), LINES);
    assert!(!product::alerts(&running).await.is_empty());
    assert_eq!(running.view.snapshot().await.unaccounted, 0);
    becomes_ready(&running).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_the_index_events_wait_on_the_bus() {
    let dir = product::folder();
    on_a_full_disk(dir.path(), "index", 64 << 20, "the disk is full").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_the_database_alerts_wait_on_the_bus() {
    let dir = product::folder();
    on_a_full_disk(dir.path(), "postgres", 400 << 20, "the disk of the database is full").await;
}
