//! Killed without warning: a child process of this very test binary produces and commits until it is shot.

use super::open;
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use watchfloor::bus::{Durability, EventBus};
use watchfloor_tests::bus_contract::{at, behind, keyed, topic};

const CHILD_DIR: &str = "WATCHFLOOR_TEST_BUS_CHILD";
const ROUNDS: u64 = 6;

/// What the child does: passes records from `in` to `out` and says what was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the test below"]
async fn child() {
    let Ok(dir) = std::env::var(CHILD_DIR) else { return };
    let bus = open(Path::new(&dir));
    for name in ["in", "out"] {
        bus.create_topic(&topic(name, 3)).await.expect("topic");
    }
    let producer = bus.clone();
    let started = std::env::var("ROUND").unwrap_or_default();
    tokio::spawn(async move {
        for n in 0.. {
            let texts: Vec<_> = (0..5).map(|k| format!("{started}-{n}-{k}")).collect();
            let records = texts.iter().map(|text| keyed(text, text.clone())).collect();
            let durability = if n % 5 == 0 {
                Durability::Synced
            } else {
                Durability::Written
            };
            producer.produce("in", records, durability).await.expect("produced");
            texts.iter().for_each(|text| println!("ack {text}"));
        }
    });
    let mut consumer = bus.subscribe("stage", &["in"]).await.expect("subscribe");
    loop {
        let messages = consumer.poll(50, 1 << 20, Duration::from_secs(1)).await.expect("poll");
        let outputs = messages.iter().map(|message| message.record.clone()).collect();
        bus.produce("out", outputs, Durability::Written)
            .await
            .expect("produced");
        consumer.commit(behind(&messages)).await.expect("commit");
    }
}

#[tokio::test]
async fn kill_minus_nine_loses_nothing_acknowledged() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "bus::crash::child", "--ignored", "--nocapture"])
            .env(CHILD_DIR, dir.path())
            .env("ROUND", round.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let lines = BufReader::new(child.stdout.take().expect("stdout"));
        let reading = std::thread::spawn(move || {
            let acks = lines.lines().map_while(Result::ok);
            acks.filter_map(|line| line.split_once("ack ").map(|(_, text)| text.to_owned()))
                .collect::<Vec<_>>()
        });
        std::thread::sleep(Duration::from_millis(400 + 97 * round));
        child.kill().expect("killed");
        child.wait().expect("gone");
        acknowledged.extend(reading.join().expect("read"));
    }
    let bus = open(dir.path());
    let (mut stored, mut passed_on) = (BTreeSet::new(), BTreeSet::new());
    for partition in 0..3 {
        let committed = bus.committed("stage", &at("in", partition)).await.expect("committed");
        let committed = committed.map_or(0, |committed| committed.offset);
        for message in all(&*bus, "out", partition).await {
            passed_on.insert(message.1);
        }
        for (offset, text) in all(&*bus, "in", partition).await {
            stored.insert((text, offset < committed));
        }
    }
    let texts: BTreeSet<_> = stored.iter().map(|(text, _)| text.clone()).collect();
    println!(
        "{} acknowledged in {ROUNDS} rounds, {} stored",
        acknowledged.len(),
        texts.len()
    );
    assert!(
        acknowledged.len() > 100,
        "the child got somewhere: {}",
        acknowledged.len()
    );
    assert_eq!(acknowledged.difference(&texts).count(), 0, "acknowledged but not there");
    let skipped = stored
        .iter()
        .filter(|(text, committed)| *committed && !passed_on.contains(text))
        .count();
    assert_eq!(skipped, 0, "committed but never passed on");
    assert!(bus.damage().is_empty());
}

async fn all(bus: &dyn EventBus, topic: &str, partition: u32) -> Vec<(u64, String)> {
    let mut found: Vec<(u64, String)> = Vec::new();
    loop {
        let next = found.last().map_or(0, |(offset, _)| offset + 1);
        let messages = bus.read(&at(topic, partition), next, 1000).await.expect("read");
        if messages.is_empty() {
            return found;
        }
        let text = |payload: &[u8]| String::from_utf8_lossy(payload).into_owned();
        found.extend(
            messages
                .iter()
                .map(|message| (message.offset, text(&message.record.payload))),
        );
    }
}
