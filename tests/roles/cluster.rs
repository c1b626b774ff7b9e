//! Processes that share a Kafka, an OpenSearch and a PostgreSQL, each with its roles.

use super::post;
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use watchfloor::{
    clock::Clock,
    config::Config,
    ingest::RawLine,
    startup::{self, Doors, Running},
    store::identity::api_keys::{self, Label},
};
use watchfloor_tests::{
    kafka::{Kafka, PLAINTEXT, state},
    opensearch::{ADDRESS, OpenSearch, password},
    postgres::Postgres,
    product,
    redis::{self, ADDRESS as REDIS, Redis},
};

const CHILD: &str = "WATCHFLOOR_TEST_ROLES_CHILD";
pub const WAIT_MAX: Duration = Duration::from_secs(300);

/// Not a test of its own: one process of the cluster.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_child() {
    let Some(file) = std::env::var_os(CHILD) else { return };
    let config: Config = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    config.validate().unwrap();
    let _running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
    std::future::pending::<()>().await;
}

pub struct Member {
    pub roles: &'static str,
    pub port: u16,
    folder: PathBuf,
    child: Option<Child>,
}

impl Member {
    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    pub fn start(&mut self) {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cluster::roles_child", "--nocapture", "--test-threads=1"])
            .env(CHILD, self.folder.join("config.json"))
            .stdout(Stdio::null())
            .stderr(
                std::fs::File::options()
                    .append(true)
                    .create(true)
                    .open(self.log())
                    .unwrap(),
            )
            .spawn();
        self.child = Some(child.unwrap());
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    async fn is_ready(&self, http: &reqwest::Client) -> bool {
        let answer = http.get(format!("http://127.0.0.1:{}/readyz", self.port)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Waits until it says that it is ready.
    pub async fn ready(&mut self, http: &reqwest::Client) {
        let until = Instant::now() + WAIT_MAX;
        while !self.is_ready(http).await {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
            let log = || std::fs::read_to_string(self.log()).unwrap_or_default();
            assert!(ended.is_none(), "{} ended: {}", self.roles, log());
            assert!(Instant::now() < until, "{} is not ready: {}", self.roles, log());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.kill();
    }
}

pub struct Cluster {
    pub members: Vec<Member>,
    pub http: reqwest::Client,
    /// Takes part as another `api`, and is asked what there is in the end.
    pub observer: Running,
    pub key: String,
    // Last: what the processes work with outlives them.
    _folder: tempfile::TempDir,
    _opensearch: OpenSearch,
    _postgres: Postgres,
}

type Servers<'a> = (&'a Kafka, &'a OpenSearch, &'a Postgres, &'a Redis);

fn config(folder: &Path, roles: &str, (kafka, opensearch, postgres, redis): Servers<'_>) -> Config {
    std::fs::create_dir_all(folder).unwrap();
    let mut config = product::config(&folder.join("data"));
    config.roles = roles.parse().unwrap();
    config.bus.kafka = kafka.config(PLAINTEXT);
    config.search.opensearch = opensearch.config(ADDRESS);
    config.database = postgres.config();
    config.redis = redis.config(REDIS);
    config
}

impl Cluster {
    /// One process for each of these, all started at once. None, with the reason printed, without the servers.
    pub async fn start(roles: &[&'static str]) -> Option<Self> {
        state()?;
        password()?;
        redis::password()?;
        let postgres = Postgres::apart().await?;
        let (kafka, opensearch) = (Kafka::apart(), OpenSearch::apart());
        let servers = (&kafka, &opensearch, &postgres, &Redis::apart());
        let folder = product::folder();
        let held: Vec<TcpListener> = roles
            .iter()
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let ports: Vec<u16> = held.iter().map(|held| held.local_addr().unwrap().port()).collect();
        drop(held);
        let mut members = Vec::new();
        for (number, (roles, port)) in roles.iter().zip(ports).enumerate() {
            let folder = folder.path().join(number.to_string());
            let mut config = config(&folder, roles, servers);
            config.http.listen.set_port(port);
            std::fs::write(folder.join("config.json"), written(&config)).unwrap();
            let child = None;
            let mut member = Member {
                roles,
                port,
                folder,
                child,
            };
            member.start();
            members.push(member);
        }
        let own = config(&folder.path().join("observer"), "api", servers);
        let observer = startup::start(own, Clock::system(), Doors::Closed).await.unwrap();
        let key = api_keys::issue(&observer.db, &observer.tenant, Label::name("sender"), None).await;
        let mut cluster = Self {
            members,
            http: reqwest::Client::builder()
                .timeout(Duration::from_secs(30))
                .build()
                .unwrap(),
            observer,
            key: key.unwrap().secret,
            _folder: folder,
            _opensearch: opensearch,
            _postgres: postgres,
        };
        for member in &mut cluster.members {
            member.ready(&cluster.http).await;
        }
        Some(cluster)
    }

    /// The ports of those with doors.
    pub fn doors(&self) -> Vec<u16> {
        let with_doors = self.members.iter().filter(|member| member.roles.contains("ingest"));
        with_doors.map(|member| member.port).collect()
    }

    /// What a sender does: whom one door refuses tries the next, until all was taken.
    pub async fn send(http: &reqwest::Client, doors: &[u16], key: &str, lines: &[RawLine], pause: Duration) -> usize {
        let mut refused = 0;
        for (number, lines) in lines.chunks(100).enumerate() {
            let begun = Instant::now();
            let mut turn = number;
            while !post(http, doors[turn % doors.len()], key, lines).await {
                refused += 1;
                turn += 1;
                assert!(begun.elapsed() < WAIT_MAX, "no door takes anything");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            tokio::time::sleep(pause).await;
        }
        refused
    }

    pub async fn drained(&self) {
        let snapshot = async || self.observer.view.snapshot().await;
        assert!(self.observer.drained(WAIT_MAX).await, "{:#?}", snapshot().await);
    }
}

/// Secrets hide when they are written, so they are put in by hand.
fn written(config: &Config) -> Vec<u8> {
    let mut value = serde_json::to_value(config).unwrap();
    let reveal = |secret: &Option<watchfloor::store::Secret>| secret.as_ref().map(|secret| secret.reveal().to_owned());
    value["database"]["url"] = reveal(&config.database.url).into();
    value["database"]["migration_url"] = reveal(&config.database.migration_url).into();
    value["redis"]["password"] = reveal(&config.redis.password).into();
    value["search"]["opensearch"]["password"] = reveal(&config.search.opensearch.password).into();
    serde_json::to_vec(&value).unwrap()
}
