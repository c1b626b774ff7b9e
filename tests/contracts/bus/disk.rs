//! The log on a disk without room.

use super::{open, small};
use std::{fs, time::Duration};
use watchfloor::bus::{BusError, BusOptions, Durability, EmbeddedBus, EventBus, Retention, TopicSpec};
use watchfloor_shared::Timestamp;
use watchfloor_tests::{
    bus_contract::{at, noise, plain, put, topic},
    small_disk::SmallDisk,
};

/// Fills the log until a producer is told that there is no room. Gives the count of records that were acknowledged.
async fn fill(bus: &EmbeddedBus) -> u64 {
    for n in 0.. {
        match bus
            .produce("events", vec![plain(noise(n, 10_000))], Durability::Written)
            .await
        {
            Ok(offsets) => assert_eq!(offsets, vec![n]),
            Err(BusError::DiskFull) => return n,
            Err(other) => panic!("{other}"),
        }
    }
    0
}

async fn assert_all_there(bus: &EmbeddedBus, count: u64) {
    let mut seen = 0;
    while seen < count {
        let messages = bus.read(&at("events", 0), seen, 1000).await.expect("read");
        assert!(!messages.is_empty(), "only {seen} of {count} are there");
        assert!(
            messages
                .iter()
                .all(|message| message.record.payload == noise(message.offset, 10_000))
        );
        seen += messages.len() as u64;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_holds_producers_back_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(_disk) = SmallDisk::mount(folder.path(), 3 << 20) else {
        return;
    };
    let ballast = folder.path().join("ballast");
    fs::write(&ballast, vec![0; 1 << 20]).expect("ballast");
    let dir = folder.path().join("bus");
    let options = || BusOptions {
        segment_bytes: 400_000,
        disk_full_wait: Duration::from_millis(700),
        ..small()
    };
    let bus = EmbeddedBus::open(&dir, options()).expect("opens");
    bus.create_topic(&topic("events", 1)).await.expect("topic");
    let count = fill(&bus).await;
    assert!(count > 100, "{count} records fit");
    assert_all_there(&bus, count).await;

    // One who still waits when room appears is served.
    let waiting = tokio::spawn({
        let bus = bus.clone();
        async move {
            bus.produce("events", vec![plain(noise(count, 10_000))], Durability::Synced)
                .await
        }
    });
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(!waiting.is_finished(), "waits for room");
    fs::remove_file(&ballast).expect("removed");
    assert_eq!(waiting.await.expect("joined").expect("served"), vec![count]);
    assert_all_there(&bus, count + 1).await;

    // Full again, and killed in that state.
    fs::write(&ballast, vec![0; 64 << 10]).expect("ballast");
    for n in count + 1.. {
        if bus
            .produce("events", vec![plain(noise(n, 10_000))], Durability::Written)
            .await
            .is_err()
        {
            break;
        }
    }
    let high = bus.watermarks(&at("events", 0)).await.expect("watermarks").high;
    bus.close().await.expect("closes on a full disk");
    let bus = EmbeddedBus::open(&dir, options()).expect("opens on a full disk");
    assert_eq!(bus.watermarks(&at("events", 0)).await.expect("watermarks").high, high);
    assert_all_there(&bus, high).await;
    assert!(bus.damage().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retention_makes_room_on_a_full_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(_disk) = SmallDisk::mount(folder.path(), 2 << 20) else {
        return;
    };
    let dir = folder.path().join("bus");
    let options = BusOptions {
        segment_bytes: 200_000,
        disk_full_wait: Duration::from_secs(5),
        ..small()
    };
    let bus = EmbeddedBus::open(&dir, options).expect("opens");
    let brief = Retention {
        bytes_max: Some(500_000),
        age_max: None,
    };
    bus.create_topic(&TopicSpec {
        retention: brief,
        ..topic("events", 1)
    })
    .await
    .expect("topic");
    let producing = tokio::spawn({
        let bus = bus.clone();
        async move {
            for n in 0..400 {
                put(&*bus, "events", vec![plain(noise(n, 10_000))]).await;
            }
        }
    });
    while !producing.is_finished() {
        tokio::time::sleep(Duration::from_millis(300)).await;
        bus.apply_retention(Timestamp::EPOCH).await.expect("retention");
    }
    producing.await.expect("every record found its place in the end");
    assert_eq!(bus.watermarks(&at("events", 0)).await.expect("watermarks").high, 400);
}

#[tokio::test]
async fn retention_gives_the_room_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let bus = open(dir.path());
    let brief = Retention {
        bytes_max: Some(50_000),
        age_max: None,
    };
    bus.create_topic(&TopicSpec {
        retention: brief,
        ..topic("brief", 1)
    })
    .await
    .expect("topic");
    bus.create_topic(&topic("long", 1)).await.expect("topic");
    for n in 0..1500 {
        put(&*bus, "brief", vec![plain(noise(n, 2000))]).await;
        if n % 100 == 0 {
            put(&*bus, "long", vec![plain(noise(n, 2000))]).await;
            bus.apply_retention(Timestamp::EPOCH).await.expect("retention");
        }
    }
    bus.apply_retention(Timestamp::EPOCH).await.expect("retention");
    let used: u64 = fs::read_dir(dir.path())
        .expect("dir")
        .map(|entry| entry.expect("entry").metadata().expect("metadata").len())
        .sum();
    assert!(used < 700_000, "{used} bytes of 3,030,000 are left");
    let long = bus.read(&at("long", 0), 0, 100).await.expect("read");
    assert!(
        long.iter()
            .zip(0..)
            .all(|(message, n)| message.record.payload == noise(n * 100, 2000))
    );
    assert_eq!(long.len(), 15);
}
