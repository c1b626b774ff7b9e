//! A sensor on a host of its own captures with the real Suricata, because the server told it to: what it sees is its organization's,
//! it comes back by itself, and it says why it went.
//!
//! The server and the sensor's host are two network namespaces with a cable between them; both go with the test.

use super::{Process, is_there, network::Capture, suricata};
use serde_json::json;
use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use watchfloor_sensor::Agent;
use watchfloor_shared::{
    TenantId,
    control::{CaptureStatus, CommandState, RunningCapture},
    fleet::Presence,
};
use watchfloor_tests::{
    fleet_server::{FleetServer, hits, settings, until},
    product,
};

const WORLD: &str = "WATCHFLOOR_TEST_CAPTURE_WORLD";
const SENSOR: &str = "WATCHFLOOR_TEST_CAPTURE_SENSOR";
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 213, 0, 1);
const RULES: &str = "alert udp any any -> any 9999 (msg:\"KNOCK\"; sid:1000002; rev:1;)\n";

fn ip(arguments: &str) {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let output = Command::new("ip").args(words).output().unwrap();
    assert!(output.status.success(), "ip {arguments}: {output:?}");
}

/// Another host: a network namespace that lives as long as this.
struct Host(Process);

impl Host {
    /// Joined by a cable to ours, and with another one, `tap0` to `tap1`, inside.
    fn new() -> Self {
        let holder = Command::new("unshare").args(["--net", "sleep", "600"]).spawn().unwrap();
        let host = Self(Process(holder));
        while fs::read_link(host.net()).ok() == fs::read_link("/proc/self/ns/net").ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
        ip(&format!("link add up0 type veth peer name mgmt0 netns {}", host.pid()));
        ip(&format!("addr add {SERVER}/24 dev up0"));
        ip("link set up0 up");
        for step in [
            "link set lo up",
            "addr add 10.213.0.2/24 dev mgmt0",
            "link set mgmt0 up",
        ] {
            host.ip(step);
        }
        host.cable();
        host
    }

    fn pid(&self) -> u32 {
        self.0.0.id()
    }

    fn net(&self) -> String {
        format!("/proc/{}/ns/net", self.pid())
    }

    fn enter(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.net())).arg("--").arg(program);
        command
    }

    fn ip(&self, arguments: &str) {
        let output = self
            .enter(Path::new("ip"))
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        assert!(output.status.success(), "ip {arguments}: {output:?}");
    }

    fn cable(&self) {
        self.ip("link add tap0 type veth peer name tap1");
        self.ip("link set tap0 up");
        self.ip("link set tap1 up");
    }

    /// Puts the packets of a capture file on the far end of the cable.
    fn replay(&self, pcap: &Path) {
        let mut replay = self.enter(&std::env::current_exe().unwrap());
        replay
            .args(["--exact", "capture::replay_child", "--nocapture"])
            .env(SENSOR, pcap);
        assert!(replay.stdout(Stdio::null()).status().unwrap().success());
    }

    fn sensor(&self, dir: &Path) -> Process {
        let mut sensor = self.enter(&std::env::current_exe().unwrap());
        sensor
            .args(["--exact", "capture::sensor_child", "--nocapture"])
            .env(SENSOR, dir);
        let said = File::create(dir.join("said")).unwrap();
        Process(sensor.stdout(Stdio::null()).stderr(said).spawn().unwrap())
    }
}

/// Not a test of its own: the sensor on the other host.
#[tokio::test]
async fn sensor_child() {
    let Some(dir) = std::env::var_os(SENSOR) else { return };
    let dir = PathBuf::from(dir);
    let agent = Agent::new(settings(&dir, &dir.join("none.log"))).unwrap();
    let _running = agent.start().await.unwrap();
    std::future::pending::<()>().await;
}

/// Not a test of its own: puts packets on `tap1`.
#[test]
fn replay_child() {
    let Some(pcap) = std::env::var_os(SENSOR) else { return };
    let bytes = fs::read(pcap).unwrap();
    let script = "import socket,struct,sys,time\n\
        d=sys.stdin.buffer.read(); s=socket.socket(socket.AF_PACKET,socket.SOCK_RAW); s.bind(('tap1',0)); at=24\n\
        while at<len(d):\n n=struct.unpack('<I',d[at+8:at+12])[0]; s.send(d[at+16:at+16+n]); at+=16+n; time.sleep(0.0005)\n";
    let mut python = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut python.stdin.take().unwrap(), &bytes).unwrap();
    assert!(python.wait().unwrap().success());
}

/// Packets to the port that the rule is about, so many, from a port of their own each.
fn knocks(dir: &Path, from: u16, count: u16) -> PathBuf {
    let mut capture = Capture::new();
    for n in from..from + count {
        let client = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 7), n);
        let server = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 7), 9_999);
        capture.datagram(client, server, b"knock");
    }
    let pcap = dir.join(format!("knocks-{from}.pcap"));
    fs::write(&pcap, capture.into_bytes()).unwrap();
    pcap
}

#[test]
fn a_capture_is_started_from_afar_and_what_it_sees_is_found() {
    if !suricata::is_installed() || !is_there("unshare", &["--net", "true"], "the right to make a network namespace") {
        return;
    }
    let mut world = Command::new("unshare");
    world.arg("--net").arg(std::env::current_exe().unwrap());
    world.args(["--exact", "capture::world", "--nocapture"]).env(WORLD, "1");
    assert!(world.status().unwrap().success());
}

struct World {
    server: FleetServer,
    host: Host,
    id: String,
    dir: tempfile::TempDir,
}

impl World {
    async fn capture(&self) -> Option<RunningCapture> {
        let captures = self.server.detail(&self.id).await.captures?.captures;
        captures.into_iter().find(|capture| capture.name == "lan")
    }

    async fn until_running(&self) -> RunningCapture {
        let is_running = async || {
            self.capture()
                .await
                .is_some_and(|capture| capture.state == CaptureStatus::Running)
        };
        until("the capture runs", is_running).await;
        self.capture().await.unwrap()
    }

    async fn have(&self, command: serde_json::Value) -> Result<String, String> {
        let told = self.server.have_done(&self.id, command).await;
        match told.state {
            CommandState::Done => Ok(told.detail.unwrap_or_default()),
            _ => Err(told.reason.unwrap_or_default()),
        }
    }

    /// Alerts that were found once each.
    async fn alerts(&self) -> u64 {
        self.server.hits("rule.name:KNOCK").await
    }

    async fn knock(&self, from: u16, count: u16) {
        let pcap = knocks(self.dir.path(), from, count);
        self.host.replay(&pcap);
    }

    fn engine(&self) -> i32 {
        let file = self.dir.path().join("data/captures/lan/suricata.pid");
        fs::read_to_string(file).unwrap().trim().parse().unwrap()
    }
}

/// Not a test of its own: the world in which the other one happens.
#[tokio::test(flavor = "multi_thread")]
async fn world() {
    if std::env::var_os(WORLD).is_none() {
        return;
    }
    ip("link set lo up");
    let (data, dir, host) = (product::folder(), product::folder(), Host::new());
    let server = FleetServer::start_at(data.path(), SocketAddr::from((SERVER, 0))).await;
    let id = server
        .enrol("probe-1", &settings(dir.path(), &dir.path().join("none.log")))
        .await;
    let world = World { server, host, id, dir };
    let sensor = world.host.sensor(world.dir.path());
    let online = until("online", async || {
        world.server.sensor("probe-1").await.unwrap().presence == Presence::Online
    });
    assert!(online.await < Duration::from_secs(5));

    begins(&world).await;
    comes_back(&world).await;
    loses_nothing(&world, sensor).await;
    world.server.running.stop().await;
}

/// Rules are looked at by the engine, interfaces by both sides; then it sees what happens.
async fn begins(world: &World) {
    let start = |name: &str, interface: &str| json!({"kind": "capture_start", "capture": {"name": name, "interfaces": [interface]}});
    for (interface, why) in [("mgmt0", "server is reached"), ("nowhere0", "not there")] {
        let (status, answer) = world.server.tell(&world.id, start("lan", interface)).await;
        assert_eq!(status, 409, "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains(why), "{answer}");
    }
    let rules = |version: &str, text: &str| json!({"kind": "rules", "version": version, "text": text});
    world.have(rules("1", RULES)).await.unwrap();
    world.have(start("lan", "tap0")).await.unwrap();
    let capture = world.until_running().await;
    assert_eq!((capture.interfaces, capture.restarts), (vec!["tap0".to_owned()], 0));
    let (status, answer) = world.server.tell(&world.id, start("other", "tap0")).await;
    assert_eq!((status, answer["code"].as_str()), (409, Some("conflict")), "{answer}");
    // The same once more changes nothing.
    let engine = world.engine();
    world.have(start("lan", "tap0")).await.unwrap();
    assert_eq!(world.engine(), engine);

    world.knock(10_000, 20).await;
    until("20 alerts", async || world.alerts().await == 20).await;
    let first: TenantId = world.server.running.tenant.clone();
    assert_eq!(
        hits(&world.server.running, &first, "").await,
        0,
        "the first organization has none"
    );

    let refused = world.have(rules("2", "alert nonsense (\n")).await.unwrap_err();
    assert!(refused.contains("the ones before stay"), "{refused}");
    let said = world.server.detail(&world.id).await.captures.unwrap();
    assert_eq!(said.rules_version.as_deref(), Some("1"));
    world.knock(11_000, 5).await;
    until("the rules before still work", async || world.alerts().await == 25).await;
    // Others take their place while the capture goes on.
    let next = format!("{RULES}alert udp any any -> any 9999 (msg:\"AGAIN\"; sid:1000003; rev:1;)\n");
    world.have(rules("3", &next)).await.unwrap();
    assert_eq!(world.engine(), engine);
    let mut from = 12_000;
    until("the new rule works", async || {
        from += 1;
        world.knock(from, 1).await;
        world.server.hits("rule.name:AGAIN").await > 0
    })
    .await;
}

/// What ends it is said, and it is started again.
async fn comes_back(world: &World) {
    let before = world.engine();
    let kill = Command::new("kill").args(["-9", &before.to_string()]).status().unwrap();
    assert!(kill.success());
    until("it was started again", async || {
        world.capture().await.is_some_and(|capture| capture.restarts == 1)
    })
    .await;
    let capture = world.until_running().await;
    assert!(capture.reason.as_ref().unwrap().contains("signal 9"), "{capture:?}");
    assert_ne!(world.engine(), before);

    world.host.ip("link del tap0");
    until("it says what is missing", async || {
        let capture = world.capture().await.unwrap();
        capture.state == CaptureStatus::Failed && capture.reason.unwrap_or_default().contains("tap0 is not there")
    })
    .await;
    world.host.cable();
    world.until_running().await;
    let before = world.alerts().await;
    world.knock(20_000, 10).await;
    until("it sees again", async || world.alerts().await == before + 10).await;
}

/// The cable to the server is cut and the sensor is killed while there is traffic.
async fn loses_nothing(world: &World, sensor: Process) {
    let before = world.alerts().await;
    ip("link set up0 down");
    world.knock(40_000, 300).await;
    let engine = world.engine();
    drop(sensor);
    until("the engine ends with its sensor", async || {
        !Path::new(&format!("/proc/{engine}")).exists()
    })
    .await;
    let _sensor = world.host.sensor(world.dir.path());
    ip("link set up0 up");
    until("all are found", async || world.alerts().await == before + 300).await;
    world.until_running().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(world.alerts().await, before + 300, "some came twice");
    world
        .have(json!({"kind": "capture_stop", "name": "lan"}))
        .await
        .unwrap();
    until("it is gone", async || world.capture().await.is_none()).await;
}
