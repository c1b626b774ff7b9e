//! Groups: who reads what, and which positions are believed.

use super::*;
use std::collections::BTreeSet;
use watchfloor::bus::BusError;

fn held(consumer: &dyn Consumer) -> BTreeSet<TopicPartition> {
    consumer.assignment().into_iter().collect()
}

pub async fn partitions_are_spread(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 6)).await;
    let mut first = bus.subscribe("g", &["events"]).await.expect("subscribe");
    settle(&mut *first, 6).await;
    let mut second = bus.subscribe("g", &["events"]).await.expect("subscribe");
    tokio::join!(settle(&mut *first, 3), settle(&mut *second, 3));
    assert!(held(&*first).is_disjoint(&held(&*second)));
    for n in 0..60 {
        put(&*bus, "events", vec![keyed(&format!("k{n}"), format!("{n:02}"))]).await;
    }
    let (mut seen, mut idle) = (Vec::new(), 0);
    while seen.len() < 60 && idle < 20 {
        let before = seen.len();
        for consumer in [&mut first, &mut second] {
            seen.extend(payloads(
                &consumer
                    .poll(100, 1 << 20, Duration::from_millis(100))
                    .await
                    .expect("poll"),
            ));
        }
        idle = if seen.len() == before { idle + 1 } else { 0 };
    }
    seen.sort();
    assert_eq!(
        seen,
        (0..60).map(|n| format!("{n:02}")).collect::<Vec<_>>(),
        "each record once"
    );
}

pub async fn a_leaving_member_hands_over(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 4)).await;
    let mut first = bus.subscribe("g", &["events"]).await.expect("subscribe");
    let mut second = bus.subscribe("g", &["events"]).await.expect("subscribe");
    tokio::join!(settle(&mut *first, 2), settle(&mut *second, 2));
    let theirs = held(&*second).into_iter().next().expect("one");
    put(&*bus, "events", (0..40).map(|n| plain(format!("{n}"))).collect()).await;
    second
        .commit(vec![position("events", theirs.partition, 5, "mine")])
        .await
        .expect("commit");
    drop(second);
    let mut messages = settle(&mut *first, 4).await;
    messages.extend(take(&mut *first, 35 - messages.len()).await);
    let own = messages.iter().filter(|message| message.partition == theirs.partition);
    let offsets: Vec<_> = own.map(|message| message.offset).collect();
    assert_eq!(
        (offsets, messages.len()),
        ((5..10).collect(), 35),
        "goes on at the position of the one who left"
    );
}

pub async fn groups_do_not_share_positions(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    put(&*bus, "events", vec![plain("a"), plain("b")]).await;
    for group in ["index", "sigma"] {
        let mut consumer = bus.subscribe(group, &["events"]).await.expect("subscribe");
        let messages = take(&mut *consumer, 2).await;
        assert_eq!(payloads(&messages), ["a", "b"]);
        consumer.commit(behind(&messages)).await.expect("commit");
    }
    assert_eq!(bus.committed("other", &at("events", 0)).await.expect("committed"), None);
}

pub async fn commit_and_metadata_are_found_again(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    put(&*bus, "events", (0..10).map(|n| plain(format!("{n}"))).collect()).await;
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    take(&mut *consumer, 10).await;
    let metadata = r#"{"in":7,"emitted":6,"dead":1,"text":"Ä\n"}"#;
    consumer
        .commit(vec![position("events", 0, 3, "first")])
        .await
        .expect("commit");
    consumer
        .commit(vec![position("events", 0, 7, metadata)])
        .await
        .expect("commit");
    let committed = bus.committed("g", &at("events", 0)).await.expect("committed");
    assert_eq!(
        committed,
        Some(Committed {
            offset: 7,
            metadata: metadata.into()
        })
    );
    drop(consumer);
    let mut successor = bus.subscribe("g", &["events"]).await.expect("subscribe");
    assert_eq!(payloads(&take(&mut *successor, 3).await).concat(), "789");
}

pub async fn a_long_ledger_is_kept_whole(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    settle(&mut *consumer, 1).await;
    let sender = |n: u32| {
        format!(
            r#"{{"sensor":"ws-{n:04}.corp.example","emitted":{},"dead":{{}}}}"#,
            n * 7919
        )
    };
    let metadata = (0..200).map(sender).collect::<Vec<_>>().join(",");
    assert!(metadata.len() > 8_000);
    consumer
        .commit(vec![position("events", 0, 0, &metadata)])
        .await
        .expect("commit");
    let committed = bus.committed("g", &at("events", 0)).await.expect("committed");
    assert_eq!(committed, Some(Committed { offset: 0, metadata }));
}

pub async fn a_lost_partition_cannot_be_committed(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 2)).await;
    let mut first = bus.subscribe("g", &["events"]).await.expect("subscribe");
    settle(&mut *first, 2).await;
    let mut second = bus.subscribe("g", &["events"]).await.expect("subscribe");
    settle(&mut *second, 1).await;
    let lost = held(&*second).into_iter().next().expect("one").partition;
    let refused = first.commit(vec![position("events", lost, 1, "late")]).await;
    assert!(
        matches!(refused, Err(BusError::NotAssigned { partition, .. }) if partition == lost),
        "{refused:?}"
    );
    assert_eq!(bus.committed("g", &at("events", lost)).await.expect("committed"), None);
    first
        .commit(vec![position("events", 1 - lost, 1, "kept")])
        .await
        .expect("the kept one is still its own");
    assert!(matches!(
        first.commit(vec![position("events", 9, 1, "")]).await,
        Err(BusError::NotAssigned { .. })
    ));
}

pub async fn a_partition_lost_and_regained_starts_afresh(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    put(&*bus, "events", (0..9).map(|n| plain(format!("{n}"))).collect()).await;
    let mut first = bus.subscribe("g", &["events"]).await.expect("subscribe");
    assert_eq!(take(&mut *first, 9).await.len(), 9);
    drop(first);
    let mut second = bus.subscribe("g", &["events"]).await.expect("subscribe");
    assert_eq!(
        take(&mut *second, 9).await.len(),
        9,
        "nothing was committed, so all of it again"
    );
    second.commit(vec![position("events", 0, 4, "")]).await.expect("commit");
    drop(second);
    let mut third = bus.subscribe("g", &["events"]).await.expect("subscribe");
    assert_eq!(payloads(&take(&mut *third, 5).await).concat(), "45678");
}

pub async fn assignment_changes_only_inside_poll(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 4)).await;
    let mut first = bus.subscribe("g", &["events"]).await.expect("subscribe");
    settle(&mut *first, 4).await;
    let mut second = bus.subscribe("g", &["events"]).await.expect("subscribe");
    settle(&mut *second, 2).await;
    assert_eq!(first.assignment().len(), 4, "until it polls");
    settle(&mut *first, 2).await;
}

pub async fn a_generation_tells_of_changes(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 4)).await;
    let mut first = bus.subscribe("g", &["events"]).await.expect("subscribe");
    settle(&mut *first, 4).await;
    let alone = first.generation();
    first.poll(9, 99, Duration::from_millis(50)).await.expect("poll");
    assert_eq!(first.generation(), alone, "nothing has changed");
    let mut second = bus.subscribe("g", &["events"]).await.expect("subscribe");
    tokio::join!(settle(&mut *first, 2), settle(&mut *second, 2));
    let shared = first.generation();
    assert_ne!(shared, alone);
    drop(second);
    settle(&mut *first, 4).await;
    assert_ne!(first.generation(), shared);
}

pub async fn several_topics_in_one_group(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("left", 2)).await;
    bus.create_topic(&topic("right", 3)).await.expect("topic");
    let mut both = bus.subscribe("g", &["left", "right"]).await.expect("subscribe");
    let mut right = bus.subscribe("g", &["right"]).await.expect("subscribe");
    tokio::time::sleep(Duration::from_millis(100)).await;
    for _ in 0..200 {
        tokio::join!(
            async { both.poll(9, 99, Duration::from_millis(50)).await.expect("poll") },
            async { right.poll(9, 99, Duration::from_millis(50)).await.expect("poll") }
        );
        if both.assignment().len() + right.assignment().len() == 5 && !right.assignment().is_empty() {
            break;
        }
    }
    assert!(right.assignment().iter().all(|held| &*held.topic == "right"));
    assert_eq!(held(&*both).iter().filter(|held| &*held.topic == "left").count(), 2);
    assert_eq!(held(&*both).union(&held(&*right)).count(), 5);
}

pub async fn more_members_than_partitions(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 1)).await;
    let mut first = bus.subscribe("g", &["events"]).await.expect("subscribe");
    settle(&mut *first, 1).await;
    let mut spare = bus.subscribe("g", &["events"]).await.expect("subscribe");
    assert!(
        spare
            .poll(9, 99, Duration::from_millis(200))
            .await
            .expect("poll")
            .is_empty()
    );
    settle(&mut *first, 1).await;
    put(&*bus, "events", vec![plain("x")]).await;
    assert_eq!(take(&mut *first, 1).await.len(), 1);
    drop(first);
    assert_eq!(take(&mut *spare, 1).await.len(), 1, "the spare takes over");
}

pub async fn commit_covers_all_or_nothing(backend: &dyn Backend) {
    let bus = with_topic(backend, &topic("events", 2)).await;
    let mut first = bus.subscribe("g", &["events"]).await.expect("subscribe");
    settle(&mut *first, 2).await;
    first
        .commit(vec![position("events", 0, 3, "a"), position("events", 1, 4, "b")])
        .await
        .expect("commit");
    let mut second = bus.subscribe("g", &["events"]).await.expect("subscribe");
    settle(&mut *second, 1).await;
    let late = first
        .commit(vec![position("events", 0, 8, "c"), position("events", 1, 9, "d")])
        .await;
    assert!(matches!(late, Err(BusError::NotAssigned { .. })));
    for (partition, offset) in [(0, 3), (1, 4)] {
        let committed = bus.committed("g", &at("events", partition)).await.expect("committed");
        assert_eq!(committed.map(|committed| committed.offset), Some(offset));
    }
    assert!(first.commit(Vec::new()).await.is_ok());
}
