//! Whose allowance is spent: told to wait where the protocol has words for it, held back where it has none. Nobody else is.

use prost::Message;
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tonic::{Code, Request, transport::Endpoint};
use watchfloor::{
    clock::Clock,
    startup::{self, Doors, Running},
    store::identity::api_keys::{self, Label},
};
use watchfloor_protocol::{
    otlp::logs_service_client::LogsServiceClient,
    rpc,
    v1::{SensorBatch, sensor_service_client::SensorServiceClient},
};
use watchfloor_tests::{product, wire};

const NANOS: u64 = 1_767_225_600_000_000_000;

async fn running(dir: &std::path::Path, records_per_second_max: u64) -> Running {
    let mut config = product::config(dir);
    let local = Some(([127, 0, 0, 1], 0).into());
    (config.syslog.tcp, config.gelf.tcp, config.lumberjack.tcp) = (local, local, local);
    config.grpc.listen = local;
    config.limits.records_per_second_max = records_per_second_max;
    startup::start(config, Clock::system(), Doors::Open).await.unwrap()
}

async fn key(running: &Running) -> String {
    let issued = api_keys::issue(&running.db, &running.tenant, Label::name("one"), None);
    issued.await.unwrap().secret
}

/// Sends a hundred seconds' worth: ten are let through at once, ninety are owed.
async fn spend(running: &Running, key: &str) {
    let body = "{\"host\":{\"name\":\"ws-1\"},\"message\":\"x\"}\n".repeat(1_000);
    let request = reqwest::Client::new().post(format!("{}/ingest/v1/sysmon", running.url()));
    let response = request.bearer_auth(key).body(body).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

fn assert_waits(seconds: u64) {
    assert!((60..=90).contains(&seconds), "{seconds} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_sent_too_much_is_told_to_wait_in_each_protocols_words() {
    let dir = product::folder();
    let running = running(dir.path(), 10).await;
    let (spent, other) = (key(&running).await, key(&running).await);
    spend(&running, &spent).await;
    let post = |path: &str, key: &str, kind: &'static str, body: Vec<u8>| {
        let request = reqwest::Client::new().post(format!("{}{path}", running.url()));
        request.bearer_auth(key).header("content-type", kind).body(body).send()
    };
    let logs = || wire::otlp("web-1", NANOS, ["hello".to_owned()]);
    let batch = json!({ "sensor": "probe-1", "records": [{ "message": "x" }] })
        .to_string()
        .into_bytes();

    let refused = post("/v1/logs", &spent, "application/x-protobuf", logs().encode_to_vec())
        .await
        .unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["content-type"]),
        (429, &"application/x-protobuf".parse().unwrap())
    );
    assert_waits(refused.headers()["retry-after"].to_str().unwrap().parse().unwrap());
    let status = rpc::Status::decode(refused.bytes().await.unwrap()).unwrap();
    assert_eq!(Code::from(status.code), Code::ResourceExhausted);
    let refused = post("/v1/logs", &spent, "application/json", b"{}".to_vec())
        .await
        .unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["content-type"]),
        (429, &"application/json".parse().unwrap())
    );
    let status: Value = refused.json().await.unwrap();
    assert_eq!(status["code"], i32::from(Code::ResourceExhausted));
    let refused = post("/ingest/v1/sensor", &spent, "application/json", batch.clone())
        .await
        .unwrap();
    assert_eq!(refused.status(), 429);

    let address = running.senders.grpc.unwrap();
    let channel = Endpoint::from_shared(format!("http://{address}"))
        .unwrap()
        .connect()
        .await
        .unwrap();
    let (mut exporter, mut sensor) = (
        LogsServiceClient::new(channel.clone()),
        SensorServiceClient::new(channel),
    );
    let authorized = |key: &str| format!("Bearer {key}").parse().unwrap();
    let mut request = Request::new(logs());
    request.metadata_mut().insert("authorization", authorized(&spent));
    let refused = exporter.export(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    let details = rpc::Status::decode(refused.details()).unwrap();
    assert_waits(details.retry_delay().unwrap().as_secs());
    let mut request = Request::new(tokio_stream::pending::<SensorBatch>());
    request.metadata_mut().insert("authorization", authorized(&spent));
    let refused = sensor.send(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");

    // Each of these doors spends the other's allowance.
    let many = || wire::otlp("web-1", NANOS, (0..30).map(|n| format!("line {n}")));
    assert_eq!(
        post("/v1/logs", &other, "application/x-protobuf", many().encode_to_vec())
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(
        post("/ingest/v1/sensor", &other, "application/json", batch)
            .await
            .unwrap()
            .status(),
        200
    );
    let mut request = Request::new(wire::otlp("web-1", NANOS, (0..900).map(|n| format!("more {n}"))));
    request.metadata_mut().insert("authorization", authorized(&other));
    exporter.export(request).await.unwrap();
    assert_eq!(
        post("/v1/logs", &other, "application/json", b"{}".to_vec())
            .await
            .unwrap()
            .status(),
        429
    );
    running.stop().await;
}

/// By another address of this machine, so that its allowance is its own.
async fn connect(from: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, from], 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_told_is_held_back_and_its_neighbour_is_not() {
    let dir = product::folder();
    let running = running(dir.path(), 1).await;
    let time = "2026-01-01T00:00:00Z";
    let lines = |one: &dyn Fn(usize) -> String| (0..500).map(one).collect::<String>().into_bytes();
    let events: Vec<String> = (0..500).map(|n| wire::beat(time, n)).collect();
    let doors = [
        (
            running.doors.syslog.tcp,
            lines(&|n| wire::syslog(time, n)),
            wire::syslog(time, 7).into_bytes(),
        ),
        (
            running.doors.gelf.tcp,
            lines(&|n| wire::gelf(1_767_225_600, n)),
            wire::gelf(1_767_225_600, 7).into_bytes(),
        ),
        (
            running.doors.lumberjack.tcp,
            wire::lumberjack_window(&events),
            wire::lumberjack_window(&[wire::beat(time, 7)]),
        ),
    ];
    for (from, (address, much, one)) in (2..).zip(doors) {
        let address = address.unwrap();
        let mut greedy = connect(from, address).await;
        // What it has under way fills the buffers between, then nothing more is taken of it.
        while timeout(Duration::from_secs(2), greedy.write_all(&much)).await.is_ok() {}
        let taken = running.ingest.sources().iter().map(|source| source.events).sum::<i64>();
        let mut honest = connect(from + 100, address).await;
        honest.write_all(&one).await.unwrap();
        let until = tokio::time::Instant::now() + Duration::from_secs(30);
        while running.ingest.sources().iter().map(|source| source.events).sum::<i64>() != taken + 1 {
            assert!(tokio::time::Instant::now() < until, "the neighbour is held back too");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    running.stop().await;
}
