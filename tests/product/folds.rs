//! Audit records that come line by line and a sensor's alerts that repeat: one event each, across `kill -9` too.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use watchfloor::{
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    startup::{Doors, Running},
};
use watchfloor_shared::pipeline::StageSnapshot;
use watchfloor_tests::product;

const CHILD: &str = "WATCHFLOOR_TEST_FOLDS_CHILD";
const DRAIN_WAIT_MAX: Duration = Duration::from_secs(60);
const HOSTS: usize = 7;
const AUDIT_EVENTS: usize = 400;
/// Batches of three alerts each, two of one source and one of another.
const BATCHES: usize = 60;
/// All batches are of one second: one event for each of the two sources.
pub const EVENTS: usize = AUDIT_EVENTS + 2;

/// Audit events of several hosts with their records among each other, every seventh without an end; and a sensor's batches.
pub fn lines() -> Vec<RawLine> {
    let mut lines = Vec::new();
    for pair in 0..AUDIT_EVENTS / 2 {
        let [first, second] = [2 * pair, 2 * pair + 1].map(audit_event);
        for at in 0..first.len().max(second.len()) {
            lines.extend([&first, &second].into_iter().filter_map(|event| event.get(at).cloned()));
        }
        if pair < BATCHES {
            lines.push(sensor_batch(pair));
        }
    }
    let numbered = lines.into_iter().zip(0..);
    numbered
        .map(|(line, position)| RawLine {
            bytes: line.into(),
            position,
        })
        .collect()
}

fn audit_event(number: usize) -> Vec<String> {
    let record = |kind: &str, rest: &str| {
        let (host, seconds) = (number % HOSTS, 1_767_225_600 + number / 50);
        format!("node=web-{host} type={kind} msg=audit({seconds}.000:{number}): {rest}")
    };
    let mut records = vec![
        record(
            "SYSCALL",
            &format!("arch=c000003e syscall=59 success=yes exit=0 pid={number} comm=\"id\" exe=\"/usr/bin/id\""),
        ),
        record("CWD", "cwd=\"/root\""),
        record("PATH", "item=0 name=\"/usr/bin/id\" nametype=NORMAL"),
    ];
    if !number.is_multiple_of(7) {
        records.push(record("PROCTITLE", "proctitle=\"id\""));
        records.push(record("EOE", ""));
    }
    records
}

fn sensor_batch(number: usize) -> String {
    let metric = |source: usize, packet: usize| {
        serde_json::json!({"snort_timestamp": format!("26/01/01-00:00:00.{packet:06}"), "snort_pkt_number": packet.to_string(),
            "snort_src_address": format!("192.0.2.{source}"), "snort_src_ap": format!("192.0.2.{source}:5000"),
            "snort_dst_address": "10.0.0.1", "snort_dst_ap": "10.0.0.1:80"})
    };
    let metrics = [
        metric(1, 3 * number),
        metric(2, 3 * number + 1),
        metric(1, 3 * number + 2),
    ];
    serde_json::json!({"sensor_id": "ids-1", "event_seconds": "1767225600", "snort_rule": "1:54307:1", "snort_rule_sid": "54307",
        "snort_message": "A rule", "metrics": metrics})
    .to_string()
}

async fn submit(running: &Running) {
    let batch = IngestBatch {
        tenant: running.tenant.clone(),
        door: Door::Ndjson,
        origin: BatchOrigin::default(),
        lines: lines(),
    };
    running.ingest.submit(batch).await.unwrap();
}

fn left_out(stage: &StageSnapshot, reason: &str) -> i64 {
    let counts = stage.suppressed.iter().filter(|count| count.reason == reason);
    counts.map(|count| count.count).sum()
}

async fn assert_folded(running: &Running, what: &str) -> Vec<String> {
    assert!(
        running.drained(DRAIN_WAIT_MAX).await,
        "{what}: {:#?}",
        running.view.snapshot().await
    );
    let snapshot = running.view.snapshot().await;
    assert_eq!(snapshot.unaccounted, 0, "{what}: {snapshot:#?}");
    let stage = |name: &str| snapshot.stages.iter().find(|stage| stage.name == name).unwrap();
    let join = stage("join");
    let records: usize = (0..AUDIT_EVENTS).map(|number| audit_event(number).len()).sum();
    assert_eq!(join.received, i64::try_from(records).unwrap(), "{what}");
    assert_eq!(join.emitted, i64::try_from(AUDIT_EVENTS).unwrap(), "{what}");
    assert_eq!(left_out(join, "record.joined"), join.received - join.emitted, "{what}");
    let aggregate = stage("aggregate");
    assert_eq!(aggregate.received, i64::try_from(BATCHES).unwrap(), "{what}");
    assert_eq!(
        left_out(aggregate, "record.repeated") + aggregate.emitted,
        aggregate.received,
        "{what}"
    );
    product::event_ids(running).await
}

/// Not a test of its own: the process that gets killed while its folds hold records.
#[tokio::test(flavor = "multi_thread")]
async fn folds_child() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let running = product::start(Path::new(&dir), Doors::Closed).await;
    running.drained(DRAIN_WAIT_MAX).await;
    running.stop().await;
}

fn child(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "folds::folds_child", "--nocapture", "--test-threads=1"])
        .env(CHILD, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_records_in_its_hands_a_fold_loses_none_and_gives_none_twice() {
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Closed).await;
    submit(&running).await;
    let expected = assert_folded(&running, "undisturbed").await;
    assert_eq!(expected.len(), EVENTS);
    running.stop().await;

    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Closed).await;
    submit(&running).await;
    running.stop().await;
    // From before the first commit until the windows have closed.
    for wait_ms in [300, 600, 900, 1_200, 1_800, 2_500, 3_500, 4_500] {
        let mut child = child(dir.path());
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let running = product::start(dir.path(), Doors::Closed).await;
    let found = assert_folded(&running, "killed").await;
    assert_eq!(found, expected);
    running.stop().await;
}
