//! The threat map from the front door to its board, and after a restart.

use bytes::Bytes;
use std::time::{Duration, Instant};
use watchfloor::{
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    startup::{Doors, Running},
    store::inventory,
};
use watchfloor_engine::simulate::perimeter::Perimeter;
use watchfloor_shared::map::MapSnapshot;
use watchfloor_tests::product;

const EVENTS: u64 = 2_000;
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The board once it has taken all events.
async fn whole(running: &Running) -> MapSnapshot {
    let begun = Instant::now();
    loop {
        let (snapshot, _) = running.map.snapshot(&running.tenant);
        if snapshot.counts.day.iter().sum::<u64>() >= EVENTS {
            return snapshot;
        }
        assert!(begun.elapsed() < WAIT_MAX, "{:?}", snapshot.counts);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn sum(snapshot: &MapSnapshot) -> u64 {
    snapshot.hits.iter().map(|hit| hit.count).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sensor_reports_is_on_the_map_with_both_ends_and_still_is_after_a_restart() {
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Closed).await;
    let mut tx = running.db.tenant(&running.tenant).await.unwrap();
    inventory::replace_sites(&mut tx, &Perimeter::sites()).await.unwrap();
    inventory::replace_assets(&mut tx, &Perimeter::assets()).await.unwrap();
    tx.commit().await.unwrap();
    let begun = Instant::now();
    while running.map.snapshot(&running.tenant).0.sites.len() < 3 {
        assert!(begun.elapsed() < WAIT_MAX, "the sites are not known");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let lines = Perimeter::new(3, running.clock.now(), 10.0).take(EVENTS as usize);
    let lines = lines.enumerate().map(|(position, line)| RawLine {
        bytes: Bytes::from(line.bytes),
        position: position as u64,
    });
    let batch = IngestBatch {
        tenant: running.tenant.clone(),
        door: Door::Simulator,
        origin: BatchOrigin::default(),
        lines: lines.collect(),
    };
    running.ingest.submit(batch).await.unwrap();
    let before = whole(&running).await;
    assert_eq!(sum(&before), EVENTS);
    for flow in &before.flows {
        assert!(flow.simulated && flow.source.place.is_some(), "{flow:?}");
        let site = flow.destination.place.as_ref().unwrap();
        assert!(site.is_site && before.sites.contains(site), "{flow:?}");
        assert!(flow.destination.name.is_some(), "{flow:?}");
    }
    running.stop().await;

    let again = product::start(dir.path(), Doors::Closed).await;
    let after = whole(&again).await;
    assert_eq!((sum(&after), after.counts.day), (EVENTS, before.counts.day));
    assert_eq!(after.flows.len(), before.flows.len());
    again.stop().await;
}
