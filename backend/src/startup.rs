//! The one place that wires things: stores, bus, stages, API. Everything else is handed what it needs.

mod doors;
mod files;
mod search;
mod senders;
mod stages;
mod stores;

use crate::{
    api,
    bus::{BusError, EventBus},
    clock::Clock,
    config::Config,
    ephemeral::{Ephemeral, Heeding, Local, Redis},
    identity::seal::Sealer,
    ingest::Ingestor,
    live::{LiveHub, LiveLimits},
    map::MapBook,
    oidc::Provider,
    pipeline::{
        PipelineView,
        backoff::Backoff,
        latencies::Latencies,
        ledger::Ledger,
        letters::Letters,
        meter::StageMeter,
        stage::{Runner, Stage},
        topology::{self, INDEX, STAGES, StageSpec},
        view::View,
    },
    pki::Authority,
    roles::Role,
    search::SearchIndex,
    sensors::{Enrolment, Lives},
    store::{Database, identity},
};
use anyhow::{Context, Result};
use senders::Senders;
use std::{collections::HashMap, net::SocketAddr, path::Path, sync::Arc, time::Duration};
use stores::Stores;
use tokio_util::sync::CancellationToken;
use watchfloor_shared::TenantId;

pub use doors::{Bound, BoundDoors};

const RETENTION_EVERY: Duration = Duration::from_secs(60);
/// The stores take some hundreds, each connection one.
const FILES_MIN: u64 = 16_384;
const STOP_WAIT_MAX: Duration = Duration::from_secs(20);

/// A running product. Dropping it stops nothing cleanly: call [`Running::stop`].
pub struct Running {
    pub config: Config,
    /// Where the console listens; absent when started without its front door.
    pub address: Option<SocketAddr>,
    /// Where the doors with listeners of their own are.
    pub doors: BoundDoors,
    pub senders: Senders,
    pub tenant: TenantId,
    pub db: Database,
    pub bus: Arc<dyn EventBus>,
    pub search: Arc<dyn SearchIndex>,
    pub ingest: Ingestor,
    pub view: Arc<dyn PipelineView>,
    pub live: LiveHub,
    pub ephemeral: Arc<dyn Ephemeral>,
    pub map: MapBook,
    pub clock: Clock,
    stop: CancellationToken,
    workers: Vec<std::thread::JoinHandle<()>>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// What to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doors {
    /// Console, API and ingest.
    Open,
    /// The pipeline alone, for `import`.
    Closed,
}

/// Opens the stores, wires the stages, and, with open doors, listens.
pub async fn start(config: Config, clock: Clock, doors: Doors) -> Result<Running> {
    data_dir(&config.data_dir)?;
    if files::raise_limit().is_none_or(|limit| limit < FILES_MIN) {
        tracing::warn!("fewer than {FILES_MIN} files may be open here: fewer senders than that can be connected");
    }
    // The port first: it is the mistake people make most, and it costs nothing to find out.
    let front = match doors {
        Doors::Open => Some(Front::open(&config, &clock)?),
        Doors::Closed => None,
    };
    let stores = stores::open(&config, &clock).await?;
    let tenant = first_tenant(&stores.db).await?;
    let ingest =
        Ingestor::new(Arc::clone(&stores.bus), clock.clone(), topology::raw_topic).limited_to(config.limits.rates());
    let stop = CancellationToken::new();
    let ephemeral = ephemeral(&config, &ingest, &stop)?;
    let live = LiveHub::new(LiveLimits::default()).telling(Arc::clone(&ephemeral));
    let latencies = Latencies::default();
    let meters: HashMap<&'static str, Arc<StageMeter>> = STAGES
        .iter()
        .filter(|stage| config.roles.has_stage(stage.name))
        .map(|stage| (stage.name, Arc::new(StageMeter::default())))
        .collect();
    let ledger = Ledger {
        bus: Arc::clone(&stores.bus),
        ingest: ingest.clone(),
        latencies: latencies.clone(),
        meters: meters.clone(),
        clock: clock.clone(),
    };
    let letters = Letters::new(Arc::clone(&stores.bus), clock.clone());
    let view: Arc<dyn PipelineView> = Arc::new(View { ledger, letters });
    let mut running = Running {
        address: None,
        doors: BoundDoors::default(),
        senders: Senders::listening(clock.now(), config.database.url.is_some()),
        tenant,
        db: stores.db.clone(),
        bus: Arc::clone(&stores.bus),
        search: Arc::clone(&stores.search),
        ingest: ingest.clone(),
        view: Arc::clone(&view),
        live: live.clone(),
        ephemeral,
        map: MapBook::new(stores.inventory.clone(), clock.clone()),
        clock: clock.clone(),
        workers: Vec::new(),
        tasks: Vec::new(),
        stop: stop.clone(),
        config,
    };
    for (spec, stage) in stages::stages(&stores, &running, &latencies) {
        if !running.config.roles.has_stage(spec.name) {
            continue;
        }
        running.workers.push(worker(spec, stage, &stores.bus, &meters, &stop)?);
    }
    follow(&mut running, &stores);
    senders::record(&mut running)?;
    if let Some(front) = front {
        let state = api_state(&running, stores, latencies, front.authority, front.http.address()?)?;
        if running.config.roles.has(Role::Ingest) {
            self::doors::open(&mut running).await?;
            senders::open(&mut running, &state).await?;
        }
        running.address = Some(front.http.serve(&mut running, api::router(state))?);
    }
    Ok(running)
}

/// What needs neither a store nor the bus.
struct Front {
    http: self::doors::Http,
    authority: Authority,
}

impl Front {
    fn open(config: &Config, clock: &Clock) -> Result<Self> {
        let authority = senders::authority(config, clock)?;
        let http = self::doors::Http::bind(config, &authority)?;
        Ok(Self { http, authority })
    }
}

/// Redis where one is named, else this process alone.
fn ephemeral(config: &Config, ingest: &Ingestor, stop: &CancellationToken) -> Result<Arc<dyn Ephemeral>> {
    if !config.redis.is_set() {
        return Ok(Arc::new(Local::default()));
    }
    ingest.allowances().tell();
    Ok(Arc::new(Redis::open(&config.redis, stop.clone())?))
}

/// What goes on beside the stages: retention, and tables that are looked at again.
fn follow(running: &mut Running, stores: &Stores) {
    let (bus, stop) = (|| Arc::clone(&stores.bus), || running.stop.clone());
    let roles = &running.config.roles;
    let mut tasks = vec![
        tokio::spawn(retention(bus(), running.clock.clone(), stop())),
        tokio::spawn(stores.geo.clone().follow(stop())),
        tokio::spawn(stores.inventory.clone().follow(running.db.clone(), stop())),
        tokio::spawn(running.senders.held.clone().follow(running.db.clone(), stop())),
    ];
    if running.config.redis.is_set() {
        let heeding = Heeding {
            ephemeral: Arc::clone(&running.ephemeral),
            live: running.live.clone(),
            ingest: running.ingest.clone(),
            stop: stop(),
        };
        tasks.push(tokio::spawn(heeding.run()));
    }
    if roles.has_stage(INDEX.name) {
        tasks.push(tokio::spawn(search::retention(running, stop())));
    }
    if roles.has(Role::Api) {
        tasks.push(tokio::spawn(running.map.clone().follow(bus(), stop())));
        if running.config.database.url.is_some() {
            tasks.push(tokio::spawn(running.live.clone().follow(running.db.clone(), stop())));
        }
    }
    running.tasks.extend(tasks);
}

fn api_state(
    running: &Running,
    stores: Stores,
    latencies: Latencies,
    authority: Authority,
    address: SocketAddr,
) -> Result<api::AppState> {
    let lives = Lives {
        code: running.config.sensors.code_life(),
        certificate: running.config.sensors.certificate_life(),
    };
    let (config, url) = (&running.config, running.config.url(address));
    let sealer = match &config.identity.sealing_key {
        Some(key) => Sealer::new(key),
        None => Sealer::own(&config.data_dir),
    };
    let provider = Provider::new(&config.identity.oidc, format!("{url}{}", api::PROVIDER_RETURN))?;
    Ok(api::AppState::new(api::ApiParts {
        db: running.db.clone(),
        search: Arc::clone(&running.search),
        ingest: running.ingest.clone(),
        live: running.live.clone(),
        ephemeral: Arc::clone(&running.ephemeral),
        latency: latencies.live,
        pipeline: Arc::clone(&running.view),
        rules: Arc::new(stores.rules),
        sensors: running.senders.sensors.clone(),
        enrolment: Enrolment::new(running.db.clone(), running.clock.clone(), authority, lives),
        held: running.senders.held.clone(),
        geo: stores.geo,
        models: stores.models,
        map: running.map.clone(),
        clock: running.clock.clone(),
        host: running.tenant.clone(),
        limits: api::ApiLimits::default(),
        roles: running.config.roles.clone(),
        tls: url.starts_with("https://"),
        sealer: Arc::new(sealer.context("the key that seals secrets")?),
        provider: provider.map(Arc::new),
    }))
}

/// A stage's worker has a thread of its own: its CPU time is its own too, and a busy stage cannot starve the API.
fn worker(
    spec: StageSpec,
    stage: Box<dyn Stage>,
    bus: &Arc<dyn EventBus>,
    meters: &HashMap<&'static str, Arc<StageMeter>>,
    stop: &CancellationToken,
) -> Result<std::thread::JoinHandle<()>> {
    let meter = meters.get(spec.name).map(Arc::clone).unwrap_or_default();
    let runner = Runner {
        spec,
        stage,
        bus: Arc::clone(bus),
        meter,
        backoff: Backoff::default(),
        stop: stop.clone(),
    };
    let runtime = tokio::runtime::Handle::current();
    let thread = std::thread::Builder::new()
        .name(format!("stage.{}", spec.name))
        .spawn(move || {
            if let Err(error) = runtime.block_on(runner.run()) {
                tracing::error!(stage = spec.name, %error, "stage ended");
            }
        })?;
    Ok(thread)
}

async fn retention(bus: Arc<dyn EventBus>, clock: Clock, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RETENTION_EVERY) => {}
        }
        match bus.apply_retention(clock.now()).await {
            Ok(()) | Err(BusError::Closed) => {}
            Err(error) => tracing::warn!(%error, "retention could not be applied, trying again in a minute"),
        }
    }
}

/// The data directory is nobody else's to read.
fn data_dir(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("cannot make the data directory {}", path.display()))
}

async fn first_tenant(db: &Database) -> Result<TenantId> {
    if let Some(tenant) = identity::tenants(db).await?.into_iter().next() {
        return Ok(tenant);
    }
    let tenant: TenantId = "default".parse()?;
    identity::create_tenant(db, &tenant, "Default").await?;
    Ok(tenant)
}

impl Running {
    /// How people reach the console.
    pub fn url(&self) -> String {
        self.config.url(self.address.unwrap_or(self.config.http.listen))
    }

    /// Waits until every stage has nothing in flight, at most `wait_max`. Returns whether it came to that.
    pub async fn drained(&self, wait_max: Duration) -> bool {
        let until = tokio::time::Instant::now() + wait_max;
        loop {
            let snapshot = self.view.snapshot().await;
            if !snapshot.stages.is_empty() && snapshot.stages.iter().all(|stage| stage.in_flight == 0) {
                return true;
            }
            if tokio::time::Instant::now() >= until {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ends everything in order: front door, stages, bus, database. Each wait is bounded.
    pub async fn stop(self) {
        self.stop.cancel();
        self.live.close();
        let workers = self.workers;
        let joined = tokio::task::spawn_blocking(move || workers.into_iter().for_each(|worker| drop(worker.join())));
        if tokio::time::timeout(STOP_WAIT_MAX, joined).await.is_err() {
            tracing::warn!("stages did not end in time; what they had not committed will be read again");
        }
        for task in self.tasks {
            // An open live stream must not hold the server back.
            if tokio::time::timeout(Duration::from_secs(1), task).await.is_err() {
                tracing::debug!("a connection was still open at the end");
            }
        }
        if let Err(error) = self.bus.close().await {
            tracing::warn!(%error, "bus was not closed cleanly");
        }
        self.db.close().await;
    }
}
