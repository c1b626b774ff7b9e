//! The embedded event log.

mod crash;
mod damage;
mod disk;
mod figures;

use async_trait::async_trait;
use std::{path::Path, sync::Arc, time::Duration};
use watchfloor::bus::{BusOptions, EmbeddedBus, EventBus};
use watchfloor_tests::bus_contract::Backend;

struct Embedded(tempfile::TempDir);

impl Embedded {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }
}

pub fn small() -> BusOptions {
    BusOptions {
        segment_bytes: 20_000,
        sync_interval: Duration::from_millis(20),
        queue_bytes_max: 1 << 20,
        tail_bytes_max: 30_000,
        disk_full_wait: Duration::from_secs(2),
        ..BusOptions::default()
    }
}

pub fn open(dir: &Path) -> Arc<EmbeddedBus> {
    EmbeddedBus::open(dir, small()).expect("the log opens")
}

#[async_trait]
impl Backend for Embedded {
    async fn open(&self) -> Arc<dyn EventBus> {
        open(self.0.path())
    }

    fn record_bytes_max(&self) -> usize {
        BusOptions::default().record_bytes_max
    }
}

mod contract {
    use super::Embedded;
    watchfloor_tests::bus_contract!(Embedded::new());
}
