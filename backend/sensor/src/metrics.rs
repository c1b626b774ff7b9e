//! The sensor's counters, for Prometheus on loopback.

use crate::{agent::Shared, lost::Reason};
use std::{
    fmt::Write,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};

const REQUEST_WAIT_MAX: Duration = Duration::from_secs(5);
const REQUEST_BYTES_MAX: usize = 8 << 10;
const CALLERS_MAX: usize = 8;

#[derive(Debug, Default)]
pub struct Metrics {
    pub observed: Counter,
    pub recorded: Counter,
    pub folded: Counter,
    pub quiet: Counter,
    pub tailed: Counter,
    pub sent: Counter,
    pub acknowledged: Counter,
    pub refused: Counter,
    pub calls: Counter,
    pub connected: Counter,
}

#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Name, kind, help, value.
type Row = (&'static str, &'static str, &'static str, fn(&Shared) -> u64);

const ROWS: [Row; 12] = [
    (
        "observed_total",
        "counter",
        "Events seen by the capture method",
        |shared| shared.metrics.observed.get(),
    ),
    ("records_total", "counter", "Records written to the spool", |shared| {
        shared.metrics.recorded.get()
    }),
    (
        "folded_total",
        "counter",
        "Events that went into a record of repeats",
        |shared| shared.metrics.folded.get(),
    ),
    (
        "quiet_total",
        "counter",
        "Writes and connections of quiet programs, left out",
        |shared| shared.metrics.quiet.get(),
    ),
    ("tailed_total", "counter", "Lines taken from followed files", |shared| {
        shared.metrics.tailed.get()
    }),
    (
        "sent_total",
        "counter",
        "Records sent, repetitions included",
        |shared| shared.metrics.sent.get(),
    ),
    (
        "acknowledged_total",
        "counter",
        "Records that the server has on its disk",
        |shared| shared.metrics.acknowledged.get(),
    ),
    (
        "refused_total",
        "counter",
        "Records that were too long for the server",
        |shared| shared.metrics.refused.get(),
    ),
    (
        "calls_total",
        "counter",
        "Calls to the server that were begun",
        |shared| shared.metrics.calls.get(),
    ),
    ("connected", "gauge", "Whether a call is open", |shared| {
        shared.metrics.connected.get()
    }),
    (
        "spool_bytes",
        "gauge",
        "Bytes that the spool takes on the disk",
        |shared| shared.spool().bytes(),
    ),
    (
        "spool_records",
        "gauge",
        "Records that wait for an acknowledgement",
        |shared| shared.spool().waiting(),
    ),
];

/// The exposition format, version 0.0.4.
pub fn exposition(shared: &Shared) -> String {
    let mut text = String::new();
    for (name, kind, help, value) in ROWS {
        let value = value(shared);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "# HELP watchfloor_sensor_{name} {help}\n# TYPE watchfloor_sensor_{name} {kind}\nwatchfloor_sensor_{name} {value}"
        );
    }
    text.push_str("# HELP watchfloor_sensor_dropped_total Left out since the sensor was installed\n");
    text.push_str("# TYPE watchfloor_sensor_dropped_total counter\n");
    for reason in Reason::ALL {
        let (name, count) = (reason.name(), shared.spool().dropped(reason));
        let _ = writeln!(text, "watchfloor_sensor_dropped_total{{reason=\"{name}\"}} {count}");
    }
    text
}

/// Answers until it is dropped.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(CALLERS_MAX));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    let answered = timeout(REQUEST_WAIT_MAX, answer(stream, &shared)).await;
                    if !matches!(answered, Ok(Ok(()))) {
                        tracing::debug!("a metrics request was not answered");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "metrics cannot be asked for");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn answer(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        let mut part = [0; 1_024];
        let count = stream.read(&mut part).await?;
        if count == 0 || request.len() > REQUEST_BYTES_MAX {
            return Ok(());
        }
        request.extend(&part[..count]);
    }
    let (status, body) = match request.starts_with(b"GET /metrics ") {
        true => ("200 OK", exposition(shared)),
        false => ("404 Not Found", "only /metrics is here\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// Listens where the settings say.
pub async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}
