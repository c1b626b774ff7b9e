//! Syslog as senders speak it: everything sent is found, in both framings and over both transports.

use std::time::Duration;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpStream, UdpSocket},
};
use watchfloor::{
    clock::Clock,
    startup::{self, Doors, Running},
};
use watchfloor_tests::product;

const MESSAGES: usize = 3_000;

async fn running(dir: &std::path::Path) -> Running {
    let mut config = product::config(dir);
    config.syslog.tcp = Some(([127, 0, 0, 1], 0).into());
    config.syslog.udp = Some(([127, 0, 0, 1], 0).into());
    startup::start(config, Clock::system(), Doors::Open).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_over_tcp_is_found_in_both_framings() {
    let dir = product::folder();
    let running = running(dir.path()).await;
    let address = running.doors.syslog.tcp.unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    for n in 0..MESSAGES {
        let message = format!(
            "<38>1 2026-01-01T00:00:00.{:03}Z host-{} sshd {n} - - Failed password for root",
            n % 1_000,
            n % 3
        );
        let frame = match n % 2 {
            0 => format!("{} {message}", message.len()),
            _ => format!("{message}\n"),
        };
        stream.write_all(frame.as_bytes()).await.unwrap();
    }
    // Equal messages are several events: the protocol says nothing that would tell a repetition.
    stream
        .write_all("<38>Jan  1 00:00:00 host-1 cron[7]: tick\n".repeat(2).as_bytes())
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(product::found(&running, MESSAGES + 2).await, MESSAGES + 2);
    assert_eq!(running.view.dead_letters(&running.tenant, 10).await.total, 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn datagrams_arrive_and_a_sender_that_stops_half_way_costs_nobody_anything() {
    let dir = product::folder();
    let running = running(dir.path()).await;
    let mut half = TcpStream::connect(running.doors.syslog.tcp.unwrap()).await.unwrap();
    half.write_all(b"900 <38>1 2026-01-01T00:00:00Z host-9 app - - - half")
        .await
        .unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for n in 0..500 {
        let message = format!("<13>1 2026-01-01T00:00:00Z host-1 app {n} - - datagram {n}");
        socket
            .send_to(message.as_bytes(), running.doors.syslog.udp.unwrap())
            .await
            .unwrap();
        if n % 50 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    assert_eq!(product::found(&running, 500).await, 500);
    drop(half);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_never_came_are_said_where_they_are_numbered() {
    let dir = product::folder();
    let running = running(dir.path()).await;
    let send = async |numbers: &[u32]| {
        let mut stream = TcpStream::connect(running.doors.syslog.tcp.unwrap()).await.unwrap();
        for number in numbers {
            let message =
                format!("<13>1 2026-01-01T00:00:00Z web-1 app - - [meta sequenceId=\"{number}\"] message {number}\n");
            stream.write_all(message.as_bytes()).await.unwrap();
        }
        stream.shutdown().await.unwrap();
    };
    send(&[1, 2, 3, 6]).await;
    assert_eq!(product::found(&running, 4).await, 4);
    // A new connection goes on with the numbers.
    send(&[7, 9]).await;
    assert_eq!(product::found(&running, 6).await, 6);
    let missing = |sender: &str| running.ingest.sequences().missing(&running.tenant, sender);
    assert_eq!((missing("127.0.0.1"), missing("192.0.2.1")), (Some(3), None));
    running.stop().await;
}
