//! The product as a process that can be killed.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use watchfloor::{
    clock::Clock,
    config::Config,
    identity::certificate::fingerprint_of_pem,
    startup::{self, Doors},
    store::identity::api_keys::{self, Label},
};
use watchfloor_shared::search::EventHit;
use watchfloor_tests::{certificates::Made, product};

const CHILD: &str = "WATCHFLOOR_TEST_SENDERS_CHILD";
pub const WAIT_MAX: Duration = Duration::from_secs(120);
/// Senders try again within a second.
const QUIET: Duration = Duration::from_secs(4);

/// Where the product listens, the same after each start.
#[derive(Clone, Copy)]
pub struct Ports {
    pub http: u16,
    pub syslog_tcp: u16,
    pub syslog_tls: u16,
    pub lumberjack: u16,
    pub grpc: u16,
}

impl Ports {
    fn free() -> Self {
        let held: Vec<TcpListener> = (0..5).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let port = |index: usize| held[index].local_addr().unwrap().port();
        Self {
            http: port(0),
            syslog_tcp: port(1),
            syslog_tls: port(2),
            lumberjack: port(3),
            grpc: port(4),
        }
    }
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Not a test of its own: the process that gets killed.
#[tokio::test(flavor = "multi_thread")]
async fn server_child() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let dir = Path::new(&dir);
    let config = std::fs::read(dir.join("config.json")).unwrap();
    let config = serde_json::from_slice(&config).unwrap();
    let running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
    if !dir.join("key").exists() {
        let issued = api_keys::issue(&running.db, &running.tenant, Label::name("sender"), None)
            .await
            .unwrap();
        let pem = std::fs::read_to_string(dir.join("sender.pem")).unwrap();
        let fingerprint = fingerprint_of_pem(&pem).unwrap();
        api_keys::register(&running.db, &running.tenant, Label::name("rsyslog"), fingerprint, None)
            .await
            .unwrap();
        std::fs::write(dir.join("key.new"), issued.secret).unwrap();
        std::fs::rename(dir.join("key.new"), dir.join("key")).unwrap();
    }
    std::future::pending::<()>().await;
}

/// A product in a folder of its own, with certificates `server` and `sender` there.
pub struct Server {
    folder: tempfile::TempDir,
    pub ports: Ports,
    child: Option<Child>,
}

impl Server {
    pub fn start() -> Self {
        Self::start_with(|_, _| {})
    }

    /// With settings that `change` adds, told the folder.
    pub fn start_with(change: impl FnOnce(&mut Config, &Path)) -> Self {
        let folder = product::folder();
        for name in ["server", "sender"] {
            Made::new(name).files(folder.path(), name);
        }
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let ports = Ports::free();
        let mut config = product::config(&folder.path().join("data"));
        config.http.listen = local(ports.http);
        config.syslog.tcp = Some(local(ports.syslog_tcp));
        config.syslog.tls.listen = Some(local(ports.syslog_tls));
        config.syslog.tls.certificate = Some(folder.path().join("server.pem"));
        config.syslog.tls.key = Some(folder.path().join("server.key"));
        config.lumberjack.tcp = Some(local(ports.lumberjack));
        config.grpc.listen = Some(local(ports.grpc));
        change(&mut config, folder.path());
        let config = serde_json::to_vec(&config).unwrap();
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        let mut server = Self {
            folder,
            ports,
            child: None,
        };
        server.restart();
        server
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn key(&self) -> String {
        std::fs::read_to_string(self.path("key")).unwrap()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it again and waits until its doors are open. As a supervisor does, it tries again when the database of the one
    /// that was killed has not quite ended.
    pub fn restart(&mut self) {
        self.kill();
        let until = Instant::now() + WAIT_MAX;
        while !(self.path("key").exists() && TcpStream::connect(local(self.ports.http)).is_ok()) {
            let is_running = self
                .child
                .as_mut()
                .is_some_and(|child| child.try_wait().unwrap().is_none());
            if !is_running {
                self.child = Some(self.spawn());
            }
            let log = || std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
            assert!(Instant::now() < until, "the server does not start: {}", log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn spawn(&self) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "server::server_child", "--nocapture", "--test-threads=1"])
            .env(CHILD, self.folder.path())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(self.path("server.log")).unwrap())
            .spawn()
            .unwrap()
    }

    /// Records that the doors took since the last start.
    pub async fn taken(&self) -> u64 {
        let url = format!("http://{}/metrics", local(self.ports.http));
        let Ok(answer) = reqwest::get(url).await else { return 0 };
        let text = answer.text().await.unwrap_or_default();
        let counts = text
            .lines()
            .filter(|line| line.starts_with("watchfloor_source_events_total{"));
        counts
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum::<f64>() as u64
    }

    /// Waits until the doors took so many since the last start.
    pub async fn wait_taken(&self, wanted: u64) {
        let until = Instant::now() + WAIT_MAX;
        while self.taken().await < wanted {
            assert!(Instant::now() < until, "{} of {wanted} were taken", self.taken().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the doors take no more: what was taken before the last start is not counted again, so no number says it.
    pub async fn wait_quiet(&self) {
        let (mut taken, mut since) = (self.taken().await, Instant::now());
        while since.elapsed() < QUIET {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = self.taken().await;
            if now != taken {
                (taken, since) = (now, Instant::now());
            }
        }
    }

    /// Ends it as a power cut does. Returns all events then found; fails when one is there twice or a record is a dead letter.
    pub async fn found(mut self) -> Vec<EventHit> {
        self.kill();
        let until = Instant::now() + WAIT_MAX;
        let running = loop {
            match startup::start(product::config(&self.path("data")), Clock::system(), Doors::Closed).await {
                Ok(running) => break running,
                Err(error) => assert!(Instant::now() < until, "{error:#}"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        assert!(running.drained(WAIT_MAX).await);
        let dead = running.view.dead_letters(&running.tenant, 10).await;
        assert_eq!(dead.total, 0, "{dead:#?}");
        let hits = product::hits(&running).await;
        running.stop().await;
        let ids: HashSet<_> = hits.iter().map(|hit| &hit.id).collect();
        assert_eq!(ids.len(), hits.len(), "an event is in the index twice");
        hits
    }

    /// Ends it as a power cut does, and fails unless the messages found then end with each number below `sent`, once.
    pub async fn has_all(self, sent: usize) {
        let hits = self.found().await;
        let messages = hits.iter().filter_map(|hit| hit.source["message"].as_str());
        let numbers: HashSet<usize> = messages
            .filter_map(|message| message.rsplit(' ').next()?.parse().ok())
            .collect();
        let missing: Vec<usize> = (0..sent).filter(|number| !numbers.contains(number)).collect();
        assert!(missing.is_empty(), "of {sent} these are missing: {missing:?}");
        assert_eq!(hits.len(), sent);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
