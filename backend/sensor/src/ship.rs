//! The spool → the server, over one gRPC call that lasts.
//!
//! Invariant: a record leaves the spool only when the server has acknowledged it. Every wait ends: with an answer, or with a
//! new call after a pause that grows and varies.

use crate::{agent::Shared, clock, config::ServerConfig, control::live::Live, key, lost::Reason};
use anyhow::{Context, bail};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    fs,
    sync::{mpsc, watch},
    time::{Instant, interval, sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Request, Streaming,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity as TlsIdentity},
};
use watchfloor_protocol::{
    BATCH_RECORDS_MAX, IDLE_SECONDS_MAX,
    v1::{Ack, Dropped, Heartbeat, SensorBatch, sensor_service_client::SensorServiceClient},
};
use watchfloor_shared::Timestamp;

const CONNECT_WAIT_MAX: Duration = Duration::from_secs(10);
/// The server reads no further while its disk is behind.
const ACK_WAIT_MAX: Duration = Duration::from_secs(60);
const ALIVE_EVERY: Duration = Duration::from_secs(IDLE_SECONDS_MAX / 4);
const BATCH_BYTES: usize = 512 << 10;
const BATCHES_UNANSWERED_MAX: usize = 8;
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Batches gather a little, so that a busy host sends few large ones.
const GATHER: Duration = Duration::from_millis(20);

/// What heartbeats tell of the sensor.
#[derive(Debug, Clone)]
pub struct Identity {
    /// For whom it enrolled; empty with a key.
    pub tenant: String,
    pub sensor: String,
    pub kernel: String,
    pub method: &'static str,
    pub started: Timestamp,
    pub spool_bytes_max: u64,
}

/// Sends until it is told to stop.
pub async fn run(config: ServerConfig, identity: Identity, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    if config.address.is_empty() {
        tracing::warn!("server.address is not set: records are kept on the disk until it is");
        return;
    }
    let mut pause = PAUSE_MIN;
    while !*stopped.borrow() {
        let acknowledged = shared.metrics.acknowledged.get();
        // What a call that is broken off had sent is sent again: nothing is lost by it.
        let ended = tokio::select! {
            ended = call(&config, &identity, &shared) => ended,
            _ = stopped.changed() => return,
        };
        shared.metrics.connected.set(0);
        let Err(error) = ended;
        if shared.metrics.acknowledged.get() > acknowledged {
            pause = PAUSE_MIN;
        }
        let wait = pause.mul_f64(0.5 + StdRng::from_os_rng().random::<f64>());
        tracing::warn!(
            wait_ms = wait.as_millis() as u64,
            "the server is out of reach: {error:#}"
        );
        tokio::select! {
            () = sleep(wait) => {}
            _ = stopped.changed() => {}
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// One call, until it fails.
async fn call(config: &ServerConfig, identity: &Identity, shared: &Arc<Shared>) -> anyhow::Result<Infallible> {
    shared.metrics.calls.add(1);
    let mut client = SensorServiceClient::new(channel(config).await?);
    let (batches, outgoing) = mpsc::channel(BATCHES_UNANSWERED_MAX + 1);
    shared.spool().rewind();
    shared.look_towards(&config.address).await;
    let mut live = shared.live().subscribe();
    let beat_every = live.borrow_and_update().heartbeat;
    batches.send(heartbeat(identity, shared, beat_every)).await?;
    let mut request = Request::new(ReceiverStream::new(outgoing));
    if let Some(key) = key::authorization(config)? {
        request.metadata_mut().insert("authorization", key);
    }
    let answers = timeout(CONNECT_WAIT_MAX, client.send(request))
        .await
        .context("the server does not answer")?
        .map_err(|status| anyhow::anyhow!("{}: {}", status.code(), status.message()))?
        .into_inner();
    shared.metrics.connected.set(1);
    tracing::info!(server = config.address, "connected");
    let call = Call {
        identity,
        shared,
        beat_every,
        live,
        batches,
        answers,
        unanswered: 1,
        answered: Instant::now(),
    };
    call.last().await
}

struct Call<'a> {
    identity: &'a Identity,
    shared: &'a Arc<Shared>,
    beat_every: Duration,
    live: watch::Receiver<Live>,
    batches: mpsc::Sender<SensorBatch>,
    answers: Streaming<Ack>,
    unanswered: usize,
    /// When the last answer came, or the first unanswered batch went out.
    answered: Instant,
}

impl Call<'_> {
    async fn last(mut self) -> anyhow::Result<Infallible> {
        let mut beats = interval(self.beat_every);
        beats.reset();
        let mut more = true;
        loop {
            while more && self.unanswered < BATCHES_UNANSWERED_MAX {
                more = self.send_next().await?;
            }
            tokio::select! {
                answer = self.answers.message() => {
                    match answer.map_err(|status| anyhow::anyhow!("{}: {}", status.code(), status.message()))? {
                        Some(ack) => self.acknowledge(&ack)?,
                        None => bail!("the server ended the call"),
                    }
                    more = true;
                }
                () = self.shared.ready.notified(), if !more => {
                    sleep(GATHER).await;
                    more = true;
                }
                Ok(()) = self.live.changed() => {
                    self.beat_every = self.live.borrow_and_update().heartbeat;
                    // The first tick is at once: the server hears of the new interval.
                    beats = interval(self.beat_every);
                }
                _ = beats.tick(), if self.unanswered < BATCHES_UNANSWERED_MAX => {
                    self.send(heartbeat(self.identity, self.shared, self.beat_every)).await?;
                }
                () = tokio::time::sleep_until(self.answered + ACK_WAIT_MAX), if self.unanswered > 0 => {
                    bail!("the server has not acknowledged anything for {} s", ACK_WAIT_MAX.as_secs());
                }
            }
        }
    }

    /// False when all was sent.
    async fn send_next(&mut self) -> anyhow::Result<bool> {
        let batch = self.shared.spool().read(BATCH_RECORDS_MAX, BATCH_BYTES)?;
        if batch.records.is_empty() {
            return Ok(false);
        }
        self.shared.metrics.sent.add(batch.records.len() as u64);
        self.send(SensorBatch {
            sensor: self.identity.sensor.clone(),
            stream: batch.stream,
            source: batch.source,
            first_sequence: batch.first,
            records: batch.records.into_iter().map(Into::into).collect(),
            sent_unix_ns: clock::now().nanos(),
            dropped: Vec::new(),
            heartbeat: None,
            tenant: self.identity.tenant.clone(),
        })
        .await?;
        Ok(true)
    }

    async fn send(&mut self, batch: SensorBatch) -> anyhow::Result<()> {
        if self.unanswered == 0 {
            self.answered = Instant::now();
        }
        self.unanswered += 1;
        timeout(ACK_WAIT_MAX, self.batches.send(batch))
            .await
            .context("the server takes nothing")?
            .context("the server ended the call")
    }

    fn acknowledge(&mut self, ack: &Ack) -> anyhow::Result<()> {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.answered = Instant::now();
        let metrics = &self.shared.metrics;
        metrics.refused.add(ack.refused);
        let mut spool = self.shared.spool();
        let before = spool.waiting();
        spool.ack(&ack.stream, ack.next_sequence)?;
        metrics.acknowledged.add(before.saturating_sub(spool.waiting()));
        Ok(())
    }
}

fn heartbeat(identity: &Identity, shared: &Shared, every: Duration) -> SensorBatch {
    let load = shared.load().read(shared.management().as_deref());
    let spool = shared.spool();
    let (stream, first_sequence) = spool.reading();
    let dropped: Vec<Dropped> = Reason::ALL
        .into_iter()
        .map(|reason| Dropped {
            reason: reason.name().to_owned(),
            count: spool.dropped(reason),
        })
        .filter(|dropped| dropped.count > 0)
        .collect();
    SensorBatch {
        sensor: identity.sensor.clone(),
        stream,
        source: String::new(),
        first_sequence,
        records: Vec::new(),
        sent_unix_ns: clock::now().nanos(),
        dropped: dropped.clone(),
        heartbeat: Some(Heartbeat {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kernel: identity.kernel.clone(),
            method: identity.method.to_owned(),
            spool_bytes: spool.bytes(),
            spool_bytes_max: identity.spool_bytes_max,
            dropped,
            started_unix_ns: identity.started.nanos(),
            spool_records: spool.waiting(),
            interval_ms: u32::try_from(every.as_millis()).unwrap_or(u32::MAX),
            load: Some(load),
        }),
        tenant: identity.tenant.clone(),
    }
}

pub async fn channel(config: &ServerConfig) -> anyhow::Result<Channel> {
    let mut endpoint = Endpoint::from_shared(config.address.clone())?
        .connect_timeout(CONNECT_WAIT_MAX)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(ALIVE_EVERY)
        .keep_alive_timeout(CONNECT_WAIT_MAX);
    if config.address.starts_with("https://") {
        endpoint = endpoint.tls_config(tls(config).await?)?;
    }
    let connected = timeout(CONNECT_WAIT_MAX, endpoint.connect()).await;
    Ok(connected.context("the server does not answer")??)
}

async fn tls(config: &ServerConfig) -> anyhow::Result<ClientTlsConfig> {
    let mut tls = ClientTlsConfig::new();
    tls = match &config.ca_file {
        Some(file) => {
            let pem = fs::read(file).await.context("server.ca_file cannot be read")?;
            tls.ca_certificate(Certificate::from_pem(pem))
        }
        None => tls.with_native_roots(),
    };
    if let (Some(certificate), Some(key)) = (&config.certificate_file, &config.private_key_file) {
        let certificate = fs::read(certificate)
            .await
            .context("server.certificate_file cannot be read")?;
        let key = fs::read(key).await.context("server.private_key_file cannot be read")?;
        tls = tls.identity(TlsIdentity::from_pem(certificate, key));
    }
    Ok(tls)
}
