//! Alerts of a network sensor at a steady rate: from all over the world at a dozen sites.

use anyhow::Result;
use serde_json::json;
use std::{
    convert::Infallible,
    time::{Duration, Instant},
};
use watchfloor::{
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    startup::Running,
    store::inventory,
};
use watchfloor_shared::inventory::{Asset, Site};

/// Events go out this often, so that the rate is steady and not a pulse.
const TICK: Duration = Duration::from_millis(20);
const SITES: [(&str, f64, f64); 6] = [
    ("Hamburg", 53.55, 9.99),
    ("Seattle", 47.6, -122.33),
    ("São Paulo", -23.55, -46.63),
    ("Singapore", 1.35, 103.82),
    ("Nairobi", -1.29, 36.82),
    ("Sydney", -33.87, 151.21),
];
/// Attackers, each at a place of its own.
const SOURCES: u64 = 250;
const RULES: u64 = 8;

pub struct Feed {
    pub sent: u64,
}

impl Feed {
    /// The organization's sites are known from here on.
    pub async fn new(running: &Running) -> Result<Self> {
        let sites = SITES.map(|(name, latitude, longitude)| Site {
            name: name.to_owned(),
            latitude,
            longitude,
            country: None,
        });
        let assets = SITES.iter().enumerate().map(|(at, (name, ..))| Asset {
            name: format!("gw-{at}"),
            addresses: vec![address(at as u64)],
            site: Some((*name).to_owned()),
            ..Asset::default()
        });
        let mut tx = running.db.tenant(&running.tenant).await?;
        inventory::replace_sites(&mut tx, &sites).await?;
        inventory::replace_assets(&mut tx, &assets.collect::<Vec<_>>()).await?;
        tx.commit().await?;
        while running.map.snapshot(&running.tenant).0.sites.len() < sites.len() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { sent: 0 })
    }

    /// Sends so many a second until it is dropped, and makes up for what the machine was too slow for.
    pub async fn run(&mut self, running: &Running, rate: u64) -> Result<Infallible> {
        let (began, before) = (Instant::now(), self.sent);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            let due = before + (began.elapsed().as_secs_f64() * rate as f64) as u64;
            let lines: Vec<RawLine> = (self.sent..due.min(self.sent + 2 * rate))
                .map(|number| line(number, running))
                .collect();
            if lines.is_empty() {
                continue;
            }
            let count = lines.len() as u64;
            let batch = IngestBatch {
                tenant: running.tenant.clone(),
                door: Door::Ndjson,
                origin: BatchOrigin::default(),
                lines,
            };
            running.ingest.submit(batch).await?;
            self.sent += count;
        }
    }
}

fn address(site: u64) -> String {
    format!("10.{}.0.1", 10 + site)
}

fn line(number: u64, running: &Running) -> RawLine {
    // As far from one another as numbers that follow each other can be.
    let source = number.wrapping_mul(7_919) % SOURCES;
    let (latitude, longitude) = ((source * 37 % 110) as f64 - 50.0, (source * 101 % 340) as f64 - 170.0);
    let rule = number % RULES;
    let line = json!({
        "timestamp": running.clock.now().to_string(), "event_type": "alert", "flow_id": number, "host": "ids-1", "proto": "TCP",
        "src_ip": format!("203.0.113.{source}"), "src_port": 1_024 + number % 60_000,
        "dest_ip": address(number % SITES.len() as u64), "dest_port": 443,
        "alert": {"signature": format!("Measured rule {rule}"), "signature_id": 9_000_000 + rule, "gid": 1, "rev": 1, "severity": 1 + rule % 3},
        "source": {"geo": {"city_name": format!("Place {source}"), "location": {"lat": latitude, "lon": longitude}}},
    });
    RawLine {
        bytes: line.to_string().into(),
        position: number,
    }
}
