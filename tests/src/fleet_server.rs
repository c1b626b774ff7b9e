//! The product with an organization and its sensors' door over TLS, for tests with real sensors.

use crate::product;
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use watchfloor::{
    clock::Clock,
    search::SearchSpec,
    startup::{self, Doors, Running},
    store::{Secret, identity},
};
use watchfloor_sensor::{config::Config, enroll};
use watchfloor_shared::{
    TenantId,
    control::QueuedCommand,
    fleet::{Fleet, FleetSensor, IssuedClaimCode, SensorDetail},
    identity::Role,
    search::Order,
};

pub const WAIT_MAX: Duration = Duration::from_secs(60);

pub struct FleetServer {
    pub running: Running,
    /// Beside the first organization, which has no sensor.
    pub tenant: TenantId,
    cookie: String,
}

impl FleetServer {
    pub async fn start(dir: &Path) -> Self {
        Self::start_at(dir, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// With the sensors' door at this address.
    pub async fn start_at(dir: &Path, listen: SocketAddr) -> Self {
        let mut config = product::config(dir);
        config.grpc.listen = Some(listen);
        config.sensors.server_names = vec![listen.ip().to_string()];
        let running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
        let tenant: TenantId = "acme".parse().unwrap();
        identity::create_tenant(&running.db, &tenant, "Acme").await.unwrap();
        let cookie = owner(&running, &tenant).await;
        Self {
            cookie,
            running,
            tenant,
        }
    }

    pub fn ask(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.running.url());
        let request = reqwest::Client::new().request(method.parse().unwrap(), url);
        request.header("cookie", &self.cookie)
    }

    pub async fn code(&self, name: &str) -> IssuedClaimCode {
        let asked = self.ask("POST", "/api/v1/fleet/claims");
        let body = json!({"name": name, "location": "Rack 4"});
        let answer = asked.json(&body).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    pub async fn sensor(&self, host: &str) -> Option<FleetSensor> {
        let answer = self.ask("GET", "/api/v1/fleet").send().await.unwrap();
        let fleet: Fleet = answer.json().await.unwrap();
        fleet.sensors.into_iter().find(|sensor| sensor.host == host)
    }

    pub async fn detail(&self, id: &str) -> SensorDetail {
        let asked = self.ask("GET", &format!("/api/v1/fleet/{id}"));
        asked.send().await.unwrap().json().await.unwrap()
    }

    /// Tells a sensor something: the status and the answer.
    pub async fn tell(&self, id: &str, command: Value) -> (u16, Value) {
        let asked = self.ask("POST", &format!("/api/v1/fleet/{id}/commands"));
        let answer = asked.json(&json!({ "command": command })).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// What a sensor was told, oldest first.
    pub async fn told(&self, id: &str) -> Vec<QueuedCommand> {
        let asked = self.ask("GET", &format!("/api/v1/fleet/{id}/commands"));
        let mut told: Vec<QueuedCommand> = asked.send().await.unwrap().json().await.unwrap();
        told.reverse();
        told
    }

    /// Tells a sensor something and waits until it is over.
    pub async fn have_done(&self, id: &str, command: Value) -> QueuedCommand {
        let (status, queued) = self.tell(id, command.clone()).await;
        assert_eq!(status, 200, "{queued}");
        let number = queued["number"].as_i64().unwrap();
        let began = Instant::now();
        loop {
            let told = self.told(id).await;
            let told = told.into_iter().find(|told| told.number == number).unwrap();
            if told.state.is_over() {
                return told;
            }
            assert!(began.elapsed() < WAIT_MAX, "never done: {command}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub fn address(&self) -> String {
        format!("https://{}", self.running.senders.grpc.unwrap())
    }

    pub fn asked(&self, name: &str, code: &str) -> enroll::Asked {
        enroll::Asked {
            server: self.address(),
            code: code.to_owned(),
            name: Some(name.to_owned()),
            ca: None,
            fingerprint: None,
            again: false,
        }
    }

    /// Enrols a host of this name: the sensor's id.
    pub async fn enrol(&self, name: &str, config: &Config) -> String {
        let made = self.code(name).await;
        enroll::enroll(config, &self.asked(name, &made.code)).await.unwrap();
        self.sensor(name).await.unwrap().id.unwrap()
    }

    /// A channel that shows what the sensor in this folder shows.
    pub async fn channel(&self, data_dir: &Path) -> Channel {
        let read = |name: &str| fs::read_to_string(data_dir.join("identity").join(name)).unwrap();
        self.channel_with(&read("ca.pem"), &read("sensor.pem"), &read("sensor.pem"))
            .await
    }

    pub async fn channel_with(&self, ca: &str, certificate: &str, key: &str) -> Channel {
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(ca))
            .identity(Identity::from_pem(certificate, key));
        let endpoint = Endpoint::from_shared(self.address()).unwrap().tls_config(tls).unwrap();
        endpoint.connect().await.unwrap()
    }

    /// Events of the sensors' organization that this query finds.
    pub async fn hits(&self, query: &str) -> u64 {
        hits(&self.running, &self.tenant, query).await
    }
}

async fn owner(running: &Running, tenant: &TenantId) -> String {
    let password = Secret::new("a long enough one");
    let member = identity::create_account(&running.db, tenant, "Ada", "ada@acme.example", &password, Role::Owner).await;
    let token = identity::sessions::create(&running.db, &member.unwrap(), &identity::sessions::Origin::default())
        .await
        .unwrap();
    format!("watchfloor_session={}", token.reveal())
}

/// Events of an organization that this query finds.
pub async fn hits(running: &Running, tenant: &TenantId, query: &str) -> u64 {
    let spec = SearchSpec {
        query: watchfloor_engine::query::parse(query, None).unwrap(),
        from: None,
        to: None,
        limit: 10,
        order: Order::OldestFirst,
        search_after: None,
        aggregations: Vec::new(),
    };
    let page = running.search.search(tenant, spec).await.unwrap();
    page.total.try_into().unwrap()
}

/// How long it took.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < WAIT_MAX, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("{what} after {:?}", began.elapsed());
    began.elapsed()
}

/// Settings of a sensor that follows one log and hears often.
pub fn settings(dir: &Path, log: &Path) -> Config {
    let text = format!(
        "data_dir = \"{}\"\n[capture]\nmethods = []\n[server]\nheartbeat_seconds = 5\n[[tail]]\nsource = \"syslog\"\npaths = [\"{}\"]\n",
        dir.join("data").display(),
        log.display()
    );
    let file = dir.join("sensor.toml");
    fs::write(&file, text).unwrap();
    watchfloor_sensor::config::load(Some(&file), std::iter::empty(), &[]).unwrap()
}
