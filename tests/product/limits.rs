//! Too much of everything: connections, half frames, records. What is turned away is told so and counted, and nobody else suffers.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use watchfloor::{
    clock::Clock,
    ingest::Refusal,
    startup::{self, Doors},
    store::identity::api_keys::{self, Label},
};
use watchfloor_tests::product;

const MESSAGE: &[u8] = b"<38>1 2026-01-01T00:00:00Z host-1 sshd - - - hello\n";

/// Both ends of a connection are this process's.
fn connections_possible() -> usize {
    let text = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = text.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let soft: usize = line.split_whitespace().nth(3).unwrap().parse().unwrap_or(usize::MAX);
    (soft.saturating_sub(2_000) / 2).min(10_000)
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0; 1]).await, Ok(0) | Err(_))
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_half_frames_keep_nobody_out_and_end_in_time() {
    let dir = product::folder();
    let mut config = product::config(dir.path());
    config.syslog.tcp = Some(([127, 0, 0, 1], 0).into());
    config.limits.connections_per_peer_max = 10_001;
    config.limits.connections_max = 10_001;
    let running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
    let address = running.doors.syslog.tcp.unwrap();
    let count = connections_possible();
    println!("{count} connections");
    let mut held = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"900 <38>half").await.unwrap();
        held.push(stream);
    }
    let mut honest = TcpStream::connect(address).await.unwrap();
    honest.write_all(MESSAGE).await.unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while product::event_ids(&running).await.is_empty() {
        assert!(Instant::now() < until, "the honest sender waits for the others");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for stream in &mut held {
        let closed = tokio::time::timeout(Duration::from_secs(90), is_closed(stream)).await;
        assert_eq!(closed, Ok(true));
    }
    assert_eq!(
        running.ingest.refusals().count("syslog", Refusal::Silence),
        count as u64
    );
    // Who is idle between messages stays.
    honest.write_all(MESSAGE).await.unwrap();
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_peer_has_so_many_connections_and_gets_another_when_one_ends() {
    let dir = product::folder();
    let mut config = product::config(dir.path());
    config.gelf.tcp = Some(([127, 0, 0, 1], 0).into());
    config.limits.connections_per_peer_max = 3;
    let running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
    let address: SocketAddr = running.doors.gelf.tcp.unwrap();
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(TcpStream::connect(address).await.unwrap());
    }
    assert!(is_closed(&mut TcpStream::connect(address).await.unwrap()).await);
    assert_eq!(running.ingest.refusals().count("gelf", Refusal::TooManyFromPeer), 1);
    drop(held.pop());
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"{\"host\":\"web-1\",\"short_message\":\"hello\"}\0")
            .await
            .unwrap();
        if tokio::time::timeout(Duration::from_millis(300), is_closed(&mut stream))
            .await
            .is_err()
        {
            break;
        }
        assert!(Instant::now() < until, "the place was not given back");
    }
    // The console has places of its own.
    let metrics = reqwest::get(format!("{}/metrics", running.url()))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(metrics.contains("watchfloor_door_refusals_total{door=\"gelf\",reason=\"too_many_from_peer\"}"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_sends_too_much_is_told_to_wait_and_another_is_not() {
    let dir = product::folder();
    let mut config = product::config(dir.path());
    config.limits.records_per_second_max = 10;
    let running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
    let mut keys = Vec::new();
    for name in ["one", "other"] {
        keys.push(
            api_keys::issue(&running.db, &running.tenant, Label::name(name), None)
                .await
                .unwrap()
                .secret,
        );
    }
    let body = "{\"host\":{\"name\":\"ws-1\"},\"message\":\"x\"}\n".repeat(1_000);
    let post = |key: &str| {
        let request = reqwest::Client::new().post(format!("{}/ingest/v1/sysmon", running.url()));
        request.bearer_auth(key).body(body.clone()).send()
    };
    assert_eq!(post(&keys[0]).await.unwrap().status(), 200);
    let refused = post(&keys[0]).await.unwrap();
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((60..=90).contains(&wait), "{wait} s");
    assert_eq!(post(&keys[1]).await.unwrap().status(), 200);
    running.stop().await;
}
