//! The server goes away while events come in: refused, cut, silent.

use super::{on_opensearch, start};
use std::time::{Duration, Instant};
use watchfloor::{
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    startup::Running,
};
use watchfloor_engine::simulate::{Scenario, Simulator};
use watchfloor_shared::Timestamp;
use watchfloor_tests::{
    opensearch::{ADDRESS, OpenSearch, password},
    product,
    proxy::{Proxy, Weather},
};

const START: Timestamp = Timestamp::from_millis(1_760_000_000_000);
const LINES: usize = 6_000;
const WAIT_MAX: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(50);

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

async fn send(running: &Running, lines: &[RawLine]) {
    for lines in lines.chunks(50) {
        let batch = IngestBatch {
            tenant: running.tenant.clone(),
            door: Door::Simulator,
            origin: BatchOrigin::default(),
            lines: lines.to_vec(),
        };
        running.ingest.submit(batch).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What the pipeline page shows of the index stage.
async fn fault(running: &Running) -> Option<String> {
    let snapshot = running.view.snapshot().await;
    let stage = snapshot.stages.iter().find(|stage| stage.name == "index");
    stage.expect("the stage").fault.clone()
}

async fn until(running: &Running, has_fault: bool) -> Option<String> {
    let begun = Instant::now();
    loop {
        let fault = fault(running).await;
        if fault.is_some() == has_fault {
            return fault;
        }
        assert!(begun.elapsed() < WAIT_MAX, "{fault:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_and_comes_back_loses_nothing_doubles_nothing_and_is_named_meanwhile() {
    if password().is_none() {
        return;
    }
    let lines = lines();
    let (dir, opensearch) = (product::folder(), OpenSearch::apart());
    let proxy = Proxy::to(ADDRESS.parse().unwrap()).await;
    let mut config = on_opensearch(dir.path(), &opensearch, &proxy.address().to_string());
    config.search.opensearch.write_timeout_ms = 10_000;
    let running = start(config).await;
    // Each part is sent while its fault lasts: the stage has something to write in every one.
    let (in_fine_weather, rest) = lines.split_at(LINES / 3);
    let (refused, unanswered) = rest.split_at(LINES / 3);
    send(&running, in_fine_weather).await;
    proxy.down();
    let meets_a_fault = async {
        let said = until(&running, true).await.unwrap();
        assert!(said.contains("OpenSearch"), "{said}");
        proxy.clear();
        until(&running, false).await;
    };
    tokio::join!(send(&running, refused), meets_a_fault);
    // Requests arrive or not, and no answer comes.
    proxy.set(Weather {
        swallows: true,
        ..Weather::default()
    });
    let meets_silence = async {
        until(&running, true).await;
        proxy.clear();
        proxy.cut();
        until(&running, false).await;
        proxy.cut();
    };
    tokio::join!(send(&running, unanswered), meets_silence);
    assert!(running.drained(WAIT_MAX).await, "{:#?}", running.view.snapshot().await);
    assert_eq!(product::event_ids(&running).await.len(), LINES);
    let snapshot = running.view.snapshot().await;
    let stage = snapshot.stages.iter().find(|stage| stage.name == "index").unwrap();
    let dead: i64 = stage.dead.iter().map(|reason| reason.count).sum();
    assert_eq!((snapshot.unaccounted, dead), (0, 0), "{stage:#?}");
    running.stop().await;
}
