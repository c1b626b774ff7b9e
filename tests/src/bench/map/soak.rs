//! Hours of it: events at a steady rate on the map, and half a day by the server's clock on a wall whose network goes away.

use super::{feed::Feed, found};
use crate::{
    browser, product,
    proxy::{Proxy, Weather},
    screen,
};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use watchfloor::{
    clock::Clock,
    ingest::{BatchOrigin, Door, RawLine},
    replay::{Plan, Sink, feed, pace::Speed},
    startup::{self, Doors, Running},
};
use watchfloor_engine::simulate::{Scenario, Simulator};
use watchfloor_shared::Timestamp;

const DRAIN_WAIT_MAX: Duration = Duration::from_secs(120);
/// Alerts of a network sensor on the wall's map, a second of real time.
const WALL_RATE: u64 = 5;

/// The map at `rate` events a second for so long: memory of the browser at points of it, and what was counted.
pub async fn map(minutes: u64, rate: u64) -> Result<Value> {
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Open).await;
    let link = browser::link(&running).await;
    let mut sender = Feed::new(&running).await?;
    let every = (minutes * 60 / 12).max(5);
    let asked = json!({"what": "soak", "minutes": minutes, "every": every});
    let browser = tokio::select! {
        browser = found(&link, &asked, Duration::from_secs(minutes * 60)) => browser?,
        fault = sender.run(&running, rate) => anyhow::bail!("{fault:?}"),
    };
    let drained = running.drained(DRAIN_WAIT_MAX).await;
    let (snapshot, counted) = (running.view.snapshot().await, running.map.counts(&running.tenant));
    let dead: i64 = snapshot
        .stages
        .iter()
        .flat_map(|stage| &stage.dead)
        .map(|dead| dead.count)
        .sum();
    let server_rss_mib = super::super::measure::rss_bytes() >> 20;
    running.stop().await;
    Ok(json!({
        "minutes": minutes, "rate": rate, "sent": sender.sent, "counted_on_the_map": counted.day.iter().sum::<u64>(),
        "dead_letters": dead, "unaccounted": snapshot.unaccounted, "drained": drained, "server_rss_mib": server_rss_mib, "browser": browser,
    }))
}

/// A wall while `hours` go by on the server's clock in `minutes` of ours; a third of that time its network is silent.
pub async fn wall(minutes: u64, hours: u64) -> Result<Value> {
    let dir = product::folder();
    let speed = hours * 60 / minutes.max(1);
    let clock = hurried(speed);
    let running = startup::start(product::config(dir.path()), clock.clone(), Doors::Open).await?;
    let proxy = Proxy::to(running.address.context("an address")?).await;
    let credential = screen::credential(&running.db, &running.tenant, "Soak", clock.now()).await;
    let told = browser::artefacts().join("soak-network");
    std::fs::write(&told, "up")?;
    let mut sender = Feed::new(&running).await?;
    let link = format!("http://{}/wall", proxy.address());
    let asked = json!({"what": "wall", "credential": credential.reveal(), "minutes": minutes, "network": told});
    let found = tokio::select! {
        found = found(&link, &asked, Duration::from_secs(minutes * 60)) => found?,
        fault = sender.run(&running, WALL_RATE) => anyhow::bail!("{fault:?}"),
        fault = recording(&running, hours, speed) => anyhow::bail!("{fault:?}"),
        () = weather(&proxy, &told) => anyhow::bail!("the network's hand is gone"),
    };
    running.stop().await;
    Ok(json!({"minutes": minutes, "hours": hours, "speed": speed, "events": sender.sent, "browser": found}))
}

/// The system's time, `speed` times as fast from here on.
fn hurried(speed: u64) -> Clock {
    let system = Clock::system();
    let (began, from) = (Instant::now(), system.now());
    let speed = u32::try_from(speed).unwrap_or(1);
    Clock::from_fn(move || from.saturating_add(began.elapsed() * speed))
}

/// An intrusion among office hours, as fast as the clock goes; then nothing more.
async fn recording(running: &Running, hours: u64, speed: u64) -> Result<()> {
    let length = Duration::from_secs(hours * 3_600);
    let start: Timestamp = running.clock.now();
    let scenario = Scenario {
        start,
        ..Scenario::default()
    };
    let end = start.saturating_add(length);
    let lines = Simulator::new(scenario.lasting(length)).take_while(|line| line.at < end);
    let lines = lines.zip(0_u64..).map(|(line, position)| RawLine {
        bytes: line.bytes.into(),
        position,
    });
    let sink = Sink::Local {
        ingest: running.ingest.clone(),
        tenant: running.tenant.clone(),
        door: Door::Simulator,
        origin: BatchOrigin::default(),
    };
    let plan = Plan {
        speed: Speed::Times(speed as f64),
        ..Plan::default()
    };
    feed(lines.map(anyhow::Ok), &plan, &sink, |_| ()).await?;
    std::future::pending().await
}

/// The script says in a file what becomes of the network between the browser and the server.
pub async fn weather(proxy: &Proxy, told: &Path) {
    let mut before = String::new();
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = std::fs::read_to_string(told).unwrap_or_default();
        if now == before {
            continue;
        }
        match now.trim() {
            "silent" => proxy.set(Weather {
                swallows: true,
                ..Weather::default()
            }),
            "down" => proxy.down(),
            _ => {
                proxy.clear();
                proxy.cut();
            }
        }
        before = now;
    }
}
