//! Wires the parts; nothing else does.

use crate::{
    capture::{self, Capture},
    captures,
    config::Config,
    control::{self, Desk, Told, live::Live},
    host::Host,
    identity::{Enrolment, Identity},
    load::LoadMeter,
    metrics::{self, Metrics},
    nics,
    recent::RecentLog,
    recorder::Recorder,
    renewal, ship,
    spool::{Limits, Spool},
    tail::Tails,
};
use anyhow::Context;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};
use tokio::sync::{Notify, watch};

/// A segment is at most this part of the spool, so that giving up the oldest one costs little.
const SEGMENTS: u64 = 32;
const SEGMENT_BYTES_MAX: u64 = 8 << 20;

/// What the recorder, the shipper and the metrics share.
pub struct Shared {
    spool: Mutex<Spool>,
    live: watch::Sender<Live>,
    /// The interface by which the server is reached.
    management: Mutex<Option<String>>,
    /// The spool has something new.
    pub ready: Notify,
    pub metrics: Metrics,
    load: Mutex<LoadMeter>,
}

impl Shared {
    pub fn live(&self) -> &watch::Sender<Live> {
        &self.live
    }

    pub fn management(&self) -> Option<String> {
        self.management.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers by which interface this server is reached.
    pub async fn look_towards(&self, server: &str) {
        if let Some(name) = nics::towards(server).await {
            *self.management.lock().unwrap_or_else(PoisonError::into_inner) = Some(name);
        }
    }

    pub fn load(&self) -> MutexGuard<'_, LoadMeter> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn spool(&self) -> MutexGuard<'_, Spool> {
        // A panic elsewhere leaves the spool as its last call left it.
        self.spool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sensor that is set up and not yet running.
pub struct Agent {
    config: Config,
    enrolment: Option<Enrolment>,
    host: Host,
    capture: Option<Box<dyn Capture>>,
    method: &'static str,
    log: RecentLog,
}

/// A sensor that runs until it is told to stop.
pub struct Running {
    shared: Arc<Shared>,
    pub metrics: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    recorder: JoinHandle<()>,
    shipper: tokio::task::JoinHandle<()>,
    renewal: Option<tokio::task::JoinHandle<()>>,
    controlled: Option<Controlled>,
    exporter: Option<tokio::task::JoinHandle<()>>,
}

/// What the server has it do.
struct Controlled {
    desk: Arc<Desk>,
    call: tokio::task::JoinHandle<()>,
}

impl Agent {
    /// Chooses how to capture and says why.
    pub fn new(mut config: Config) -> anyhow::Result<Self> {
        let mut host = Host::read().context("this host does not say which boot it is")?;
        if !config.name.is_empty() {
            host.name.clone_from(&config.name);
        }
        let enrolment = enrolled(&mut config)?;
        if let Some(enrolment) = &enrolment {
            if !config.name.is_empty() && config.name != enrolment.name {
                tracing::warn!(
                    name = config.name,
                    "the settings' name is not used: {} enrolled",
                    enrolment.name
                );
            }
            host.name.clone_from(&enrolment.name);
        }
        let (mut capture, mut method) = (None, "files");
        if !config.capture.methods.is_empty() {
            match capture::choose(&config.capture) {
                Ok(chosen) => {
                    tracing::info!("{}", chosen.why);
                    for sentence in &chosen.started.blind {
                        tracing::warn!("{sentence}");
                    }
                    capture = Some(chosen.started.capture);
                    method = chosen.method.name();
                }
                Err(why) if config.tail.is_empty() => anyhow::bail!(why),
                Err(why) => tracing::warn!("{why} Only files are followed."),
            }
        }
        Ok(Self {
            config,
            enrolment,
            host,
            capture,
            method,
            log: RecentLog::default(),
        })
    }

    /// With the log that diagnostics tell.
    #[must_use]
    pub fn logging(mut self, log: RecentLog) -> Self {
        self.log = log;
        self
    }

    pub async fn start(self) -> anyhow::Result<Running> {
        let limits = Limits {
            bytes_max: self.config.spool.bytes_max,
            segment_bytes_max: (self.config.spool.bytes_max / SEGMENTS).min(SEGMENT_BYTES_MAX),
        };
        let spool = Spool::open(&self.config.data_dir.join("spool"), limits, &self.host.boot_id)?;
        let mut live = Live::of(&self.config);
        if self.enrolment.is_some() {
            control::live::apply(&self.config.data_dir, &mut live).context("what the server had set cannot be read")?;
        }
        let shared = Arc::new(Shared {
            live: watch::Sender::new(live),
            management: Mutex::default(),
            spool: Mutex::new(spool),
            ready: Notify::new(),
            metrics: Metrics::default(),
            load: Mutex::new(LoadMeter::new(self.config.data_dir.clone())),
        });
        let mut tails = Tails::open(&self.config.tail, &self.config.data_dir, shared.spool().places())
            .context("the checkpoints of followed files cannot be read")?;
        let (stop, stopped) = watch::channel(false);
        let mut controlled = None;
        if let Some(enrolment) = &self.enrolment {
            tails = tails.with_captures(&self.config.data_dir.join(captures::FOLLOWED));
            controlled = Some(self.controlled(enrolment, &shared, &stopped)?);
        }
        let recorder = Recorder::new(self.host.clone(), self.capture, tails, shared.clone());
        let until = stopped.clone();
        let recorder = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || recorder.run(&until))?;
        let (mut address, mut exporter) = (None, None);
        if let Some(listen) = self.config.metrics.listen {
            let listener = metrics::listen(listen)
                .await
                .with_context(|| format!("metrics.listen {listen} cannot be used"))?;
            address = Some(listener.local_addr()?);
            exporter = Some(tokio::spawn(metrics::serve(listener, shared.clone())));
        }
        let renewal = self.enrolment.clone().map(|enrolment| {
            let identity = Identity::below(&self.config.data_dir);
            let server = self.config.server.clone();
            tokio::spawn(renewal::run(server, identity, enrolment, stopped.clone()))
        });
        let identity = ship::Identity {
            tenant: self.enrolment.map(|enrolment| enrolment.tenant).unwrap_or_default(),
            sensor: self.host.name,
            kernel: self.host.kernel,
            method: self.method,
            started: crate::clock::now(),
            spool_bytes_max: limits.bytes_max,
        };
        let shipper = tokio::spawn(ship::run(self.config.server, identity, shared.clone(), stopped));
        Ok(Running {
            shared,
            metrics: address,
            stop,
            recorder,
            shipper,
            renewal,
            controlled,
            exporter,
        })
    }
}

impl Agent {
    /// What the server asked for begins, and it is asked for more.
    fn controlled(
        &self,
        enrolment: &Enrolment,
        shared: &Arc<Shared>,
        stopped: &watch::Receiver<bool>,
    ) -> anyhow::Result<Controlled> {
        let told = Told {
            name: self.host.name.clone(),
            kernel: self.host.kernel.clone(),
            method: self.method,
            started: crate::clock::now(),
            server: self.config.server.address.clone(),
            log: self.log.clone(),
        };
        let desk = Desk::open(&self.config.data_dir, enrolment.clone(), Arc::clone(shared), told);
        let desk = Arc::new(desk.context("commands and captures cannot be read")?);
        let call = control::run(self.config.server.clone(), Arc::clone(&desk), stopped.clone());
        Ok(Controlled {
            desk,
            call: tokio::spawn(call),
        })
    }
}

/// Whom it sends to where the settings name nobody.
fn enrolled(config: &mut Config) -> anyhow::Result<Option<Enrolment>> {
    if !config.server.address.is_empty() {
        return Ok(None);
    }
    let identity = Identity::below(&config.data_dir);
    let enrolment = identity.enrolment().context("the enrolment cannot be read")?;
    if let Some(enrolment) = &enrolment {
        config.server = identity.server(enrolment, &config.server);
    }
    Ok(enrolment)
}

impl Running {
    /// Records that the server has not acknowledged.
    pub fn waiting(&self) -> u64 {
        self.shared.spool().waiting()
    }

    /// As Prometheus would read it.
    pub fn exposition(&self) -> String {
        metrics::exposition(&self.shared)
    }

    /// Ends both halves. What was seen is on the disk then; what was not sent is sent after the next start.
    pub async fn stop(self) {
        // First: what engines say when they end is recorded.
        if let Some(Controlled { desk, call }) = self.controlled {
            call.abort();
            let ended = tokio::task::spawn_blocking(move || desk.captures().shut_down()).await;
            if ended.is_err() {
                tracing::error!("captures ended in a fault");
            }
        }
        if self.stop.send(true).is_err() {
            tracing::debug!("both halves had ended");
        }
        let recorder = self.recorder;
        let joined = tokio::task::spawn_blocking(move || recorder.join().is_ok()).await;
        if !matches!(joined, Ok(true)) {
            tracing::error!("the recorder ended in a fault");
        }
        if self.shipper.await.is_err() {
            tracing::error!("the shipper ended in a fault");
        }
        for task in [self.exporter, self.renewal].into_iter().flatten() {
            task.abort();
        }
    }
}
