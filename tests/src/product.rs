//! The product inside the test's own process, on a folder of its own.

use std::{path::Path, time::Duration};
use watchfloor::{
    clock::Clock,
    config::Config,
    ingest::{BatchOrigin, Door},
    replay::{Plan, Sink, feed, reader},
    search::SearchSpec,
    startup::{self, Doors, Running},
    store::Database,
};
use watchfloor_shared::{
    TenantId,
    alert::AlertSummary,
    search::{EventHit, Order},
};

const DRAIN_WAIT_MAX: Duration = Duration::from_secs(300);

/// A folder of the test's own. PostgreSQL runs as another user when the tests run as root, and must be able to enter it.
pub fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o711))
        .tempdir()
        .unwrap()
}

/// Settings for a product that keeps everything below `dir` and listens on a free port.
pub fn config(dir: &Path) -> Config {
    let mut config = Config {
        data_dir: dir.to_owned(),
        ..Config::default()
    };
    config.http.listen.set_port(0);
    // What models say is the matter of their own tests, with models of their own.
    config.infer.enabled = false;
    config
}

/// A running product on `dir`.
pub async fn start(dir: &Path, doors: Doors) -> Running {
    startup::start(config(dir), Clock::system(), doors).await.unwrap()
}

/// Takes a recording in through the file door and waits until the pipeline is done with it.
pub async fn take_in(running: &Running, recording: &Path, plan: &Plan) -> u64 {
    let sink = Sink::Local {
        ingest: running.ingest.clone(),
        tenant: running.tenant.clone(),
        door: Door::File,
        origin: BatchOrigin::default(),
    };
    let sent = feed(reader::open(recording).unwrap(), plan, &sink, |_| ())
        .await
        .unwrap();
    assert!(
        running.drained(DRAIN_WAIT_MAX).await,
        "the pipeline did not finish: {:#?}",
        running.view.snapshot().await
    );
    sent.lines
}

/// What must not depend on speed, restarts or repetition: each alert with its count and related endpoints, sorted.
pub async fn alerts(running: &Running) -> Vec<String> {
    let alerts = stored_alerts(&running.db, &running.tenant).await;
    let lines = alerts.iter().map(|alert| format!("{} {}", alert.id, alert_line(alert)));
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}

/// An alert without its id, which is another one for each tenant.
pub fn alert_line(alert: &AlertSummary) -> String {
    format!(
        "{} {} ×{} {}–{} {:?}",
        alert.rule_id, alert.endpoint_id, alert.count, alert.first_seen, alert.last_seen, alert.related_endpoints,
    )
}

/// All alerts of the tenant.
pub async fn stored_alerts(db: &Database, tenant: &TenantId) -> Vec<AlertSummary> {
    use watchfloor::store::{Window, alerts};
    use watchfloor_shared::alert::{AlertFilter, AlertSort};
    let mut tx = db.tenant(tenant).await.unwrap();
    let mut found = Vec::new();
    let mut window = Window::first(500);
    loop {
        let page = alerts::list(&mut tx, &AlertFilter::default(), AlertSort::Oldest, &window)
            .await
            .unwrap();
        found.extend(page.items);
        match page.next {
            Some(cursor) => window.cursor = Some(cursor),
            None => break,
        }
    }
    tx.commit().await.unwrap();
    found
}

/// All indexed events of the first tenant, the oldest first.
pub async fn hits(running: &Running) -> Vec<EventHit> {
    let mut hits = Vec::new();
    let mut search_after = None;
    loop {
        let spec = SearchSpec {
            query: watchfloor_engine::query::parse("", None).unwrap(),
            from: None,
            to: None,
            limit: 1_000,
            order: Order::OldestFirst,
            search_after: search_after.take(),
            aggregations: Vec::new(),
        };
        let page = running.search.search(&running.tenant, spec).await.unwrap();
        let is_last = page.hits.is_empty();
        hits.extend(page.hits);
        match page.next {
            Some(next) if !is_last => search_after = Some(next),
            _ => return hits,
        }
    }
}

/// Ids of all indexed events, sorted; fails when one is there twice.
pub async fn event_ids(running: &Running) -> Vec<String> {
    let mut ids: Vec<String> = hits(running).await.iter().map(|hit| hit.id.to_string()).collect();
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "an event is in the index twice");
    ids
}

/// Waits until so many events are found. Returns how many there are then.
pub async fn found(running: &Running, wanted: usize) -> usize {
    let mut found = 0;
    for _ in 0..300 {
        assert!(running.drained(DRAIN_WAIT_MAX).await);
        found = event_ids(running).await.len();
        if found >= wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    found
}
