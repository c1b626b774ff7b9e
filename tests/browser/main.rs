//! The console in a real browser, on the real server: an analyst signs in, sees an alert arrive, understands it, decides, hunts.
//!
//! Screenshots are left in `target/browser`, in both themes and two sizes.

mod factors;
mod fleet;
mod people;
mod wall;

use serde_json::json;
use std::time::Duration;
use watchfloor::{
    clock::Clock,
    config::RulesConfig,
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    replay::{Plan, Sink, feed, pace::Speed},
    startup::{self, Doors, Running},
    store::{alerts, inventory},
};
use watchfloor_engine::{
    alert::{AlertSettings, Detection},
    simulate::{Scenario, Simulator},
};
use watchfloor_shared::{
    Timestamp,
    inventory::{Asset, Site},
};
use watchfloor_tests::{
    browser::{self, artefacts, is_here as browser_is_here, link},
    product,
};

const STORY: Duration = Duration::from_secs(600);
const SCRIPT_WAIT_MAX: Duration = Duration::from_secs(900);

async fn script(name: &str, link: &str) -> bool {
    script_with(name, link, &[]).await
}

async fn script_with(name: &str, link: &str, settings: &[(&str, &str)]) -> bool {
    browser::script(name, link, settings, SCRIPT_WAIT_MAX).await
}

fn simulated(start: Timestamp) -> impl Iterator<Item = RawLine> {
    let scenario = Scenario {
        start,
        ..Scenario::default()
    }
    .lasting(STORY);
    let end = start.saturating_add(STORY);
    Simulator::new(scenario)
        .take_while(move |line| line.at < end)
        .enumerate()
        .map(|(position, line)| RawLine {
            bytes: line.bytes.into(),
            position: position as u64,
        })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analyst_works_through_an_intrusion() {
    if !browser_is_here() {
        return;
    }
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Open).await;
    let link = link(&running).await;
    let sink = Sink::Local {
        ingest: running.ingest.clone(),
        tenant: running.tenant.clone(),
        door: Door::Simulator,
        origin: BatchOrigin::default(),
    };
    let now = running.clock.now();
    let half = now.saturating_sub(STORY / 3);
    let lines: Vec<_> = simulated(now.saturating_sub(STORY)).collect();
    let plan = Plan {
        to: Some(half),
        ..Plan::default()
    };
    feed(lines.iter().cloned().map(anyhow::Ok), &plan, &sink, |_| ())
        .await
        .unwrap();
    assert!(running.drained(Duration::from_secs(120)).await);
    // The rest of the intrusion arrives while the browser looks.
    let live = async {
        tokio::time::sleep(Duration::from_secs(8)).await;
        let plan = Plan {
            speed: Speed::Times(8.0),
            from: Some(half),
            to: None,
        };
        feed(lines.iter().cloned().map(anyhow::Ok), &plan, &sink, |_| ())
            .await
            .unwrap();
        std::future::pending::<()>().await;
    };
    let passed = tokio::select! {
        passed = script("analyst.mjs", &link) => passed,
        () = live => false,
    };
    running.stop().await;
    assert!(passed, "see above; pictures in {}", artefacts().display());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_alerts_scroll() {
    if !browser_is_here() {
        return;
    }
    let dir = product::folder();
    let mut config = product::config(dir.path());
    config.rules = RulesConfig {
        starter_pack: false,
        folders: Vec::new(),
    };
    // A hundred thousand alerts in one go are no analyst's day; only their scrolling is tested here.
    config.database.statement_timeout_ms = 120_000;
    let running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
    hundred_thousand(&running).await;
    let link = link(&running).await;
    let passed = script("scroll.mjs", &link).await;
    running.stop().await;
    assert!(passed, "see above");
}

/// Every half second: Buenos Aires at Hamburg, badly, and Osaka at Seattle, across the antimeridian.
async fn knocks(running: &Running) {
    let site = |name: &str, latitude, longitude| Site {
        name: name.to_owned(),
        latitude,
        longitude,
        country: None,
    };
    let asset = |name: &str, address: &str, site: &str| Asset {
        name: name.to_owned(),
        addresses: vec![address.to_owned()],
        site: Some(site.to_owned()),
        ..Asset::default()
    };
    let sites = [site("Hamburg", 53.55, 9.99), site("Seattle", 47.6, -122.33)];
    let assets = [
        asset("ws-0417", "10.10.0.17", "Hamburg"),
        asset("gw-02", "10.20.0.1", "Seattle"),
    ];
    let mut tx = running.db.tenant(&running.tenant).await.unwrap();
    inventory::replace_sites(&mut tx, &sites).await.unwrap();
    inventory::replace_assets(&mut tx, &assets).await.unwrap();
    tx.commit().await.unwrap();
    while running.map.snapshot(&running.tenant).0.sites.len() < sites.len() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for position in 0_u64.. {
        let now = running.clock.now();
        let line = |source: &str, city: &str, (lat, lon): (f64, f64), to: &str, signature: &str, severity: u8| {
            json!({
                "timestamp": now.to_string(), "event_type": "alert", "flow_id": position, "host": "ids-1", "proto": "TCP",
                "src_ip": source, "src_port": 40_000, "dest_ip": to, "dest_port": 443,
                "alert": {"signature": signature, "signature_id": 9_000_001, "gid": 1, "rev": 1, "severity": severity},
                "source": {"geo": {"city_name": city, "location": {"lat": lat, "lon": lon}}},
            })
        };
        let lines = [
            line(
                "203.0.113.71",
                "Buenos Aires",
                (-34.6, -58.4),
                "10.10.0.17",
                "Beacon to a command server",
                1,
            ),
            line("198.51.100.8", "Osaka", (34.7, 135.5), "10.20.0.1", "Telnet probe", 3),
        ];
        let lines = lines.into_iter().zip(2 * position..).map(|(line, position)| RawLine {
            bytes: line.to_string().into(),
            position,
        });
        let batch = IngestBatch {
            tenant: running.tenant.clone(),
            door: Door::Ndjson,
            origin: BatchOrigin::default(),
            lines: lines.collect(),
        };
        running.ingest.submit(batch).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_draws_what_comes_in_where_it_belongs() {
    if !browser_is_here() {
        return;
    }
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Open).await;
    let link = link(&running).await;
    let passed = tokio::select! {
        passed = script("map.mjs", &link) => passed,
        () = knocks(&running) => false,
    };
    running.stop().await;
    assert!(passed, "see above; pictures in {}", artefacts().display());
}

async fn hundred_thousand(running: &Running) {
    let now = running.clock.now();
    let settings = AlertSettings {
        dedup_window: Duration::from_secs(300),
        correlation_window: Duration::from_nanos(1),
    };
    for batch in 0..200_u64 {
        let detections: Vec<Detection> = (0..500_u64).map(|row| detection(batch * 500 + row, now)).collect();
        let mut tx = running.db.tenant(&running.tenant).await.unwrap();
        alerts::record(&mut tx, &detections, &settings, now).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// Each on its own endpoint and at its own time, so that none is folded and none related.
fn detection(number: u64, now: Timestamp) -> Detection {
    use watchfloor_shared::{
        EndpointId, EventId, RuleId,
        alert::{AlertRule, DetectionSource, Severity},
    };
    let at = now.saturating_sub(Duration::from_millis(100 * number + 1_000));
    Detection {
        source: DetectionSource::Sigma,
        rule: AlertRule {
            id: RuleId::new(format!("rule-{}", number % 40)),
            title: format!("Rule {}", number % 40),
            level: "high".to_owned(),
            description: String::new(),
            author: None,
            false_positives: Vec::new(),
            references: Vec::new(),
        },
        severity: Severity::ALL[(number % 4) as usize],
        techniques: Vec::new(),
        event_id: EventId::new(format!("{number:032x}")),
        contributing: Vec::new(),
        endpoint_id: EndpointId::new(format!("ws-{number:06}")),
        subject: String::new(),
        endpoint_name: format!("WS-{number:06}"),
        user: Some("CORP\\a.berg".to_owned()),
        process_name: Some("powershell.exe".to_owned()),
        process_entity: None,
        file_sha256: None,
        evidence: format!("cmd.exe → powershell.exe · {number}"),
        what_happened: Vec::new(),
        matched: Vec::new(),
        observed: at,
        received: at,
        detected: at,
        simulated: true,
        located: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_brings_the_inventory() {
    if !browser_is_here() {
        return;
    }
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Open).await;
    let link = link(&running).await;
    let passed = script("inventory.mjs", &link).await;
    let mut tx = running.db.tenant(&running.tenant).await.unwrap();
    let assets = inventory::assets(&mut tx).await.unwrap();
    let people = inventory::people(&mut tx).await.unwrap();
    drop(tx);
    running.stop().await;
    assert!(passed, "see above; pictures in {}", artefacts().display());
    assert_eq!(assets.len(), 3, "{assets:?}");
    assert!(people.iter().any(|person| person.privileged), "{people:?}");
}
