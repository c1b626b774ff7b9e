//! A log that somebody or something has been at: cut off, flipped, newer, in use.

use super::open;
use std::{
    fs,
    path::{Path, PathBuf},
};
use watchfloor::bus::{BusError, Durability, EmbeddedBus, EventBus};
use watchfloor_tests::bus_contract::{at, behind, noise, payloads, plain, position, put, take, topic};

fn segments(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(dir)
        .expect("dir")
        .map(|entry| entry.expect("entry").path())
        .collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "seg"));
    found.sort();
    found
}

/// What a crashed process leaves: the folder as it is while the log is open, without the lock.
fn snapshot(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(dir).expect("dir") {
        let path = entry.expect("entry").path();
        fs::copy(&path, copy.path().join(path.file_name().expect("name"))).expect("copied");
    }
    copy
}

#[tokio::test]
async fn cut_off_at_every_byte_of_the_last_write_only_that_write_is_lost() {
    let dir = tempfile::tempdir().expect("a folder");
    let bus = open(dir.path());
    bus.create_topic(&topic("events", 1)).await.expect("topic");
    put(&*bus, "events", vec![plain("first"), plain(noise(1, 300))]).await;
    let last = segments(dir.path()).pop().expect("a segment");
    let whole = fs::metadata(&last).expect("metadata").len();
    put(&*bus, "events", vec![plain("second"), plain(noise(2, 150))]).await;
    let longer = fs::metadata(&last).expect("metadata").len();
    for cut in whole..=longer {
        let copy = snapshot(dir.path());
        let path = copy.path().join(last.file_name().expect("name"));
        fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .expect("opens")
            .set_len(cut)
            .expect("cut");
        let bus = open(copy.path());
        let kept = bus.read(&at("events", 0), 0, 9).await.expect("read");
        let expected = if cut == longer { 4 } else { 2 };
        assert_eq!(kept.len(), expected, "cut at {cut} of {whole}..{longer}");
        assert_eq!(put(&*bus, "events", vec![plain("after")]).await, vec![expected as u64]);
        bus.close().await.expect("close");
        let bus = open(copy.path());
        let read = bus.read(&at("events", 0), 0, 9).await.expect("read");
        assert_eq!(payloads(&read).last().map(String::as_str), Some("after"));
        assert!(bus.damage().is_empty(), "a torn write is no damage");
    }
}

#[tokio::test]
async fn flipped_bits_cost_their_batch_and_are_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let bus = open(dir.path());
    bus.create_topic(&topic("events", 1)).await.expect("topic");
    for n in 0..60 {
        put(&*bus, "events", vec![plain(noise(n, 1000))]).await;
    }
    bus.close().await.expect("close");
    drop(bus);
    for (index, path) in segments(dir.path()).iter().enumerate().take(3) {
        let length = fs::metadata(path).expect("metadata").len() as usize;
        for step in 1..8 {
            let position = length * step / 8;
            let copy = snapshot(dir.path());
            let path = copy.path().join(path.file_name().expect("name"));
            let mut bytes = fs::read(&path).expect("read");
            bytes[position] ^= 0x04;
            fs::write(&path, bytes).expect("written");
            let bus = open(copy.path());
            let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
            let read = take(&mut *consumer, 59).await;
            assert!(
                read.len() >= 59,
                "segment {index}, byte {position} of {length}: {} left",
                read.len()
            );
            assert!(
                read.iter()
                    .all(|message| message.record.payload == noise(message.offset, 1000))
            );
            if read.last().is_some_and(|last| last.offset == 59) {
                assert!(
                    !bus.damage().is_empty(),
                    "segment {index}, byte {position}: silently lost"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_damaged_snapshot_is_made_good_by_the_segment_before() {
    let dir = tempfile::tempdir().expect("a folder");
    let bus = open(dir.path());
    bus.create_topic(&topic("events", 1)).await.expect("topic");
    for n in 0..30 {
        put(&*bus, "events", vec![plain(noise(n, 1000))]).await;
    }
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    take(&mut *consumer, 30).await;
    consumer
        .commit(vec![position("events", 0, 21, "ledger")])
        .await
        .expect("commit");
    drop(consumer);
    bus.close().await.expect("close");
    drop(bus);
    let last = segments(dir.path()).pop().expect("a segment");
    let mut bytes = fs::read(&last).expect("read");
    bytes[30] ^= 1;
    fs::write(&last, bytes).expect("written");
    let bus = open(dir.path());
    let committed = bus
        .committed("g", &at("events", 0))
        .await
        .expect("committed")
        .expect("still known");
    assert_eq!((committed.offset, &*committed.metadata), (21, "ledger"));
    assert_eq!(put(&*bus, "events", vec![plain("next")]).await, vec![30]);
}

#[tokio::test]
async fn a_second_owner_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().expect("a folder");
    let first = open(dir.path());
    assert!(matches!(
        EmbeddedBus::open(dir.path(), super::small()).err(),
        Some(BusError::Locked)
    ));
    first.close().await.expect("close");
    let second = open(dir.path());
    drop(second);
    open(dir.path());
}

#[tokio::test]
async fn a_newer_version_is_left_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    open(dir.path()).close().await.expect("close");
    fs::write(dir.path().join("format"), "7\n").expect("written");
    let refused = EmbeddedBus::open(dir.path(), super::small()).err();
    assert!(
        matches!(refused, Some(BusError::NewerFormat { found: 7, known: 1 })),
        "{refused:?}"
    );
    fs::write(dir.path().join("format"), "what?").expect("written");
    assert!(matches!(
        EmbeddedBus::open(dir.path(), super::small()).err(),
        Some(BusError::Corrupt(_))
    ));
    fs::write(dir.path().join("format"), "1\n").expect("written");
    fs::write(dir.path().join("topics.json"), "[{]").expect("written");
    assert!(matches!(
        EmbeddedBus::open(dir.path(), super::small()).err(),
        Some(BusError::Corrupt(_))
    ));
}

#[tokio::test]
async fn a_position_never_outlives_what_was_produced_before_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let bus = open(dir.path());
    bus.create_topic(&topic("in", 1)).await.expect("topic");
    bus.create_topic(&topic("out", 1)).await.expect("topic");
    let mut consumer = bus.subscribe("stage", &["in"]).await.expect("subscribe");
    for n in 0..6 {
        put(&*bus, "in", vec![plain(format!("{n}"))]).await;
        let messages = take(&mut *consumer, 1).await;
        put(
            &*bus,
            "out",
            messages.iter().map(|message| message.record.clone()).collect(),
        )
        .await;
        consumer.commit(behind(&messages)).await.expect("commit");
    }
    let last = segments(dir.path()).pop().expect("a segment");
    let length = fs::metadata(&last).expect("metadata").len();
    for cut in (0..length).step_by(13) {
        let copy = snapshot(dir.path());
        let path = copy.path().join(last.file_name().expect("name"));
        fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .expect("opens")
            .set_len(cut)
            .expect("cut");
        let bus = open(copy.path());
        let committed = bus
            .committed("stage", &at("in", 0))
            .await
            .expect("committed")
            .map_or(0, |c| c.offset);
        let out = bus.watermarks(&at("out", 0)).await.expect("watermarks").high;
        assert!(
            committed <= out,
            "cut at {cut}: position {committed}, but only {out} records behind it"
        );
    }
}

#[tokio::test]
async fn a_log_of_many_segments_opens_at_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let bus = open(dir.path());
    bus.create_topic(&topic("events", 6)).await.expect("topic");
    for call in 0..150 {
        let records = (0..20).map(|n| plain(noise(call * 20 + n, 1500))).collect();
        bus.produce("events", records, Durability::Written)
            .await
            .expect("produced");
    }
    bus.close().await.expect("close");
    let count = segments(dir.path()).len();
    assert!(count > 100, "{count} segments");
    let begun = std::time::Instant::now();
    let bus = open(dir.path());
    let took = begun.elapsed();
    println!("{count} segments opened in {took:?}");
    assert!(took < std::time::Duration::from_millis(500));
    assert_eq!(bus.read(&at("events", 3), 0, 1000).await.expect("read").len(), 500);
}
