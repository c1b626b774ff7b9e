//! Lumberjack and GELF as their senders speak them: what is sent is found, and said to be taken only when it is.

use flate2::{Compression, write::ZlibEncoder};
use std::{io::Write, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
};
use watchfloor::{
    clock::Clock,
    identity::certificate::fingerprint_of_pem,
    ingest::Refusal,
    startup::{self, Doors, Running},
    store::identity::api_keys::{self, Label},
};
use watchfloor_tests::{
    certificates::{Made, connect},
    product, wire,
};

async fn running(dir: &std::path::Path) -> Running {
    let mut config = product::config(dir);
    let local = Some(([127, 0, 0, 1], 0).into());
    (config.lumberjack.tcp, config.gelf.tcp, config.gelf.udp) = (local, local, local);
    startup::start(config, Clock::system(), Doors::Open).await.unwrap()
}

/// A window as Filebeat sends it: so many events from the `first`.
fn window(first: usize, count: usize) -> Vec<u8> {
    let time = "2026-01-01T00:00:00.000Z";
    let events: Vec<String> = (first..first + count).map(|n| wire::beat(time, n)).collect();
    wire::lumberjack_window(&events)
}

async fn acknowledged(stream: &mut (impl AsyncReadExt + Unpin)) -> u32 {
    wire::lumberjack_acknowledged(stream).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beats_window_is_acknowledged_and_sent_again_doubles_nothing() {
    let dir = product::folder();
    let running = running(dir.path()).await;
    let address = running.doors.lumberjack.tcp.unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    for first in [0, 1_500] {
        stream.write_all(&window(first, 1_500)).await.unwrap();
        assert_eq!(acknowledged(&mut stream).await, 1_500);
    }
    // The acknowledgement was lost on the way.
    let mut again = TcpStream::connect(address).await.unwrap();
    again.write_all(&window(1_500, 1_500)).await.unwrap();
    assert_eq!(acknowledged(&mut again).await, 1_500);
    // A window that breaks off is not acknowledged, and is sent whole after.
    let broken = window(3_000, 10);
    again.write_all(&broken[..broken.len() / 2]).await.unwrap();
    drop(again);
    stream.write_all(&window(3_000, 10)).await.unwrap();
    assert_eq!(acknowledged(&mut stream).await, 10);
    assert_eq!(product::found(&running, 3_010).await, 3_010);

    let mut other = TcpStream::connect(address).await.unwrap();
    other.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(matches!(other.read(&mut [0; 1]).await, Ok(0) | Err(_)));
    assert_eq!(running.ingest.refusals().count("lumberjack", Refusal::Malformed), 1);
    assert_eq!(running.view.dead_letters(&running.tenant, 10).await.total, 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beat_with_a_certificate_sends_for_its_tenant() {
    let dir = product::folder();
    let (server, sender) = (Made::new("server"), Made::new("beat"));
    let mut config = product::config(dir.path());
    let files = server.files(dir.path(), "server");
    config.lumberjack.tls.listen = Some(([127, 0, 0, 1], 0).into());
    (config.lumberjack.tls.certificate, config.lumberjack.tls.key) = (files.certificate, files.key);
    let running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
    let fingerprint = fingerprint_of_pem(&sender.certificate).unwrap();
    api_keys::register(&running.db, &running.tenant, Label::name("beat"), fingerprint, None)
        .await
        .unwrap();
    let address = running.doors.lumberjack.tls.unwrap();
    let mut stream = connect(address, &server, Some(&sender)).await.unwrap();
    stream.write_all(&window(0, 20)).await.unwrap();
    assert_eq!(acknowledged(&mut stream).await, 20);
    let mut stranger = connect(address, &server, Some(&Made::new("beat"))).await.unwrap();
    let _ = stranger.write_all(&window(20, 20)).await;
    assert!(
        matches!(stranger.read(&mut [0; 1]).await, Ok(0) | Err(_)),
        "never an acknowledgement"
    );
    assert_eq!(product::found(&running, 20).await, 20);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gelf_is_taken_over_tcp_and_in_chunks_over_udp() {
    let dir = product::folder();
    let running = running(dir.path()).await;
    let message = |n: usize| wire::gelf(1_767_225_600, n).trim_end_matches('\0').to_owned();
    let mut stream = TcpStream::connect(running.doors.gelf.tcp.unwrap()).await.unwrap();
    for n in 0..100 {
        stream.write_all(format!("{}\0", message(n)).as_bytes()).await.unwrap();
    }
    stream.shutdown().await.unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let udp = running.doors.gelf.udp.unwrap();
    for n in 100..150 {
        socket.send_to(message(n).as_bytes(), udp).await.unwrap();
    }
    for n in 150..200_usize {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(message(n).as_bytes()).unwrap();
        let bytes = zlib.finish().unwrap();
        let parts: Vec<&[u8]> = bytes.chunks(40).collect();
        for (number, part) in parts.iter().enumerate().rev() {
            let head = [&[0x1e, 0x0f][..], &n.to_be_bytes(), &[number as u8, parts.len() as u8]].concat();
            socket.send_to(&[&head[..], part].concat(), udp).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    socket.send_to(b"\x1e\x0fshort", udp).await.unwrap();
    assert_eq!(product::found(&running, 200).await, 200);
    assert_eq!(running.ingest.refusals().count("gelf", Refusal::Malformed), 1);
    assert_eq!(running.view.dead_letters(&running.tenant, 10).await.total, 0);
    running.stop().await;
}
