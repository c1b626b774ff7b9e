//! The API on a real store, bus and index, over TCP, without a pipeline: what tests of the HTTP surface talk to.
//!
//! One for a whole test binary, on a runtime of its own, because the database's connections belong to one. Tests keep apart by
//! tenants that only they know.

use crate::{
    absent::{NoPipeline, NoRules},
    fleet, people, screen,
};
use rand::Rng;
use serde_json::json;
use std::{
    future::Future,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};
use tokio::{
    net::TcpListener,
    runtime::{Handle, Runtime},
};
use tokio_util::sync::CancellationToken;
use watchfloor::{
    api::{self, AlertLatency, ApiLimits, ApiParts, AppState},
    bus::{BusOptions, EmbeddedBus, EventBus, Retention, TopicSpec},
    clock::Clock,
    doors::{self, listener::Listener, places::LimitsConfig},
    ephemeral::Local,
    geo::GeoBook,
    grpc::{self, GrpcDoor},
    identity::seal::Sealer,
    infer::{ModelBook, Places},
    ingest::{Ingestor, Refusals},
    inventory::InventoryBook,
    live::LiveHub,
    map::MapBook,
    roles::Roles,
    search::{EncodedEvent, SearchIndex, embedded},
    sensors::{Enrolment, HeldCredentials, Sensors},
    store::{Database, DatabaseConfig, Secret, StoreError, alerts, endpoints, identity},
};
use watchfloor_engine::{
    Event,
    alert::{AlertSettings, Detection},
};
use watchfloor_shared::{
    AlertId, EndpointId, EventId, RuleId, TenantId, Timestamp,
    alert::{AlertRule, DetectionSource, Severity},
    identity::Role,
};

pub const RAW_TOPIC: &str = "sysmon-logs";
pub const DEAD_TOPIC: &str = "dead-letters";

pub struct TestApp {
    pub address: SocketAddr,
    pub grpc: SocketAddr,
    pub db: Database,
    pub bus: Arc<dyn EventBus>,
    pub search: Arc<dyn SearchIndex>,
    pub live: LiveHub,
    pub latency: Arc<AlertLatency>,
    pub map: MapBook,
    pub enrolment: Enrolment,
    runtime: Handle,
}

/// The binary's own. None, with the reason printed, on a machine without PostgreSQL; with `CI` set that fails instead.
pub fn shared() -> Option<&'static TestApp> {
    static APP: OnceLock<Option<TestApp>> = OnceLock::new();
    APP.get_or_init(|| {
        // A test's thread may not wait inside its own runtime.
        std::thread::spawn(|| {
            let runtime: &'static Runtime = Box::leak(Box::new(Runtime::new().unwrap()));
            runtime.block_on(start_anywhere(runtime.handle().clone()))
        })
        .join()
        .unwrap()
    })
    .as_ref()
}

/// The folder is used again by later runs of the same schema, so that the database is made once; each run takes one that no
/// other holds.
async fn start_anywhere(runtime: Handle) -> Option<TestApp> {
    let schema = watchfloor::store::schema_digest();
    for place in 0..16 {
        let dir = std::env::temp_dir().join(format!("watchfloor-test-api-{schema:08x}-{place}"));
        match start(&dir, limits(), runtime.clone()).await {
            Ok(app) => return Some(app),
            Err(StoreError::Locked(_)) => {}
            Err(error) if std::env::var_os("CI").is_some() => panic!("{error}"),
            Err(error) => {
                println!("skipped: {error}");
                return None;
            }
        }
    }
    panic!("sixteen other test runs hold their databases")
}

/// A revoked session's stream ends within a second.
fn limits() -> ApiLimits {
    ApiLimits {
        session_check_ms: 1_000,
        ..ApiLimits::default()
    }
}

/// An application on `dir`.
pub async fn start(dir: &Path, limits: ApiLimits, runtime: Handle) -> Result<TestApp, StoreError> {
    std::fs::create_dir_all(dir).unwrap();
    let clock = Clock::system();
    let db = Database::open(&DatabaseConfig::default(), dir, &clock).await?;
    let bus: Arc<dyn EventBus> = open_bus(dir.join("bus")).await;
    let search: Arc<dyn SearchIndex> =
        Arc::new(embedded::EmbeddedIndex::open(dir, embedded::Limits::default()).unwrap());
    let live = LiveHub::default();
    let latency = Arc::new(AlertLatency::default());
    let map = MapBook::new(InventoryBook::default(), clock.clone());
    let sensors = Sensors::default();
    let held = HeldCredentials::default();
    runtime.spawn(held.clone().follow(db.clone(), CancellationToken::new()));
    let enrolment = fleet::enrolment(dir, &db, &clock);
    let grpc = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let grpc_address = grpc.local_addr().unwrap();
    let door = GrpcDoor {
        db: db.clone(),
        ingest: Ingestor::new(bus.clone(), clock.clone(), |_| RAW_TOPIC),
        sensors: sensors.clone(),
        enrolment: enrolment.clone(),
        held: held.clone(),
        clock: clock.clone(),
        stop: CancellationToken::new(),
    };
    runtime.spawn(grpc::serve(listener("grpc", grpc), grpc::router(&door)));
    let state = AppState::new(ApiParts {
        db: db.clone(),
        search: search.clone(),
        ingest: Ingestor::new(bus.clone(), clock.clone(), |_| RAW_TOPIC),
        live: live.clone(),
        ephemeral: Arc::new(Local::default()),
        latency: latency.clone(),
        pipeline: Arc::new(NoPipeline),
        rules: Arc::new(NoRules),
        sensors: sensors.clone(),
        enrolment: enrolment.clone(),
        held,
        geo: GeoBook::default(),
        models: ModelBook::open(Places::default(), 0),
        map: map.clone(),
        clock,
        host: "host".parse().unwrap(),
        limits,
        roles: Roles::default(),
        sealer: Arc::new(Sealer::own(dir).unwrap()),
        provider: None,
        tls: false,
    });
    let http = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = http.local_addr().unwrap();
    runtime.spawn(doors::http::serve(listener("http", http), api::router(state)));
    Ok(TestApp {
        address,
        grpc: grpc_address,
        db,
        bus,
        search,
        live,
        latency,
        map,
        enrolment,
        runtime,
    })
}

pub fn listener(door: &'static str, socket: TcpListener) -> Listener {
    Listener {
        door,
        socket,
        tls: None,
        limits: LimitsConfig::default(),
        refusals: Refusals::default(),
        stop: CancellationToken::new(),
    }
}

async fn open_bus(dir: PathBuf) -> Arc<dyn EventBus> {
    let bus = tokio::task::spawn_blocking(move || EmbeddedBus::open(&dir, BusOptions::default()))
        .await
        .unwrap()
        .unwrap();
    for name in [RAW_TOPIC, DEAD_TOPIC] {
        let retention = Retention {
            bytes_max: None,
            age_max: None,
        };
        bus.create_topic(&TopicSpec {
            name: name.to_owned(),
            partitions: 1,
            retention,
        })
        .await
        .unwrap();
    }
    bus
}

/// A tenant with people, a key, and one of everything that has an id. All texts of it hold its `marker`.
#[derive(Clone)]
pub struct Tenant {
    pub id: TenantId,
    pub marker: String,
    pub alert: AlertId,
    pub event: EventId,
    pub endpoint: EndpointId,
    pub key: String,
    pub key_id: String,
    /// A wall.
    pub wall: String,
    /// An enrolled sensor, and a code that waits for another.
    pub sensor: String,
    pub claim: String,
    /// Somebody of no consequence, and an invitation that waits.
    pub person: String,
    pub invitation: String,
    pub members: Vec<identity::Member>,
}

impl TestApp {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Runs something that touches the store, where the store lives.
    pub async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        self.runtime.spawn(work).await.unwrap()
    }

    pub async fn tenant(&'static self) -> Tenant {
        self.run(self.make_tenant()).await
    }

    async fn make_tenant(&self) -> Tenant {
        let marker = format!("zz{:016x}", rand::rng().random::<u64>());
        let id: TenantId = format!("t-{marker}").parse().unwrap();
        identity::create_tenant(&self.db, &id, &format!("Tenant {marker}"))
            .await
            .unwrap();
        let mut members = Vec::new();
        for role in Role::ALL {
            let email = format!("{}@{marker}.example", role.as_str());
            let name = format!("{} {marker}", role.as_str());
            let password = Secret::new(password(role));
            members.push(
                identity::create_account(&self.db, &id, &name, &email, &password, role)
                    .await
                    .unwrap(),
            );
        }
        let key = identity::api_keys::issue(
            &self.db,
            &id,
            identity::api_keys::Label::name(&format!("key {marker}")),
            None,
        )
        .await
        .unwrap();
        let event = event(&marker);
        let (event_id, endpoint) = (event.id.clone(), event.endpoint.clone());
        self.search.add(&id, EncodedEvent::all([&event])).await.unwrap();
        self.search.commit().await.unwrap();
        let sighting = endpoints::EndpointSighting {
            id: endpoint.clone(),
            name: format!("WS-{marker}"),
            platform: "windows".to_owned(),
            addresses: vec!["192.0.2.7".to_owned()],
            first_seen: Timestamp::from_millis(1_700_000_000_000),
            last_seen: Timestamp::from_millis(1_700_000_100_000),
            simulated: false,
        };
        let mut tx = self.db.tenant(&id).await.unwrap();
        endpoints::upsert(&mut tx, &[sighting]).await.unwrap();
        tx.commit().await.unwrap();
        let (key_id, key) = (key.id, key.secret);
        let wall = screen::paired(&self.db, &id, &marker).await;
        let sensor = fleet::enrolled(&self.db, &self.enrolment, &id, &format!("sensor-{marker}")).await;
        let code_life = self.enrolment.code_life();
        let (claim, _) = fleet::claim(&self.db, &id, &format!("awaited-{marker}"), code_life).await;
        let (person, invitation) = people::further(&self.db, &id, &marker, &members[0]).await;
        let mut tenant = Tenant {
            id,
            marker,
            alert: AlertId::new(""),
            event: event_id,
            endpoint,
            key,
            key_id,
            wall,
            sensor,
            claim,
            person,
            invitation,
            members,
        };
        tenant.alert = self.detect(&tenant.id, &tenant.marker, 0).await.summary.id;
        tenant
    }

    /// Records the tenant's alert number `number`, as the pipeline would, and tells the live streams.
    pub async fn detect(&self, tenant: &TenantId, marker: &str, number: u32) -> alerts::Changed {
        let mut tx = self.db.tenant(tenant).await.unwrap();
        let now = Clock::system().now();
        let detection = detection(marker, number, now);
        let recorded = alerts::record(&mut tx, &[detection], &AlertSettings::default(), now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let changed = recorded.changed.into_iter().next().unwrap();
        self.live.publish(tenant, changed.clone());
        changed
    }

    /// A new session's cookie of the tenant's person with this role.
    pub async fn cookie(&'static self, tenant: &Tenant, role: Role) -> String {
        let member = tenant
            .members
            .iter()
            .find(|member| member.role == role)
            .unwrap()
            .clone();
        let token =
            self.run(async move {
                identity::sessions::create(&self.db, &member, &identity::sessions::Origin::default()).await
            })
            .await
            .unwrap();
        format!("watchfloor_session={}", token.reveal())
    }
}

pub fn email(tenant: &Tenant, role: Role) -> String {
    format!("{}@{}.example", role.as_str(), tenant.marker)
}

pub fn password(role: Role) -> String {
    format!("a long password of the {}", role.as_str())
}

fn event(marker: &str) -> Event {
    let document = json!({
        "@timestamp": "2023-11-14T22:13:20.000000001Z",
        "event": { "id": format!("{:032x}", rand::rng().random::<u128>()), "category": ["process"], "type": ["start"] },
        "host": { "id": format!("ws.{marker}.example"), "name": format!("WS-{marker}") },
        "process": { "name": "whoami.exe", "entity_id": format!("entity-{marker}"), "pid": 7 },
        "user": { "name": format!("user-{marker}") },
    });
    Event::from_doc(document.as_object().unwrap().clone()).unwrap()
}

/// One that belongs to the marker's own endpoint.
pub fn detection(marker: &str, number: u32, now: Timestamp) -> Detection {
    Detection {
        source: DetectionSource::Sigma,
        rule: AlertRule {
            id: RuleId::new(format!("rule-{number}-{marker}")),
            title: format!("Rule {number} of {marker}"),
            level: "high".to_owned(),
            description: marker.to_owned(),
            author: None,
            false_positives: Vec::new(),
            references: Vec::new(),
        },
        severity: Severity::High,
        techniques: Vec::new(),
        event_id: EventId::new(format!("{:032x}", rand::rng().random::<u128>())),
        contributing: Vec::new(),
        endpoint_id: EndpointId::new(format!("ws.{marker}.example")),
        subject: String::new(),
        endpoint_name: format!("WS-{marker}"),
        user: Some(format!("user-{marker}")),
        process_name: Some("whoami.exe".to_owned()),
        process_entity: None,
        file_sha256: None,
        evidence: marker.to_owned(),
        what_happened: Vec::new(),
        matched: Vec::new(),
        observed: now,
        received: now,
        detected: now,
        simulated: false,
        located: None,
    }
}
