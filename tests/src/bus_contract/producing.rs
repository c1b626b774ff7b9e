//! Topics and what producers may rely on.

use super::*;
use futures::future::join_all;
use std::collections::BTreeSet;
use watchfloor::bus::{BusError, partitioner};

pub async fn topic_is_made_once(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 3)).await;
    put(&*bus, "events", vec![plain("kept")]).await;
    bus.create_topic(&topic("events", 3))
        .await
        .expect("the same declaration again");
    let found: Vec<_> = bus
        .topics()
        .await
        .expect("topics")
        .into_iter()
        .filter(|spec| spec.name == "events")
        .collect();
    assert_eq!(found, vec![topic("events", 3)]);
    assert_eq!(bus.read(&at("events", 0), 0, 9).await.expect("read").len(), 1);
}

pub async fn partition_count_is_fixed(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 3)).await;
    match bus.create_topic(&topic("events", 4)).await {
        Err(BusError::PartitionCount {
            topic,
            has: 3,
            wanted: 4,
        }) => assert_eq!(topic, "events"),
        other => panic!("{other:?}"),
    }
    assert!(bus.create_topic(&topic("none", 0)).await.is_err());
}

pub async fn unknown_topic_is_refused(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 2)).await;
    let produced = bus.produce("nowhere", vec![plain("x")], Durability::Written).await;
    assert!(matches!(produced, Err(BusError::UnknownTopic(name)) if name == "nowhere"));
    assert!(matches!(
        bus.subscribe("g", &["events", "nowhere"]).await.err(),
        Some(BusError::UnknownTopic(_))
    ));
    assert!(matches!(
        bus.watermarks(&at("events", 2)).await,
        Err(BusError::UnknownTopic(_))
    ));
    assert!(matches!(
        bus.read(&at("nowhere", 0), 0, 1).await,
        Err(BusError::UnknownTopic(_))
    ));
}

pub async fn offsets_count_up_per_partition(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    assert_eq!(put(&*bus, "events", vec![plain("a"), plain("b")]).await, vec![0, 1]);
    assert_eq!(put(&*bus, "events", vec![plain("c")]).await, vec![2]);
    assert_eq!(bus.watermarks(&at("events", 0)).await.expect("watermarks").high, 3);
}

pub async fn order_per_key_is_kept(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 4)).await;
    for round in 0..20 {
        let records = (0..30)
            .map(|n| keyed(&format!("host-{}", n % 7), format!("{:05}", round * 30 + n)))
            .collect();
        put(&*bus, "events", records).await;
    }
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    let messages = take(&mut *consumer, 600).await;
    assert_eq!(messages.len(), 600);
    let mut last: BTreeMap<Bytes, (u32, Bytes)> = BTreeMap::new();
    for message in messages {
        let key = message.record.key.expect("key");
        if let Some((partition, payload)) = last.insert(key, (message.partition, message.record.payload.clone())) {
            assert_eq!(partition, message.partition);
            assert!(payload < message.record.payload);
        }
    }
}

pub async fn same_key_same_partition_as_kafka(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 6)).await;
    // From Kafka's own murmur2 test values, modulo six.
    for (key, partition) in [("21", 0), ("foobar", 0), ("abc", 3)] {
        assert_eq!(partitioner::partition_of(key.as_bytes(), 6), partition, "{key}");
        put(&*bus, "events", vec![keyed(key, key.to_owned())]).await;
        let found = bus.read(&at("events", partition), 0, 9).await.expect("read");
        assert!(payloads(&found).iter().any(|payload| payload == key));
    }
}

pub async fn without_a_key_partitions_take_turns(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 3)).await;
    for _ in 0..3 {
        put(&*bus, "events", (0..30).map(|n| plain(format!("{n}"))).collect()).await;
    }
    for partition in 0..3 {
        assert!(
            bus.watermarks(&at("events", partition)).await.expect("watermarks").high > 0,
            "{partition} was left out"
        );
    }
}

pub async fn everything_of_a_record_comes_back(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 2)).await;
    let record = Record {
        key: Some(Bytes::from_static(b"tenant:host")),
        headers: vec![
            ("tenant_id".into(), Bytes::from_static(b"t-1")),
            ("same".into(), Bytes::from_static(b"1")),
            ("same".into(), Bytes::from_static(b"2")),
            ("bytes".into(), Bytes::from_static(&[0, 255, 10])),
        ],
        payload: Bytes::from_static(&[0, 159, 146, 150, b'\n', 0]),
        timestamp: Timestamp::from_millis(1_700_000_000_123),
    };
    put(&*bus, "events", vec![record.clone()]).await;
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    let messages = take(&mut *consumer, 1).await;
    assert_eq!(messages[0].record, record);
    assert_eq!(&*messages[0].topic, "events");
    assert_eq!(record.header("same").map(|value| &value[..]), Some(&b"1"[..]));
}

pub async fn empty_payload_and_headers_are_fine(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    let header_only = Record {
        headers: vec![("only".into(), Bytes::new())],
        ..Record::default()
    };
    put(
        &*bus,
        "events",
        vec![Record::default(), header_only.clone(), plain("last")],
    )
    .await;
    let found = bus.read(&at("events", 0), 0, 9).await.expect("read");
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].record.payload.len(), 0);
    assert_eq!(found[1].record.headers, header_only.headers);
}

pub async fn a_record_over_the_limit_is_refused_whole(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    let large = noise(1, backend.record_bytes_max() + 1);
    let refused = bus
        .produce("events", vec![plain("small"), plain(large)], Durability::Written)
        .await;
    assert!(matches!(refused, Err(BusError::RecordTooLarge { bytes, bytes_max }) if bytes > bytes_max));
    assert_eq!(bus.watermarks(&at("events", 0)).await.expect("watermarks").high, 0);
    let fits = noise(2, backend.record_bytes_max() - 1024);
    put(&*bus, "events", vec![plain(fits.clone())]).await;
    assert_eq!(
        bus.read(&at("events", 0), 0, 1).await.expect("read")[0].record.payload,
        fits
    );
}

pub async fn nothing_to_produce_is_fine(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    assert_eq!(put(&*bus, "events", Vec::new()).await, Vec::<u64>::new());
}

pub async fn concurrent_producers_lose_nothing(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 3)).await;
    let producers = (0..8).map(|producer| {
        let bus = bus.clone();
        tokio::spawn(async move {
            for n in 0..50 {
                put(
                    &*bus,
                    "events",
                    vec![keyed(&format!("p{producer}"), format!("{producer}/{n:03}"))],
                )
                .await;
            }
        })
    });
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    let (produced, messages) = tokio::join!(join_all(producers), take(&mut *consumer, 400));
    assert!(produced.iter().all(Result::is_ok));
    let texts = payloads(&messages);
    assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), 400);
    for producer in 0..8 {
        let prefix = format!("{producer}/");
        let own: Vec<_> = texts.iter().filter(|text| text.starts_with(&prefix)).collect();
        assert!(own.is_sorted(), "out of order: {own:?}");
    }
}

pub async fn more_than_the_queue_holds_waits_and_arrives(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 2)).await;
    let calls = (0..40).map(|call| {
        let bus = bus.clone();
        async move {
            let records = (0..16).map(|n| plain(noise(call * 16 + n, 16 * 1024))).collect();
            bus.produce("events", records, Durability::Written)
                .await
                .expect("waits, then is taken")
                .len()
        }
    });
    assert_eq!(join_all(calls).await.into_iter().sum::<usize>(), 640);
    let mut high = 0;
    for partition in 0..2 {
        high += bus.watermarks(&at("events", partition)).await.expect("watermarks").high;
    }
    assert_eq!(high, 640);
}

pub async fn a_closed_bus_refuses_work(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    let waiting = tokio::spawn(async move { consumer.poll(1, 1, SOON).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    bus.close().await.expect("close");
    bus.close().await.expect("closing again changes nothing");
    assert!(
        matches!(waiting.await.expect("joined"), Err(BusError::Closed)),
        "a waiting poll ends"
    );
    assert!(matches!(
        bus.produce("events", vec![plain("x")], Durability::Written).await,
        Err(BusError::Closed)
    ));
    assert!(matches!(
        bus.subscribe("g", &["events"]).await.err(),
        Some(BusError::Closed)
    ));
    assert!(matches!(
        bus.apply_retention(Timestamp::EPOCH).await,
        Err(BusError::Closed)
    ));
}
