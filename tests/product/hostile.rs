//! The worst of senders at the doors with listeners of their own and at OTLP's: too long, half and then silent, ten years off,
//! and a disk that is full while they send.

use prost::Message;
use std::{path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, transport::Channel, transport::Endpoint};
use watchfloor::{
    clock::Clock,
    ingest::Refusal,
    startup::{self, Doors, Running},
    store::identity::api_keys::{self, Label},
};
use watchfloor_protocol::{
    otlp::{ExportLogsServiceRequest, logs_service_client::LogsServiceClient},
    rpc,
    v1::{Ack, SensorBatch, sensor_service_client::SensorServiceClient},
};
use watchfloor_tests::{product, small_disk::SmallDisk, wire};

const TIME: &str = "2026-01-01T00:00:00Z";
const SECONDS: i64 = 1_767_225_600;
const NANOS: u64 = 1_767_225_600_000_000_000;
const TEN_YEARS_SECONDS: i64 = 3_652 * 86_400;

/// A product with every door open, and a sender's key.
struct Open {
    running: Running,
    key: String,
}

impl Open {
    async fn start(dir: &Path) -> Self {
        let mut config = product::config(dir);
        let local = Some(([127, 0, 0, 1], 0).into());
        (config.syslog.tcp, config.gelf.tcp, config.lumberjack.tcp) = (local, local, local);
        config.grpc.listen = local;
        let running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
        let issued = api_keys::issue(&running.db, &running.tenant, Label::name("one"), None);
        let key = issued.await.unwrap().secret;
        Self { running, key }
    }

    async fn connect(&self, door: &str) -> TcpStream {
        let doors = &self.running.doors;
        let address = match door {
            "syslog" => doors.syslog.tcp,
            "gelf" => doors.gelf.tcp,
            "lumberjack" => doors.lumberjack.tcp,
            "grpc" => self.running.senders.grpc,
            _ => self.running.address,
        };
        TcpStream::connect(address.unwrap()).await.unwrap()
    }

    async fn post_logs(&self, body: Vec<u8>) -> (u16, rpc::Status) {
        let request = reqwest::Client::new().post(format!("{}/v1/logs", self.running.url()));
        let request = request
            .bearer_auth(&self.key)
            .header("content-type", "application/x-protobuf");
        let response = request.body(body).send().await.unwrap();
        let status = response.status().as_u16();
        assert_eq!(response.headers()["content-type"], "application/x-protobuf");
        match status {
            200 => (status, rpc::Status::default()),
            _ => (status, rpc::Status::decode(response.bytes().await.unwrap()).unwrap()),
        }
    }

    async fn channel(&self) -> Channel {
        let address = self.running.senders.grpc.unwrap();
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        endpoint.connect().await.unwrap()
    }

    fn authorized<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let value = format!("Bearer {}", self.key).parse().unwrap();
        request.metadata_mut().insert("authorization", value);
        request
    }

    async fn export(&self, logs: ExportLogsServiceRequest) -> Result<(), Status> {
        let mut client = LogsServiceClient::new(self.channel().await);
        client.export(self.authorized(logs)).await.map(|_| ())
    }

    /// One batch in a call of its own.
    async fn send_batch(&self, batch: SensorBatch) -> Result<Ack, Status> {
        let (batches, receiver) = mpsc::channel(1);
        batches.send(batch).await.unwrap();
        let request = self.authorized(ReceiverStream::new(receiver));
        let mut acks = SensorServiceClient::new(self.channel().await)
            .send(request)
            .await?
            .into_inner();
        let ack = timeout(Duration::from_secs(60), acks.message()).await.unwrap()?;
        Ok(ack.unwrap())
    }
}

fn batch(time: &str, numbers: std::ops::Range<usize>) -> SensorBatch {
    SensorBatch {
        sensor: "probe-1".to_owned(),
        stream: format!("at {time}"),
        first_sequence: numbers.start as u64,
        records: numbers.map(|n| wire::beat(time, n).into()).collect(),
        ..SensorBatch::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_is_kept_cut_and_the_next_is_taken() {
    let dir = product::folder();
    let open = Open::start(dir.path()).await;
    let long = "x".repeat(2 << 20);
    let mut beat = open.connect("lumberjack").await;
    let window = [
        wire::beat(TIME, 0),
        format!("{{\"message\":\"{long}\"}}"),
        wire::beat(TIME, 1),
    ];
    beat.write_all(&wire::lumberjack_window(&window)).await.unwrap();
    assert_eq!(wire::lumberjack_acknowledged(&mut beat).await.unwrap(), 3);
    let mut gelf = open.connect("gelf").await;
    let messages = [
        wire::gelf(SECONDS, 2),
        format!("{{\"short_message\":\"{long}\"}}\0"),
        wire::gelf(SECONDS, 3),
    ];
    gelf.write_all(messages.concat().as_bytes()).await.unwrap();
    gelf.shutdown().await.unwrap();
    assert_eq!(product::found(&open.running, 4).await, 4);
    let dead = open.running.view.dead_letters(&open.running.tenant, 10).await;
    assert_eq!(dead.total, 2, "{dead:#?}");
    let (status, said) = open.post_logs(vec![0; 17 << 20]).await;
    assert_eq!(
        (status, Code::from(said.code)),
        (413, Code::InvalidArgument),
        "{said:?}"
    );
    open.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_frame_and_then_silence_ends_the_connection_and_nothing_else() {
    let dir = product::folder();
    let open = Open::start(dir.path()).await;
    let window = wire::lumberjack_window(&[wire::beat(TIME, 0), wire::beat(TIME, 1)]);
    let head = format!(
        "POST /v1/logs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{{",
        open.key
    );
    let halves: [(&str, &[u8]); 4] = [
        ("lumberjack", &window[..window.len() - 1]),
        ("gelf", b"{\"short_message\":\"ha"),
        ("http", head.as_bytes()),
        ("grpc", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
    ];
    let mut held = Vec::new();
    for (door, half) in halves {
        let mut stream = open.connect(door).await;
        stream.write_all(half).await.unwrap();
        held.push((door, stream));
    }
    let mut honest = open.connect("lumberjack").await;
    honest.write_all(&window).await.unwrap();
    assert_eq!(wire::lumberjack_acknowledged(&mut honest).await.unwrap(), 2);
    for (door, mut stream) in held {
        let mut said = Vec::new();
        let ended = timeout(Duration::from_secs(100), stream.read_to_end(&mut said)).await;
        assert!(ended.is_ok(), "{door} waits for ever");
        let said = String::from_utf8_lossy(&said);
        assert!(
            door != "http" || said.starts_with("HTTP/1.1 408") && said.contains("\"code\":4"),
            "{said}"
        );
    }
    for door in ["lumberjack", "gelf"] {
        assert_eq!(
            open.running.ingest.refusals().count(door, Refusal::Silence),
            1,
            "{door}"
        );
    }
    assert_eq!(open.running.view.dead_letters(&open.running.tenant, 10).await.total, 0);
    assert_eq!(product::found(&open.running, 2).await, 2);
    open.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_ten_years_ahead_or_behind_is_found_at_its_own_time() {
    let dir = product::folder();
    let open = Open::start(dir.path()).await;
    let times = [SECONDS - TEN_YEARS_SECONDS, SECONDS, SECONDS + TEN_YEARS_SECONDS];
    let mut wanted = Vec::new();
    for (at, seconds) in times.into_iter().enumerate() {
        let time = watchfloor_shared::Timestamp::from_millis(seconds * 1_000).to_string();
        let first = 10 * at;
        let mut beat = open.connect("lumberjack").await;
        beat.write_all(&wire::lumberjack_window(&[wire::beat(&time, first)]))
            .await
            .unwrap();
        assert_eq!(wire::lumberjack_acknowledged(&mut beat).await.unwrap(), 1);
        let mut gelf = open.connect("gelf").await;
        gelf.write_all(wire::gelf(seconds, 0).as_bytes()).await.unwrap();
        let mut syslog = open.connect("syslog").await;
        syslog.write_all(wire::syslog(&time, first).as_bytes()).await.unwrap();
        let nanos = u64::try_from(seconds).unwrap() * 1_000_000_000;
        open.export(wire::otlp("web-1", nanos, ["hello".to_owned()]))
            .await
            .unwrap();
        open.send_batch(batch(&time, first..first + 1)).await.unwrap();
        wanted.extend([time.clone(), time.clone(), time.clone(), time.clone(), time]);
    }
    assert_eq!(product::found(&open.running, wanted.len()).await, wanted.len());
    let hits = product::hits(&open.running).await;
    let found: Vec<String> = hits.iter().map(|hit| hit.timestamp.to_string()).collect();
    assert_eq!(found, wanted);
    assert_eq!(open.running.view.dead_letters(&open.running.tenant, 10).await.total, 0);
    open.running.stop().await;
}

/// A Beat that waits for its acknowledgement. The last pages that a file had taken may still have room for a window or two; sent
/// again they are the same events.
async fn unacknowledged(open: &Open, events: &[String]) -> TcpStream {
    for _ in 0..50 {
        let mut beat = open.connect("lumberjack").await;
        beat.write_all(&wire::lumberjack_window(events)).await.unwrap();
        match timeout(Duration::from_secs(7), wire::lumberjack_acknowledged(&mut beat)).await {
            Err(_) => return beat,
            Ok(acknowledged) => assert_eq!(acknowledged.unwrap(), events.len() as u32),
        }
    }
    panic!("a full disk took fifty windows");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_is_full_nothing_is_acknowledged_and_afterwards_all_is_found_once() {
    let dir = product::folder();
    let Some(disk) = SmallDisk::mount(&dir.path().join("bus"), 96 << 20) else {
        return;
    };
    let open = Open::start(dir.path()).await;
    disk.fill();
    let logs = || wire::otlp("web-1", NANOS, (0..100).map(|n| format!("over http {n}")));
    let exported = || wire::otlp("web-1", NANOS, (0..100).map(|n| format!("over grpc {n}")));
    // The bus may have some room that it had taken before; then each waits for the disk as long as a producer does.
    let posted = async {
        loop {
            let (status, said) = open.post_logs(logs().encode_to_vec()).await;
            if status != 200 {
                break (status, Code::from(said.code));
            }
        }
    };
    let exporter = async {
        loop {
            if let Err(refused) = open.export(exported()).await {
                break refused.code();
            }
        }
    };
    let sensor = async {
        loop {
            if let Err(refused) = open.send_batch(batch(TIME, 0..100)).await {
                break refused.code();
            }
        }
    };
    let (posted, exporter, sensor) = tokio::join!(posted, exporter, sensor);
    assert_eq!(posted, (503, Code::Unavailable));
    assert_eq!((exporter, sensor), (Code::Unavailable, Code::Unavailable));
    let events: Vec<String> = (100..200).map(|n| wire::beat(TIME, n)).collect();
    let mut beat = unacknowledged(&open, &events).await;
    let mut gelf = open.connect("gelf").await;
    gelf.write_all(wire::gelf(SECONDS, 0).as_bytes()).await.unwrap();

    disk.make_room();
    let acknowledged = timeout(Duration::from_secs(60), wire::lumberjack_acknowledged(&mut beat)).await;
    assert_eq!(acknowledged.unwrap().unwrap(), 100);
    for _ in 0..100 {
        if open.post_logs(logs().encode_to_vec()).await.0 == 200 {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    open.export(exported()).await.unwrap();
    assert_eq!(open.send_batch(batch(TIME, 0..100)).await.unwrap().next_sequence, 100);
    assert_eq!(product::found(&open.running, 401).await, 401);
    assert_eq!(open.running.view.snapshot().await.unaccounted, 0);
    open.running.stop().await;
}
