//! The demo's organization has sites, and the Internet knocks at them: what the live map shows.

use crate::{
    ingest::{BatchOrigin, Door, RawLine},
    replay::{Plan, Sink, feed, pace::Speed},
    startup::Running,
    store::inventory,
};
use anyhow::Result;
use bytes::Bytes;
use std::time::{Duration, Instant};
use watchfloor_engine::simulate::perimeter::{self, Perimeter};
use watchfloor_shared::Timestamp;

/// On average; few enough that one can read them.
const EVENTS_PER_SECOND: f64 = 3.0;

const SITES_WAIT_MAX: Duration = Duration::from_secs(10);

/// Puts the organization on the map, where nobody has said yet where it is.
pub async fn found(running: &Running) -> Result<()> {
    let mut tx = running.db.tenant(&running.tenant).await?;
    if inventory::sites(&mut tx).await?.is_empty() && inventory::assets(&mut tx).await?.is_empty() {
        inventory::replace_sites(&mut tx, &Perimeter::sites()).await?;
        inventory::replace_assets(&mut tx, &Perimeter::assets()).await?;
    }
    Ok(tx.commit().await?)
}

/// Knocks in real time, once the stages know where the sites are.
pub async fn watch(running: &Running, seed: u64) -> Result<()> {
    let until = Instant::now() + SITES_WAIT_MAX;
    while running.map.snapshot(&running.tenant).0.sites.is_empty() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let now = running.clock.now();
    let sink = Sink::Local {
        ingest: running.ingest.clone(),
        tenant: running.tenant.clone(),
        door: Door::Simulator,
        origin: BatchOrigin::default(),
    };
    let plan = Plan {
        speed: Speed::Times(1.0),
        ..Plan::default()
    };
    let lines = perimeter::between(seed, (now, Timestamp::MAX), EVENTS_PER_SECOND).enumerate();
    let lines = lines.map(|(position, line)| {
        Ok::<_, anyhow::Error>(RawLine {
            bytes: Bytes::from(line.bytes),
            position: position as u64,
        })
    });
    feed(lines, &plan, &sink, |_| ()).await?;
    Ok(())
}
