//! Dead letters: listed once each, marked when sent again, and sending again never makes an event twice.

use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use watchfloor::{
    bus::{Durability, Message, Record},
    ingest::{BatchOrigin, Door, IngestBatch, RawLine, Refused, header},
    pipeline::{
        dead_letter::{self, dead_letter},
        topology::{NORMALIZE, topic},
    },
    startup::{Doors, Running},
};
use watchfloor_engine::verdict::DeadReason;
use watchfloor_shared::{
    Timestamp,
    pipeline::{DeadLetterState, DeadLetters},
};
use watchfloor_tests::product;

const DRAIN_WAIT_MAX: Duration = Duration::from_secs(60);

async fn letters(running: &Running) -> DeadLetters {
    assert!(running.drained(DRAIN_WAIT_MAX).await);
    running.view.dead_letters(&running.tenant, 100).await
}

async fn events(running: &Running) -> usize {
    assert!(running.drained(DRAIN_WAIT_MAX).await);
    product::event_ids(running).await.len()
}

/// A record without a number of its own, so that its place in the stream is part of what it is.
fn raw(running: &Running) -> Message {
    let payload = r#"{"Channel":"Security","SourceName":"x","EventID":4624,"Hostname":"ws-1.example","TimeCreated":"2026-01-01T00:00:00Z"}"#;
    Message {
        topic: Arc::from(topic::SYSMON),
        partition: 2,
        offset: 77,
        record: Record {
            key: None,
            headers: vec![(header::TENANT_ID.to_owned(), Bytes::from(running.tenant.to_string()))],
            payload: Bytes::from_static(payload.as_bytes()),
            timestamp: Timestamp::from_millis(1_767_225_600_000),
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_sent_again_is_open_no_more_and_one_that_fails_again_is_a_new_one() {
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Closed).await;
    let lines = (0..3).map(|position| RawLine {
        bytes: Bytes::from_static(b"{"),
        position,
    });
    let batch = IngestBatch {
        tenant: running.tenant.clone(),
        door: Door::Ndjson,
        origin: BatchOrigin::default(),
        lines: lines.collect(),
    };
    running.ingest.submit(batch).await.unwrap();
    let before = letters(&running).await;
    assert_eq!((before.total, before.redriven), (3, 0));
    assert_eq!(before.groups[0].state, DeadLetterState::Open);

    assert_eq!(
        running
            .view
            .redrive(&running.tenant, Some("utf8.invalid"))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        running
            .view
            .redrive(&running.tenant, Some("json.invalid"))
            .await
            .unwrap(),
        3
    );
    let after = letters(&running).await;
    assert_eq!((after.total, after.redriven), (3, 3), "they failed again");
    assert_eq!(after.groups.len(), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_of_an_older_normalizer_becomes_one_event_however_often_it_is_sent() {
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Closed).await;
    let letter = dead_letter(&NORMALIZE, &raw(&running), DeadReason::SpellingUnknown);
    // The stage died after it had written the letter and before it had committed: it wrote the letter again.
    let twice = vec![letter.clone(), letter.clone()];
    running
        .bus
        .produce(dead_letter::TOPIC, twice, Durability::Synced)
        .await
        .unwrap();
    assert_eq!(letters(&running).await.total, 1);

    let (first, second) = tokio::join!(
        running.view.redrive(&running.tenant, None),
        running.view.redrive(&running.tenant, None)
    );
    assert_eq!(first.unwrap() + second.unwrap(), 1, "two people, one letter");
    assert_eq!(events(&running).await, 1);
    let after = letters(&running).await;
    assert_eq!((after.total, after.redriven), (0, 1));

    // The server died after it had sent the record and before it had marked the letter: the record comes again.
    let lying = Message {
        topic: Arc::from(dead_letter::TOPIC),
        partition: 0,
        offset: 0,
        record: letter,
    };
    let (topic, record) = dead_letter::original(&lying).unwrap();
    running
        .bus
        .produce(topic, vec![record.clone(), record], Durability::Synced)
        .await
        .unwrap();
    assert_eq!(events(&running).await, 1);
    assert_eq!(running.view.snapshot().await.unaccounted, 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_door_cut_is_said_to_be_cut_and_is_not_sent_again() {
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Closed).await;
    let refused = |position| Refused {
        tenant: running.tenant.clone(),
        door: Door::Ndjson,
        reason: DeadReason::RecordTooLarge,
        bytes: Bytes::from_static(b"{\"a\":\"aaaa"),
        position,
        length_bytes: 100_000_000,
    };
    // The sender was not told yes the first time, and sends the same request again.
    for position in [0, 1, 0, 1] {
        running.ingest.reject(refused(position)).await.unwrap();
    }
    for _ in 0..2 {
        let letters = letters(&running).await;
        assert_eq!((letters.total, letters.groups.len()), (2, 1));
        assert_eq!(letters.groups[0].state, DeadLetterState::Cut);
        assert_eq!(letters.groups[0].source, "ndjson");
        assert_eq!(running.view.redrive(&running.tenant, None).await.unwrap(), 0);
    }
    running.stop().await;
}
