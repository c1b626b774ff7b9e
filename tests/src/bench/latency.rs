//! Alert latency at a steady rate: received at the door → read from the live stream by an HTTP client.

use super::{Options, Percentiles};
use anyhow::{Context, Result};
use bytes::Bytes;
use futures::StreamExt;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use watchfloor::{
    clock::Clock,
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    replay::reader::ReadError,
    startup::Running,
    store::{Secret, identity},
};
use watchfloor_engine::normalize::{Origin, endpoint_of};
use watchfloor_shared::{Timestamp, identity::Role, live::LiveEvent};

/// Lines go out this often, so that the rate is steady and not a pulse.
const TICK: Duration = Duration::from_millis(20);
/// After the last line, alerts may still come.
const LINGER: Duration = Duration::from_secs(3);
const PASSWORD: &str = "a password of the benchmark";

/// Milliseconds, one per new alert.
type Samples = Arc<Mutex<Vec<f64>>>;

pub async fn measure(
    running: &Running,
    lines: impl Iterator<Item = Result<RawLine, ReadError>>,
    options: &Options,
) -> Result<Percentiles> {
    let samples = Samples::default();
    let began = Clock::system().now();
    let listener = tokio::spawn(listen(live_stream(running).await?, began, Arc::clone(&samples)));
    let per_tick = usize::try_from(options.latency_rate * TICK.as_millis() as u64 / 1_000)?.max(1);
    let ticks = options.latency_seconds * 1_000 / TICK.as_millis() as u64;
    let mut lines = lines.filter_map(Result::ok).map(|line| on_other_host(&line));
    let mut interval = tokio::time::interval(TICK);
    for _ in 0..ticks {
        interval.tick().await;
        let batch: Vec<_> = lines.by_ref().take(per_tick).collect();
        if batch.is_empty() {
            break;
        }
        let tenant = running.tenant.clone();
        running
            .ingest
            .submit(IngestBatch {
                tenant,
                door: Door::Ndjson,
                origin: BatchOrigin::default(),
                lines: batch,
            })
            .await?;
    }
    tokio::time::sleep(LINGER).await;
    listener.abort();
    let mut samples = samples.lock().map(|samples| samples.clone()).unwrap_or_default();
    samples.sort_by(f64::total_cmp);
    let at = |share: f64| {
        samples
            .get((samples.len() as f64 * share) as usize)
            .or(samples.last())
            .copied()
            .unwrap_or(0.0)
    };
    Ok(Percentiles {
        p50: at(0.5),
        p99: at(0.99),
        samples: samples.len(),
    })
}

/// The throughput run has seen these events; on another host they are new and raise their alerts again.
fn on_other_host(line: &RawLine) -> RawLine {
    let text = String::from_utf8_lossy(&line.bytes);
    let bytes = match endpoint_of(&line.bytes, &Origin::UNKNOWN).and_then(|host| spelled(&text, host.as_str())) {
        Some(host) => Bytes::from(text.replace(&host, &format!("\"latency-{}", &host[1..]))),
        None => line.bytes.clone(),
    };
    RawLine {
        bytes,
        position: line.position,
    }
}

/// The host's name as the line spells it, in its quotes.
fn spelled(text: &str, host: &str) -> Option<String> {
    let quoted = format!("\"{host}\"");
    let at = text.to_ascii_lowercase().find(&quoted)?;
    text.get(at..at + quoted.len()).map(str::to_owned)
}

async fn live_stream(running: &Running) -> Result<reqwest::Response> {
    let email = "bench@watchfloor.invalid";
    let password = Secret::new(PASSWORD);
    identity::create_account(
        &running.db,
        &running.tenant,
        "Benchmark",
        email,
        &password,
        Role::Viewer,
    )
    .await?;
    let client = reqwest::Client::builder().cookie_store(true).build()?;
    let url = running.url();
    let credentials = serde_json::json!({ "email": email, "password": PASSWORD });
    client
        .post(format!("{url}/api/v1/session"))
        .json(&credentials)
        .send()
        .await?
        .error_for_status()?;
    let stream = client
        .get(format!("{url}/api/v1/live"))
        .send()
        .await?
        .error_for_status()?;
    Ok(stream)
}

/// What an alert is told later, of folds and people, says nothing about its way here; nor does one that was there before `began`.
async fn listen(response: reqwest::Response, began: Timestamp, samples: Samples) -> Result<()> {
    let clock = Clock::system();
    let mut stream = response.bytes_stream();
    let mut text = String::new();
    let mut told = HashSet::new();
    while let Some(chunk) = stream.next().await {
        text.push_str(&String::from_utf8_lossy(&chunk?));
        while let Some(end) = text.find("\n\n") {
            let event: String = text.drain(..end + 2).collect();
            if event.lines().any(|line| line == "event: alert") {
                let data = event
                    .lines()
                    .find_map(|line| line.strip_prefix("data: "))
                    .context("an event without data")?;
                let LiveEvent::Alert(alert) = serde_json::from_str(data)? else {
                    continue;
                };
                if alert.times.received >= began && told.insert(alert.id.clone()) {
                    let latency = clock.now().since(alert.times.received).as_secs_f64() * 1e3;
                    samples.lock().map_err(|_| anyhow::anyhow!("poisoned"))?.push(latency);
                }
            }
        }
    }
    Ok(())
}
