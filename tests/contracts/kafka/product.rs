//! The whole product with Kafka as its bus says what it says without.

use super::{Kafka, PLAINTEXT, state};
use std::{path::Path, time::Duration};
use watchfloor::{
    clock::Clock,
    config::Config,
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    startup::{self, Doors, Running},
};
use watchfloor_engine::simulate::{Scenario, Simulator};
use watchfloor_shared::Timestamp;
use watchfloor_tests::product;

const START: Timestamp = Timestamp::from_millis(1_760_000_000_000);
const LINES: usize = 6_000;
const WAIT_MAX: Duration = Duration::from_secs(120);

fn lines() -> Vec<RawLine> {
    let scenario = Scenario {
        start: START,
        ..Scenario::default()
    };
    let lines = Simulator::new(scenario.lasting(Duration::from_secs(240))).take(LINES);
    let lines = lines.enumerate().map(|(position, line)| RawLine {
        bytes: line.bytes.into(),
        position: position as u64,
    });
    lines.collect()
}

async fn start(config: Config) -> Running {
    startup::start(config, Clock::system(), Doors::Closed).await.unwrap()
}

/// Takes lines in and waits until the pipeline is done with them.
async fn take_in(running: &Running, lines: &[RawLine]) {
    for lines in lines.chunks(500) {
        let batch = IngestBatch {
            tenant: running.tenant.clone(),
            door: Door::Simulator,
            origin: BatchOrigin::default(),
            lines: lines.to_vec(),
        };
        running.ingest.submit(batch).await.unwrap();
    }
    let snapshot = running.view.snapshot();
    assert!(running.drained(WAIT_MAX).await, "{:#?}", snapshot.await);
}

fn on_kafka(dir: &Path, kafka: &Kafka) -> Config {
    let mut config = product::config(dir);
    config.bus.kafka = kafka.config(PLAINTEXT);
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_gives_the_same_events_and_the_same_alerts_through_kafka_and_across_a_restart() {
    if state().is_none() {
        return;
    }
    let lines = lines();
    let dir = product::folder();
    let embedded = start(product::config(dir.path())).await;
    take_in(&embedded, &lines).await;
    let (events, alerts) = (product::event_ids(&embedded).await, product::alerts(&embedded).await);
    embedded.stop().await;
    assert!(events.len() == LINES && alerts.len() > 10, "{} events", events.len());

    let (dir, kafka) = (product::folder(), Kafka::new());
    let first = start(on_kafka(dir.path(), &kafka)).await;
    take_in(&first, &lines[..LINES / 2]).await;
    first.stop().await;
    let second = start(on_kafka(dir.path(), &kafka)).await;
    take_in(&second, &lines[LINES / 2..]).await;
    assert_eq!(product::event_ids(&second).await, events);
    assert_eq!(product::alerts(&second).await, alerts);
    let snapshot = second.view.snapshot().await;
    assert_eq!(snapshot.unaccounted, 0);
    second.stop().await;
}
