//! InfluxDB 2 behind the heartbeats: `sensor_metrics` and `sensor_status` are written there, and a sensor's charts read from there.
//!
//! Invariant: no heartbeat waits for it. What it has not taken waits here, bounded; beyond that the oldest is left out, counted
//! and said.

mod config;
mod line;
mod query;
mod status;

pub use config::InfluxConfig;

use super::SensorKey;
use crate::{pipeline::backoff::Backoff, store::Secret};
use anyhow::{Context, Result};
use reqwest::{Client, StatusCode, Url};
use std::{
    collections::VecDeque,
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use watchfloor_protocol::v1::Heartbeat;
use watchfloor_shared::fleet::LoadPoint;

const CONNECT_WAIT_MAX: Duration = Duration::from_secs(3);
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);
/// Heartbeats are gathered for as long.
const GATHERED_FOR: Duration = Duration::from_secs(1);
/// What waits to be written: heartbeats of some hours of a small fleet, of ten minutes of five thousand sensors.
const WAITING_MAX: usize = 100_000;
const WAITING_BYTES_MAX: usize = 32 << 20;
const WRITE_HEARTBEATS_MAX: usize = 2_000;
/// The answer's text that goes to the log.
const SAID_CHARS_MAX: usize = 300;

#[derive(Debug, thiserror::Error)]
pub enum InfluxError {
    #[error("InfluxDB does not answer: {0}")]
    Away(#[from] reqwest::Error),
    #[error("InfluxDB answers {status}: {said}")]
    Refused { status: StatusCode, said: String },
    #[error("InfluxDB's answer cannot be read: {0}")]
    Unreadable(String),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Influx(Arc<Inner>);

struct Inner {
    http: Client,
    url: Url,
    organization: String,
    bucket: String,
    token: Secret,
    waiting: Mutex<Waiting>,
    arrived: Notify,
    is_away: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    /// The lines of a heartbeat each.
    lines: VecDeque<String>,
    /// The number of the oldest, counted from the start.
    first: u64,
    bytes: usize,
    left_out: u64,
}

impl Waiting {
    fn push(&mut self, lines: String) {
        self.bytes += lines.len();
        self.lines.push_back(lines);
        while self.lines.len() > WAITING_MAX || self.bytes > WAITING_BYTES_MAX {
            if !self.drop_oldest() {
                break;
            }
            self.left_out += 1;
        }
    }

    /// The oldest, as one text, and their numbers.
    fn oldest(&self) -> (String, Range<u64>) {
        let count = self.lines.len().min(WRITE_HEARTBEATS_MAX);
        let text = self.lines.iter().take(count).map(String::as_str).collect();
        (text, self.first..self.first + count as u64)
    }

    /// All before this number. Some may have made room for newer ones meanwhile.
    fn drop_before(&mut self, number: u64) {
        while self.first < number && self.drop_oldest() {}
    }

    fn drop_oldest(&mut self) -> bool {
        let Some(oldest) = self.lines.pop_front() else {
            return false;
        };
        self.bytes -= oldest.len();
        self.first += 1;
        true
    }
}

impl Influx {
    /// Writes until `stop`. A server that does not answer is no error: it is tried again.
    pub fn open(config: &InfluxConfig, stop: CancellationToken) -> Result<Self> {
        let mut http = Client::builder()
            .connect_timeout(CONNECT_WAIT_MAX)
            .timeout(ANSWER_WAIT_MAX)
            .redirect(reqwest::redirect::Policy::none());
        if let Some(path) = &config.ca {
            let pem = std::fs::read(path).with_context(|| format!("influxdb.ca: cannot read {}", path.display()))?;
            let authorities = reqwest::Certificate::from_pem_bundle(&pem).context("influxdb.ca")?;
            http = http.tls_built_in_root_certs(false);
            for authority in authorities {
                http = http.add_root_certificate(authority);
            }
        }
        let url = config.url.as_deref().unwrap_or_default();
        let influx = Self(Arc::new(Inner {
            http: http.build().context("influxdb")?,
            url: Url::parse(url).context("influxdb.url")?,
            organization: config.organization.clone(),
            bucket: config.bucket.clone(),
            token: config.token.clone().context("influxdb.token")?,
            waiting: Mutex::default(),
            arrived: Notify::new(),
            is_away: AtomicBool::new(false),
        }));
        tokio::spawn(influx.clone().write_all(stop));
        Ok(influx)
    }

    /// Whether it did not take what it was given last.
    pub fn is_away(&self) -> bool {
        self.0.is_away.load(Ordering::Relaxed)
    }

    /// Takes a heartbeat to be written.
    pub fn note(&self, whose: &SensorKey, point: &LoadPoint, heartbeat: &Heartbeat) {
        let mut lines = String::new();
        line::metrics(whose, point, heartbeat, &mut lines);
        self.write_soon(lines);
    }

    fn write_soon(&self, lines: String) {
        if !lines.is_empty() {
            self.waiting().push(lines);
            self.0.arrived.notify_one();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write_all(self, stop: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
        let mut pause = GATHERED_FOR;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
            }
            if self.waiting().lines.is_empty() {
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = self.0.arrived.notified() => continue,
                }
            }
            pause = match self.write_waiting().await {
                Ok(()) => {
                    backoff.reset();
                    GATHERED_FOR
                }
                Err(error) => {
                    self.fault(&error);
                    backoff.pause()
                }
            };
        }
        // What came last, if it is there to take it.
        if !self.is_away() && !self.waiting().lines.is_empty() {
            let _ = self.write_waiting().await;
        }
    }

    fn fault(&self, error: &InfluxError) {
        let waiting = self.waiting();
        if !self.0.is_away.swap(true, Ordering::Relaxed) {
            let (heartbeats, left_out) = (waiting.lines.len(), waiting.left_out);
            tracing::warn!(%error, heartbeats, left_out, "sensors' figures wait to be written");
        }
    }

    /// All that waits, in order. What the server cannot read, it cannot read later either: that is left out.
    async fn write_waiting(&self) -> Result<(), InfluxError> {
        loop {
            let (lines, numbers) = self.waiting().oldest();
            if numbers.is_empty() {
                break;
            }
            let heartbeats = numbers.end - numbers.start;
            match self.write(lines).await {
                Err(InfluxError::Refused { status, said }) if is_of_the_lines(status) => {
                    tracing::warn!(%status, said, heartbeats, "InfluxDB refused sensors' figures; they are left out");
                    self.waiting().left_out += heartbeats;
                }
                written => written?,
            }
            self.waiting().drop_before(numbers.end);
        }
        if self.0.is_away.swap(false, Ordering::Relaxed) {
            let left_out = std::mem::take(&mut self.waiting().left_out);
            tracing::info!(left_out, "InfluxDB is there");
        }
        Ok(())
    }

    async fn write(&self, lines: String) -> Result<(), InfluxError> {
        let mut url = self.path("api/v2/write");
        url.query_pairs_mut()
            .append_pair("org", &self.0.organization)
            .append_pair("bucket", &self.0.bucket)
            .append_pair("precision", "ms");
        let answer = self
            .0
            .http
            .post(url)
            .headers(self.authorized())
            .body(lines)
            .send()
            .await?;
        expect_success(answer).await.map(drop)
    }

    fn path(&self, path: &str) -> Url {
        let mut url = self.0.url.clone();
        url.set_path(path);
        url
    }

    fn authorized(&self) -> reqwest::header::HeaderMap {
        use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
        let mut headers = HeaderMap::new();
        if let Ok(mut value) = HeaderValue::try_from(format!("Token {}", self.0.token.reveal())) {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        headers
    }
}

/// Whether the fault is in what was sent. A wrong token or a bucket that is missing passes once somebody mends it.
fn is_of_the_lines(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY
    )
}

async fn expect_success(answer: reqwest::Response) -> Result<reqwest::Response, InfluxError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let said = answer.text().await.unwrap_or_default();
    let said = said.chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect();
    Err(InfluxError::Refused { status, said })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded_and_the_oldest_goes_first() {
        let mut waiting = Waiting::default();
        for number in 0..WAITING_MAX + 10 {
            waiting.push(format!("{number}\n"));
        }
        assert_eq!((waiting.lines.len(), waiting.left_out), (WAITING_MAX, 10));
        let (lines, numbers) = waiting.oldest();
        assert!(lines.starts_with("10\n11\n") && numbers == (10..10 + WRITE_HEARTBEATS_MAX as u64));
        // Five of those that are being written give way.
        for _ in 0..5 {
            waiting.push("later\n".to_owned());
        }
        waiting.drop_before(numbers.end);
        assert_eq!(waiting.lines.front().map(String::as_str), Some("2010\n"));
        waiting.push("x".repeat(WAITING_BYTES_MAX));
        assert_eq!((waiting.lines.len(), waiting.bytes), (1, WAITING_BYTES_MAX));
    }
}
