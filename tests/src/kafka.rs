//! The real broker that `cargo xtask test --services` starts, for tests that need one.

use crate::{
    bus_contract::{Backend, KEEP},
    services,
};
use async_trait::async_trait;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use watchfloor::bus::{
    EventBus,
    kafka::{KafkaBus, KafkaConfig, KafkaOptions},
};
use watchfloor_shared::Timestamp;

pub const PLAINTEXT: &str = "127.0.0.1:19092";
pub const TLS: &str = "127.0.0.1:19093";
/// The broker looks once a second what retention has to delete.
const RETAINED_AFTER: Duration = Duration::from_secs(4);

/// The folder of the broker's state, where there is one for tests.
pub fn state() -> Option<PathBuf> {
    services::state("kafka")
}

/// Topics and groups of this test alone.
pub struct Kafka(String);

impl Kafka {
    pub fn apart() -> Self {
        static TESTS: AtomicU32 = AtomicU32::new(0);
        let test = TESTS.fetch_add(1, Ordering::Relaxed);
        let begun = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_millis();
        Self(format!("test-{begun}-{test}."))
    }

    pub fn config(&self, brokers: &str) -> KafkaConfig {
        KafkaConfig {
            brokers: vec![brokers.to_owned()],
            topic_prefix: self.0.clone(),
            group_prefix: self.0.clone(),
            ..KafkaConfig::default()
        }
    }
}

/// Limits that a test reaches.
pub fn small() -> KafkaOptions {
    KafkaOptions {
        queue_bytes_max: 1 << 20,
        heartbeat_interval: Duration::from_millis(100),
        topic_settings: |spec| match spec.retention {
            KEEP => Vec::new(),
            // A batch must not be larger than a segment, so only where retention has something to take.
            _ => vec![
                ("internal.segment.bytes", "20000".to_owned()),
                ("file.delete.delay.ms", "100".to_owned()),
            ],
        },
        ..KafkaOptions::default()
    }
}

#[async_trait]
impl Backend for Kafka {
    fn is_there(&self) -> bool {
        state().is_some()
    }

    async fn open(&self) -> Arc<dyn EventBus> {
        KafkaBus::open(&self.config(PLAINTEXT), small())
            .await
            .expect("the broker answers")
    }

    fn record_bytes_max(&self) -> usize {
        KafkaOptions::default().record_bytes_max
    }

    async fn retain(&self, bus: &dyn EventBus, now: Timestamp) {
        bus.apply_retention(now).await.expect("retention");
        tokio::time::sleep(RETAINED_AFTER).await;
    }
}
