//! The Linux sensor against the real server: nothing lost and nothing doubled while either of them is away, and what happens on
//! this machine is found.

use std::{
    fs::File,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use watchfloor::{
    clock::Clock,
    search::SearchSpec,
    startup::{self, Doors, Running},
    store::identity::api_keys,
};
use watchfloor_shared::{TenantId, search::Order};
use watchfloor_tests::product;

const CHILD: &str = "WATCHFLOOR_TEST_SENSOR_CHILD";
/// A thousand lines a second, from before the outage until after it.
const LINES: usize = 72_000;
const LINES_PER_TICK: usize = 10;
const TICK: Duration = Duration::from_millis(10);
const OUTAGE_S: f64 = 60.0;
const PROCESSES: u64 = 300;
const WAIT_MAX: Duration = Duration::from_secs(180);

/// Not a test of its own: the sensor, with its settings in the file that the environment names. It ends by kill -9.
#[tokio::test]
async fn sensor_child() {
    let Some(settings) = std::env::var_os(CHILD) else {
        return;
    };
    let config = watchfloor_sensor::config::load(Some(Path::new(&settings)), std::iter::empty(), &[]).unwrap();
    let _running = watchfloor_sensor::Agent::new(config).unwrap().start().await.unwrap();
    std::future::pending::<()>().await;
}

struct Sensor {
    child: Child,
    settings: PathBuf,
}

impl Sensor {
    fn start(settings: &Path) -> Self {
        let arguments = ["--exact", "sensor::sensor_child", "--nocapture", "--test-threads=1"];
        let child = Command::new(std::env::current_exe().unwrap())
            .args(arguments)
            .env(CHILD, settings)
            .stdout(Stdio::null())
            .stderr(File::create(settings.with_extension("said")).unwrap())
            .spawn()
            .unwrap();
        Self {
            child,
            settings: settings.to_owned(),
        }
    }

    fn kill(&mut self) {
        let ended = self.child.try_wait().unwrap();
        let said = std::fs::read_to_string(self.settings.with_extension("said")).unwrap_or_default();
        assert!(ended.is_none(), "the sensor ended on its own: {said}");
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn killed_and_started_again(&mut self) {
        self.kill();
        *self = Self::start(&self.settings);
    }
}

impl Drop for Sensor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn server(dir: &Path, grpc: SocketAddr) -> Running {
    let mut config = product::config(dir);
    config.grpc.listen = Some(grpc);
    startup::start(config, Clock::system(), Doors::Open).await.unwrap()
}

/// Settings for a sensor of this server, with a key of its own.
async fn settings(running: &Running, dir: &Path, more: &str) -> PathBuf {
    let key = api_keys::issue(&running.db, &running.tenant, api_keys::Label::name("sensor"), None)
        .await
        .unwrap();
    std::fs::write(dir.join("key"), key.secret).unwrap();
    let text = format!(
        "data_dir = \"{dir}/sensor\"\n{more}\n[server]\naddress = \"http://{address}\"\nkey_file = \"{dir}/key\"\n",
        dir = dir.display(),
        address = running.senders.grpc.unwrap()
    );
    std::fs::create_dir_all(dir.join("sensor")).unwrap();
    let path = dir.join("sensor.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// Writes the lines, each another, at their rate.
fn write_lines(log: PathBuf) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut file = File::create(log).unwrap();
        for n in 0..LINES {
            let message = format!(
                "<38>1 2026-01-01T00:00:00.{:03}Z host-1 app {n} - - line {n}\n",
                n % 1_000
            );
            file.write_all(message.as_bytes()).unwrap();
            if n % LINES_PER_TICK == 0 {
                std::thread::sleep(TICK);
            }
        }
    })
}

pub async fn seconds(count: f64) {
    tokio::time::sleep(Duration::from_secs_f64(count)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_without_the_server_under_load_loses_nothing_and_doubles_nothing() {
    let (dir, sensor_dir) = (product::folder(), product::folder());
    let running = server(dir.path(), ([127, 0, 0, 1], 0).into()).await;
    let address = running.senders.grpc.unwrap();
    let log = sensor_dir.path().join("app.log");
    let more = format!(
        "[capture]\nmethods = []\n[[tail]]\nsource = \"syslog\"\npaths = [\"{}\"]",
        log.display()
    );
    let settings = settings(&running, sensor_dir.path(), &more).await;
    let mut sensor = Sensor::start(&settings);
    let writer = write_lines(log);
    seconds(1.5).await;
    sensor.killed_and_started_again();
    seconds(1.0).await;
    running.stop().await;
    seconds(OUTAGE_S / 2.0).await;
    sensor.killed_and_started_again();
    seconds(OUTAGE_S / 2.0).await;
    assert!(!writer.is_finished(), "the load ended before the outage did");
    let running = server(dir.path(), address).await;
    writer.join().unwrap();
    let until = Instant::now() + WAIT_MAX;
    while hits(&running, "").await < LINES as u64 && Instant::now() < until {
        seconds(0.5).await;
        assert!(running.drained(WAIT_MAX).await);
    }
    // Long enough for anything that would come twice.
    seconds(1.0).await;
    assert!(running.drained(WAIT_MAX).await);
    assert_eq!(product::event_ids(&running).await.len(), LINES);
    assert_eq!(running.view.dead_letters(&running.tenant, 10).await.total, 0);
    sensor.kill();
    running.stop().await;
}

pub async fn hits(running: &Running, query: &str) -> u64 {
    hits_of(running, &running.tenant, query).await
}

pub async fn hits_of(running: &Running, tenant: &TenantId, query: &str) -> u64 {
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

/// Who may not load programs into the kernel cannot see what others do.
fn may_capture() -> bool {
    let config = watchfloor_sensor::config::CaptureConfig::default();
    match watchfloor_sensor::capture::Method::Ebpf.start(&config) {
        Ok(_) => true,
        Err(reason) => {
            println!("skipped: eBPF: {reason}");
            false
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_on_this_machine_is_found() {
    if !may_capture() {
        return;
    }
    let (dir, sensor_dir) = (product::folder(), product::folder());
    let running = server(dir.path(), ([127, 0, 0, 1], 0).into()).await;
    let settings = settings(&running, sensor_dir.path(), "[capture]\nmethods = [\"ebpf\"]").await;
    let _sensor = Sensor::start(&settings);
    let until = Instant::now() + WAIT_MAX;
    while hits(&running, "event.module:ebpf").await == 0 {
        assert!(Instant::now() < until, "nothing at all is seen");
        seconds(0.05).await;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let file = sensor_dir.path().join("a-file-of-the-test");
    let script = format!("echo x > {}; exec 3<>/dev/tcp/127.0.0.1/{port}", file.display());
    let marker = format!("marker{port}");
    let began = Instant::now();
    let mut shell = Command::new("bash");
    assert!(shell.args(["-c", &script, &marker]).status().unwrap().success());
    let queries = [
        format!("process.args:{marker} AND event.action:process-started"),
        format!("file.path:\"{}\"", file.display()),
        format!("destination.port:{port} AND network.direction:egress"),
    ];
    let until = began + WAIT_MAX;
    for query in &queries {
        while hits(&running, query).await == 0 {
            assert!(Instant::now() < until, "not found: {query}");
            seconds(0.02).await;
        }
        println!("found after {:?}: {query}", began.elapsed());
    }
    let address = running.senders.grpc.unwrap();
    running.stop().await;
    for _ in 0..PROCESSES {
        let mut shell = Command::new("bash");
        assert!(
            shell
                .args(["-c", "true", &format!("away-{marker}")])
                .status()
                .unwrap()
                .success()
        );
    }
    let running = server(dir.path(), address).await;
    let started = format!("process.args:away-{marker} AND event.action:process-started");
    let until = Instant::now() + WAIT_MAX;
    while hits(&running, &started).await < PROCESSES && Instant::now() < until {
        seconds(0.1).await;
    }
    assert!(running.drained(WAIT_MAX).await);
    assert_eq!(
        hits(&running, &started).await,
        PROCESSES,
        "processes of the server's outage"
    );
    running.stop().await;
}
