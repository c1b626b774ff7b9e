//! The real broker that `cargo xtask test --services` starts, for tests that need one.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};
use watchfloor::bus::kafka::KafkaConfig;

pub const PLAINTEXT: &str = "127.0.0.1:19092";
pub const TLS: &str = "127.0.0.1:19093";

/// The folder of the broker's state, where there is one for tests.
pub fn state() -> Option<PathBuf> {
    let folder = std::env::var_os("WATCHFLOOR_TEST_SERVICES").map(|folder| PathBuf::from(folder).join("state/kafka"));
    if folder.is_none() {
        assert!(std::env::var_os("CI").is_none(), "there is no Kafka for tests");
        println!("skipped: no Kafka for tests; cargo xtask test --services starts one");
    }
    folder
}

/// Topics and groups of this test alone.
pub struct Kafka(String);

impl Kafka {
    pub fn new() -> Self {
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
