//! The stages over a faulty bus, a faulty index and a real database, wired as `startup.rs` wires them.

use super::{at::Faults, bus::FaultyBus, index::FaultyIndex};
use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use watchfloor::{
    bus::{BusOptions, EmbeddedBus, EventBus, Retention},
    clock::Clock,
    infer::{ModelBook, Places, Scorer},
    ingest::{BatchOrigin, Door, IngestBatch, Ingestor, RawLine},
    live::LiveHub,
    pipeline::{
        backoff::Backoff,
        latencies::Latencies,
        ledger::{Ledger, partitions},
        letters::Letters,
        meter::StageMeter,
        stage::{Runner, Stage},
        stages::{
            aggregate::Aggregate,
            alert::{Alert, Announcements},
            detect::Detect,
            index::Index,
            infer::{Infer, InferParts},
            join::Join,
            normalize::{Normalize, Normalizer},
        },
        topology::{self, AGGREGATE, ALERT, DETECT, INDEX, INFER, JOIN, NORMALIZE, STAGES, topic},
    },
    rules::RuleBook,
    store::Database,
};
use watchfloor_engine::{alert::AlertSettings, window::Settings};
use watchfloor_shared::{EventId, TenantId, pipeline::PipelineSnapshot};
use watchfloor_tests::product;

const WAIT_MAX: Duration = Duration::from_secs(120);

pub struct Pipeline {
    pub faults: Arc<Faults>,
    pub tenant: TenantId,
    pub db: Database,
    bus: Arc<dyn EventBus>,
    index: Arc<FaultyIndex>,
    ledger: Ledger,
    letters: Letters,
    stop: CancellationToken,
    workers: Vec<std::thread::JoinHandle<()>>,
}

/// What must be the same with and without a fault.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub events: BTreeSet<EventId>,
    pub alerts: Vec<String>,
    pub dead_letters: i64,
}

impl Pipeline {
    pub async fn start(dir: &Path, db: &Database, rules: &RuleBook, tenant: &TenantId) -> Self {
        let clock = Clock::system();
        let inner: Arc<dyn EventBus> = EmbeddedBus::open(dir, BusOptions::default()).unwrap();
        let retention = Retention {
            bytes_max: None,
            age_max: None,
        };
        for topic in topology::topics(retention) {
            inner.create_topic(&topic).await.unwrap();
        }
        let faults = Arc::new(Faults::default());
        let bus: Arc<dyn EventBus> = Arc::new(FaultyBus {
            inner: Arc::clone(&inner),
            faults: Arc::clone(&faults),
        });
        let index = Arc::new(FaultyIndex::new(Arc::clone(&faults)));
        let meters: HashMap<&'static str, Arc<StageMeter>> =
            STAGES.iter().map(|stage| (stage.name, Arc::default())).collect();
        let ledger = Ledger {
            bus: Arc::clone(&inner),
            ingest: Ingestor::new(Arc::clone(&inner), clock.clone(), topology::raw_topic),
            latencies: Latencies::default(),
            meters,
            clock: clock.clone(),
        };
        let mut pipeline = Self {
            letters: Letters::new(Arc::clone(&inner), clock),
            tenant: tenant.clone(),
            db: db.clone(),
            bus: inner,
            stop: CancellationToken::new(),
            workers: Vec::new(),
            faults,
            index,
            ledger,
        };
        pipeline.run(&bus, rules);
        pipeline
    }

    fn run(&mut self, bus: &Arc<dyn EventBus>, rules: &RuleBook) {
        let clock = &self.ledger.clock;
        let normalize = Normalize {
            bus: Arc::clone(bus),
            normalizer: Normalizer::default(),
        };
        let aggregate = Aggregate::new(Arc::clone(bus), clock.clone(), Duration::from_secs(2));
        let join = Join::new(Arc::clone(bus), clock.clone(), Normalizer::default());
        let index = Index {
            bus: Arc::clone(bus),
            search: self.index.clone(),
            db: self.db.clone(),
            clock: clock.clone(),
            latencies: Latencies::default(),
            sightings: HashMap::new(),
            waiting: Vec::new(),
        };
        let detect = Detect {
            bus: Arc::clone(bus),
            rules: rules.clone(),
            clock: clock.clone(),
            correlators: HashMap::new(),
        };
        let infer = Infer::new(InferParts {
            bus: Arc::clone(bus),
            models: ModelBook::open(Places::default(), 0),
            scorer: Scorer { workers: 1 },
            clock: clock.clone(),
            settings: Settings::default(),
            daemons: Vec::new(),
        });
        let alert = Alert {
            bus: Arc::clone(bus),
            db: self.db.clone(),
            live: LiveHub::default(),
            latencies: Latencies::default(),
            clock: clock.clone(),
            settings: AlertSettings::default(),
            announcements: Announcements::default(),
        };
        let stages: [(_, Box<dyn Stage>); 7] = [
            (AGGREGATE, Box::new(aggregate)),
            (NORMALIZE, Box::new(normalize)),
            (JOIN, Box::new(join)),
            (INDEX, Box::new(index)),
            (DETECT, Box::new(detect)),
            (INFER, Box::new(infer)),
            (ALERT, Box::new(alert)),
        ];
        for (spec, stage) in stages {
            let runner = Runner {
                spec,
                stage,
                bus: Arc::clone(bus),
                meter: Arc::clone(&self.ledger.meters[spec.name]),
                backoff: Backoff::new(Duration::from_millis(5), Duration::from_millis(50)),
                stop: self.stop.clone(),
            };
            let runtime = tokio::runtime::Handle::current();
            let worker = std::thread::spawn(move || runtime.block_on(runner.run()).unwrap());
            self.workers.push(worker);
        }
    }

    pub async fn submit(&self, lines: &[RawLine]) {
        let batch = IngestBatch {
            tenant: self.tenant.clone(),
            door: Door::Ndjson,
            origin: BatchOrigin::default(),
            lines: lines.to_vec(),
        };
        self.ledger.ingest.submit(batch).await.unwrap();
    }

    pub async fn snapshot(&self) -> PipelineSnapshot {
        self.ledger.snapshot().await.unwrap()
    }

    /// Waits until the snapshot is as wanted; fails with it when it does not come to that.
    pub async fn until(&self, what: &str, wanted: impl Fn(&PipelineSnapshot) -> bool) {
        let until = tokio::time::Instant::now() + WAIT_MAX;
        loop {
            let snapshot = self.snapshot().await;
            if wanted(&snapshot) {
                return;
            }
            assert!(tokio::time::Instant::now() < until, "{what}: {snapshot:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn drained(&self, what: &str) {
        let done = |snapshot: &PipelineSnapshot| {
            let mut stages = snapshot.stages.iter();
            stages.all(|stage| stage.in_flight == 0 && stage.fault.is_none())
        };
        self.until(what, done).await;
    }

    pub async fn outcome(&self) -> Outcome {
        let alerts = product::stored_alerts(&self.db, &self.tenant).await;
        let mut alerts: Vec<String> = alerts.iter().map(product::alert_line).collect();
        alerts.sort();
        Outcome {
            events: self.index.durable(),
            alerts,
            dead_letters: self.letters.list(&self.tenant, 100).await.unwrap().total,
        }
    }

    /// Ids of the alerts that other products were told of.
    pub async fn announced(&self) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        for partition in partitions(topic::ALERTS) {
            for message in self.bus.read(&partition, 0, 100_000).await.unwrap() {
                let alert: serde_json::Value = serde_json::from_slice(&message.record.payload).unwrap();
                ids.insert(alert["id"].as_str().unwrap().to_owned());
            }
        }
        ids
    }

    pub async fn stop(self) {
        self.stop.cancel();
        let workers = self.workers;
        tokio::task::spawn_blocking(move || workers.into_iter().for_each(|worker| worker.join().unwrap()))
            .await
            .unwrap();
        self.bus.close().await.unwrap();
    }
}
