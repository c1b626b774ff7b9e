//! The whole product with Kafka as its bus: it says what it says without, and outlives its broker.
//!
//! One test at a time: one of them ends the broker.

mod broker;
mod recording;

use std::{path::Path, time::Duration};
use watchfloor::{
    clock::Clock,
    config::Config,
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    startup::{self, Doors, Running},
};
use watchfloor_tests::{
    kafka::{Kafka, PLAINTEXT},
    product,
};

const WAIT_MAX: Duration = Duration::from_secs(120);

async fn start(config: Config) -> Running {
    startup::start(config, Clock::system(), Doors::Closed).await.unwrap()
}

fn on_kafka(dir: &Path, kafka: &Kafka) -> Config {
    let mut config = product::config(dir);
    config.bus.kafka = kafka.config(PLAINTEXT);
    config
}

fn batch(running: &Running, lines: &[RawLine]) -> IngestBatch {
    IngestBatch {
        tenant: running.tenant.clone(),
        door: Door::Simulator,
        origin: BatchOrigin::default(),
        lines: lines.to_vec(),
    }
}

async fn drained(running: &Running) {
    assert!(running.drained(WAIT_MAX).await, "{:#?}", running.view.snapshot().await);
}

/// Takes lines in and waits until the pipeline is done with them.
async fn take_in(running: &Running, lines: &[RawLine]) {
    for lines in lines.chunks(500) {
        running.ingest.submit(batch(running, lines)).await.unwrap();
    }
    drained(running).await;
}

/// Events and alerts without Kafka.
async fn expected(lines: &[RawLine]) -> (Vec<String>, Vec<String>) {
    let dir = product::folder();
    let embedded = start(product::config(dir.path())).await;
    take_in(&embedded, lines).await;
    let said = said(&embedded).await;
    embedded.stop().await;
    assert!(
        said.0.len() == lines.len() && said.1.len() > 10,
        "{} events",
        said.0.len()
    );
    said
}

async fn said(running: &Running) -> (Vec<String>, Vec<String>) {
    assert_eq!(running.view.snapshot().await.unaccounted, 0);
    (product::event_ids(running).await, product::alerts(running).await)
}
