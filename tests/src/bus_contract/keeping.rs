//! What stays: over a restart, and over retention.

use super::*;

/// Fills a partition with 2 KB records in many writes, so that it spans many small segments.
async fn fill(bus: &dyn EventBus, topic: &str, count: u64, millis: impl Fn(u64) -> i64) {
    for n in 0..count {
        let record = Record {
            timestamp: Timestamp::from_millis(millis(n)),
            ..plain(noise(n, 2000))
        };
        put(bus, topic, vec![record]).await;
    }
}

fn retained(name: &str, retention: Retention) -> TopicSpec {
    TopicSpec {
        retention,
        ..topic(name, 1)
    }
}

pub async fn records_and_positions_survive_a_restart(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    for n in 0..100 {
        put(&*bus, "events", vec![plain(format!("{n}-")), plain(noise(n, 900))]).await;
    }
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    take(&mut *consumer, 60).await;
    consumer
        .commit(vec![position("events", 0, 120, "ledger")])
        .await
        .expect("commit");
    drop(consumer);
    bus.close().await.expect("close");
    let bus = backend.open().await;
    let committed = bus.committed("g", &at("events", 0)).await.expect("committed");
    assert_eq!(
        committed,
        Some(Committed {
            offset: 120,
            metadata: "ledger".into()
        })
    );
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    let messages = take(&mut *consumer, 80).await;
    assert_eq!(messages.len(), 80);
    assert_eq!((messages[0].offset, &*payloads(&messages)[0]), (120, "60-"));
    assert_eq!(messages[1].record.payload, noise(60, 900));
    assert_eq!(
        put(&*bus, "events", vec![plain("next")]).await,
        vec![200],
        "offsets go on"
    );
}

pub async fn topics_survive_a_restart(backend: &dyn Backend) {
    let spec = TopicSpec {
        retention: Retention {
            bytes_max: Some(1 << 30),
            age_max: Some(Duration::from_secs(3600)),
        },
        ..topic("events", 3)
    };
    let bus = with_topic(backend, &spec).await;
    bus.close().await.expect("close");
    let bus = backend.open().await;
    assert!(bus.topics().await.expect("topics").contains(&spec));
    assert!(
        bus.create_topic(&topic("events", 5)).await.is_err(),
        "the partition count is still fixed"
    );
}

pub async fn retention_by_bytes_keeps_the_newest(backend: &dyn Backend) {
    let retention = Retention {
        bytes_max: Some(60_000),
        age_max: None,
    };
    let bus = with_topic(backend, &retained("events", retention)).await;
    fill(&*bus, "events", 100, |_| 0).await;
    backend.retain(&*bus, Timestamp::EPOCH).await;
    let marks = bus.watermarks(&at("events", 0)).await.expect("watermarks");
    assert!(
        marks.low > 40 && marks.low < 75,
        "200 KB were cut to 60 KB and a segment: {marks:?}"
    );
    assert_eq!(marks.high, 100);
    assert!(
        marks.bytes.is_none_or(|bytes| (60_000..120_000).contains(&bytes)),
        "{marks:?}"
    );
    let rest = bus.read(&at("events", 0), 0, 200).await.expect("read");
    assert_eq!(rest.len() as u64, 100 - marks.low);
    assert!(
        rest.iter()
            .all(|message| message.record.payload == noise(message.offset, 2000))
    );
}

pub async fn retention_by_age_takes_the_old(backend: &dyn Backend) {
    let retention = Retention {
        bytes_max: None,
        age_max: Some(Duration::from_secs(60)),
    };
    let bus = with_topic(backend, &retained("events", retention)).await;
    fill(&*bus, "events", 60, |n| n as i64 * 1000).await;
    backend.retain(&*bus, Timestamp::from_millis(60_000)).await;
    assert_eq!(
        bus.watermarks(&at("events", 0)).await.expect("watermarks").low,
        0,
        "nothing is older than a minute"
    );
    backend.retain(&*bus, Timestamp::from_millis(100_000)).await;
    let marks = bus.watermarks(&at("events", 0)).await.expect("watermarks");
    assert!(
        marks.low > 20 && marks.low <= 40,
        "whole segments whose newest record is older: {marks:?}"
    );
    let found = bus
        .offset_for_time(&at("events", 0), Timestamp::EPOCH)
        .await
        .expect("offset");
    assert_eq!(found, Some(marks.low));
}

pub async fn a_group_behind_moves_up_to_the_low_watermark(backend: &dyn Backend) {
    let retention = Retention {
        bytes_max: Some(30_000),
        age_max: None,
    };
    let bus = with_topic(backend, &retained("events", retention)).await;
    fill(&*bus, "events", 60, |_| 0).await;
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    take(&mut *consumer, 3).await;
    consumer
        .commit(vec![position("events", 0, 3, "")])
        .await
        .expect("commit");
    backend.retain(&*bus, Timestamp::EPOCH).await;
    let marks = bus.watermarks(&at("events", 0)).await.expect("watermarks");
    assert!(marks.low > 3);
    // What it had read ahead may still come, and retention may have come by more than once: also since it was asked.
    let messages = take(&mut *consumer, 57).await;
    let marks = bus.watermarks(&at("events", 0)).await.expect("watermarks");
    let first = messages.first().map(|message| message.offset);
    assert!(
        first.is_some_and(|first| (3..=marks.low).contains(&first)),
        "{first:?} of {marks:?}"
    );
    assert_eq!(messages.last().map(|message| message.offset), Some(59));
    consumer.seek(&at("events", 0), 0).await.expect("seek");
    assert_eq!(take(&mut *consumer, 1).await[0].offset, marks.low);
    drop(consumer);
    let mut successor = bus.subscribe("g", &["events"]).await.expect("subscribe");
    assert_eq!(take(&mut *successor, 1).await[0].offset, marks.low);
}

pub async fn retention_of_one_topic_spares_another(backend: &dyn Backend) {
    let brief = Retention {
        bytes_max: Some(20_000),
        age_max: None,
    };
    let bus = with_topic(backend, &retained("brief", brief)).await;
    bus.create_topic(&retained("long", KEEP)).await.expect("topic");
    for n in 0..80 {
        put(&*bus, "brief", vec![plain(noise(n, 2000))]).await;
        put(&*bus, "long", vec![plain(format!("{n}"))]).await;
    }
    for _ in 0..2 {
        backend.retain(&*bus, Timestamp::EPOCH).await;
    }
    assert!(bus.watermarks(&at("brief", 0)).await.expect("watermarks").low > 30);
    bus.close().await.expect("close");
    let bus = backend.open().await;
    let kept = bus.read(&at("long", 0), 0, 100).await.expect("read");
    assert_eq!(payloads(&kept), (0..80).map(|n| n.to_string()).collect::<Vec<_>>());
    let marks = bus.watermarks(&at("brief", 0)).await.expect("watermarks");
    let rest = bus.read(&at("brief", 0), 0, 100).await.expect("read");
    assert_eq!(
        (marks.low > 30, rest.len() as u64),
        (true, 80 - marks.low),
        "the low watermark stays where it was"
    );
}

pub async fn offsets_go_on_when_all_records_are_gone(backend: &dyn Backend) {
    let retention = Retention {
        bytes_max: None,
        age_max: Some(Duration::from_secs(60)),
    };
    let bus = with_topic(backend, &retained("events", retention)).await;
    fill(&*bus, "events", 30, |_| 0).await;
    backend.retain(&*bus, Timestamp::from_millis(65_000)).await;
    let marks = bus.watermarks(&at("events", 0)).await.expect("watermarks");
    assert_eq!((marks.low, marks.high), (30, 30));
    assert!(marks.bytes.is_none_or(|bytes| bytes == 0), "{marks:?}");
    bus.close().await.expect("close");
    let bus = backend.open().await;
    assert_eq!(bus.watermarks(&at("events", 0)).await.expect("watermarks").low, 30);
    // Not old by any clock.
    let now = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_millis() as i64;
    assert_eq!(put(&*bus, "events", vec![stamped(now, "next")]).await, vec![30]);
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    assert_eq!(payloads(&take(&mut *consumer, 1).await), ["next"]);
}

pub async fn synced_records_survive_a_restart(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 2)).await;
    let records = (0..50).map(|n| keyed(&format!("k{n}"), format!("{n}"))).collect();
    let offsets = bus
        .produce("events", records, Durability::Synced)
        .await
        .expect("synced");
    assert_eq!(offsets.len(), 50);
    bus.close().await.expect("close");
    let bus = backend.open().await;
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    assert_eq!(take(&mut *consumer, 50).await.len(), 50);
}
