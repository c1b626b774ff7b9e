//! What one reader may rely on.

use super::*;
use std::time::Instant;

async fn ten(backend: &dyn Backend) -> (Arc<dyn EventBus>, Box<dyn Consumer>) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    put(
        &*bus,
        "events",
        (0..10).map(|n| stamped(n * 100, format!("{n}"))).collect(),
    )
    .await;
    let consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    (bus, consumer)
}

pub async fn starts_at_the_low_watermark(backend: &dyn Backend) {
    let (_bus, mut consumer) = ten(backend).await;
    let messages = take(&mut *consumer, 10).await;
    assert_eq!(
        messages.iter().map(|message| message.offset).collect::<Vec<_>>(),
        (0..10).collect::<Vec<_>>()
    );
}

pub async fn poll_waits_and_wakes_at_once(backend: &dyn Backend) {
    let (bus, mut consumer) = ten(backend).await;
    take(&mut *consumer, 10).await;
    let waiting = tokio::spawn(async move {
        let messages = consumer.poll(10, 1 << 20, SOON).await.expect("poll");
        (messages.len(), Instant::now())
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let produced = Instant::now();
    put(&*bus, "events", vec![plain("news")]).await;
    let (count, woken) = waiting.await.expect("joined");
    assert_eq!(count, 1);
    assert!(
        woken - produced < Duration::from_secs(1),
        "woken after {:?}",
        woken - produced
    );
}

pub async fn poll_gives_up_after_its_wait(backend: &dyn Backend) {
    let (_bus, mut consumer) = ten(backend).await;
    take(&mut *consumer, 10).await;
    let begun = Instant::now();
    let messages = consumer
        .poll(10, 1 << 20, Duration::from_millis(150))
        .await
        .expect("poll");
    assert!(messages.is_empty());
    assert!(
        (Duration::from_millis(140)..SOON).contains(&begun.elapsed()),
        "{:?}",
        begun.elapsed()
    );
}

pub async fn poll_keeps_to_the_record_limit(backend: &dyn Backend) {
    let (_bus, mut consumer) = ten(backend).await;
    let mut texts = Vec::new();
    while texts.len() < 10 {
        let messages = consumer.poll(3, 1 << 20, SOON).await.expect("poll");
        assert!((1..=3).contains(&messages.len()));
        texts.extend(payloads(&messages));
    }
    assert_eq!(texts.concat(), "0123456789");
}

pub async fn poll_keeps_to_the_byte_limit(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    put(&*bus, "events", (0..10).map(|n| plain(noise(n, 1000))).collect()).await;
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    let mut seen = 0;
    while seen < 10 {
        let messages = consumer.poll(100, 2500, SOON).await.expect("poll");
        let bytes: usize = messages.iter().map(|message| message.record.payload.len()).sum();
        assert!((1000..=3500).contains(&bytes), "{bytes} bytes in one poll");
        seen += messages.len();
    }
    assert_eq!(seen, 10);
}

pub async fn a_record_above_the_byte_limit_still_comes(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    put(&*bus, "events", vec![plain(noise(1, 5000)), plain("next")]).await;
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    assert_eq!(
        consumer.poll(100, 10, SOON).await.expect("poll")[0]
            .record
            .payload
            .len(),
        5000
    );
    assert_eq!(payloads(&take(&mut *consumer, 1).await), ["next"]);
}

pub async fn partitions_are_served_fairly(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 3)).await;
    for _ in 0..20 {
        put(&*bus, "events", (0..30).map(|n| plain(format!("{n}"))).collect()).await;
    }
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    let mut seen = [0; 3];
    for message in consumer.poll(10, 1 << 20, SOON).await.expect("poll") {
        seen[message.partition as usize] += 1;
    }
    // By now something of each is at hand.
    tokio::time::sleep(Duration::from_secs(1)).await;
    for _ in 0..12 {
        for message in consumer.poll(10, 1 << 20, SOON).await.expect("poll") {
            seen[message.partition as usize] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count > 0), "a partition starved: {seen:?}");
}

pub async fn seek_goes_back_and_forth(backend: &dyn Backend) {
    let (_bus, mut consumer) = ten(backend).await;
    take(&mut *consumer, 10).await;
    consumer.seek(&at("events", 0), 4).await.expect("seek");
    assert_eq!(payloads(&take(&mut *consumer, 6).await).concat(), "456789");
    consumer.seek(&at("events", 0), 8).await.expect("seek");
    assert_eq!(payloads(&take(&mut *consumer, 2).await).concat(), "89");
    assert!(
        consumer.seek(&at("events", 7), 0).await.is_err(),
        "a partition that it does not hold"
    );
}

pub async fn seek_by_time_finds_the_first(backend: &dyn Backend) {
    let (bus, mut consumer) = ten(backend).await;
    let partition = at("events", 0);
    // One that came late: the answer is the first offset, not the closest time.
    put(&*bus, "events", vec![stamped(250, "late"), stamped(2000, "new")]).await;
    let find = async |millis| {
        bus.offset_for_time(&partition, Timestamp::from_millis(millis))
            .await
            .expect("offset")
    };
    assert_eq!(find(-1).await, Some(0));
    assert_eq!(find(300).await, Some(3));
    assert_eq!(find(301).await, Some(4));
    assert_eq!(find(901).await, Some(11));
    assert_eq!(find(2001).await, None);
    take(&mut *consumer, 12).await;
    consumer
        .seek(&partition, find(850).await.expect("found"))
        .await
        .expect("seek");
    assert_eq!(payloads(&take(&mut *consumer, 3).await), ["9", "late", "new"]);
}

pub async fn read_needs_no_group(backend: &dyn Backend) {
    let (bus, mut consumer) = ten(backend).await;
    let partition = at("events", 0);
    assert_eq!(
        payloads(&bus.read(&partition, 3, 4).await.expect("read")).concat(),
        "3456"
    );
    assert_eq!(
        payloads(&bus.read(&partition, 8, 100).await.expect("read")).concat(),
        "89"
    );
    assert!(bus.read(&partition, 10, 100).await.expect("read").is_empty());
    assert!(bus.read(&partition, 0, 0).await.expect("read").is_empty());
    assert_eq!(take(&mut *consumer, 10).await.len(), 10, "the group saw nothing of it");
}

pub async fn a_dropped_poll_loses_nothing(backend: &dyn Backend) {
    let (bus, mut consumer) = ten(backend).await;
    let mut texts = Vec::new();
    for n in 10..60 {
        put(&*bus, "events", vec![plain(format!("{n}"))]).await;
        if let Ok(got) = tokio::time::timeout(Duration::from_micros(n), consumer.poll(2, 1 << 20, SOON)).await {
            texts.extend(payloads(&got.expect("poll")));
        }
    }
    texts.extend(payloads(&take(&mut *consumer, 60 - texts.len()).await));
    assert_eq!(texts, (0..60).map(|n| n.to_string()).collect::<Vec<_>>());
}

pub async fn watermarks_tell_low_high_and_bytes(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    let empty = bus.watermarks(&at("events", 0)).await.expect("watermarks");
    assert_eq!((empty.low, empty.high), (0, 0));
    assert!(empty.bytes.is_none_or(|bytes| bytes == 0), "{empty:?}");
    put(&*bus, "events", vec![plain(noise(3, 4000))]).await;
    let marks = bus.watermarks(&at("events", 0)).await.expect("watermarks");
    assert_eq!((marks.low, marks.high), (0, 1));
    assert!(marks.bytes.is_none_or(|bytes| bytes >= 4000), "{marks:?}");
}
