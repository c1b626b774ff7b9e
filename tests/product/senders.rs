//! The loss ledger by sender: exact for each, the same after a restart, and nobody else's to see.

use bytes::Bytes;
use std::{path::Path, time::Duration};
use watchfloor::{
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    startup::{Doors, Running},
};
use watchfloor_shared::pipeline::SenderSnapshot;
use watchfloor_tests::product;

async fn send(running: &Running, sensor: Option<&'static str>, door: Door, lines: &[String]) {
    let numbered = lines.iter().zip(0..).map(|(line, position)| RawLine {
        bytes: Bytes::from(line.clone()),
        position,
    });
    let batch = IngestBatch {
        tenant: running.tenant.clone(),
        door,
        origin: BatchOrigin {
            source: None,
            sensor: sensor.map(|name| Bytes::from_static(name.as_bytes())),
        },
        lines: numbered.collect(),
    };
    running.ingest.submit(batch).await.unwrap();
}

fn flow(number: usize) -> String {
    format!(r#"{{"_path":"conn","ts":1767225600.0,"uid":"C{number}"}}"#)
}

fn audit(number: usize) -> [String; 3] {
    ["SYSCALL", "CWD", "EOE"].map(|kind| format!("node=web-1 type={kind} msg=audit(1767225600.000:{number}): pid=1"))
}

/// Sender, door, received, indexed, suppressed, dead.
type Row = (String, String, i64, i64, i64, i64);

fn rows(senders: &[SenderSnapshot]) -> Vec<Row> {
    let mut rows: Vec<Row> = senders
        .iter()
        .map(|sender| {
            let dead = sender.dead.iter().map(|reason| reason.count).sum();
            assert_eq!(sender.in_flight, 0, "{sender:?}");
            assert_eq!(sender.received, sender.indexed + sender.suppressed + dead, "{sender:?}");
            let (sensor, door) = (sender.sensor.clone(), sender.door.clone());
            (sensor, door, sender.received, sender.indexed, sender.suppressed, dead)
        })
        .collect();
    rows.sort();
    rows
}

async fn seen(dir: &Path, work: impl AsyncFnOnce(&Running)) -> Vec<SenderSnapshot> {
    let running = product::start(dir, Doors::Closed).await;
    work(&running).await;
    assert!(running.drained(Duration::from_secs(60)).await);
    let senders = running.view.senders(&running.tenant).await;
    assert!(running.view.senders(&"another".parse().unwrap()).await.is_empty());
    running.stop().await;
    senders
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_of_a_sender_is_accounted_for_and_a_restart_forgets_none() {
    let dir = product::folder();
    let before = seen(dir.path(), async |running: &Running| {
        let mut flows: Vec<String> = (0..20).map(flow).collect();
        flows.push("{".to_owned());
        send(running, Some("zeek-1"), Door::Ndjson, &flows).await;
        // The sender was not told yes the first time.
        send(running, Some("zeek-1"), Door::Ndjson, &flows).await;
        let lines: Vec<String> = (0..10).flat_map(audit).collect();
        send(running, None, Door::Syslog, &lines).await;
    })
    .await;
    let expected = [
        ("web-1".to_owned(), "syslog".to_owned(), 30, 10, 20, 0),
        ("zeek-1".to_owned(), "ndjson".to_owned(), 42, 20, 20, 2),
    ];
    assert_eq!(rows(&before), expected);
    assert!(before.iter().all(|sender| sender.last_seen.millis() > 0));
    let after = seen(dir.path(), async |_: &Running| ()).await;
    assert_eq!(after, before);
}
