//! Our own sensors' protocol, as any sensor may speak it: what was acknowledged is found once when the server is killed meanwhile.

use super::server::Server;
use std::time::Duration;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, transport::Endpoint};
use watchfloor_protocol::v1::{SensorBatch, sensor_service_client::SensorServiceClient};

const RECORDS: u64 = 5_000;
const BATCH_RECORDS: u64 = 50;
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);

fn batch(first: u64) -> SensorBatch {
    let record = |n: u64| format!("{{\"@timestamp\":\"2026-01-01T00:00:00Z\",\"message\":\"record {n}\"}}").into();
    SensorBatch {
        sensor: "probe-1".to_owned(),
        stream: "boot-1".to_owned(),
        first_sequence: first,
        records: (first..first + BATCH_RECORDS).map(record).collect(),
        ..SensorBatch::default()
    }
}

/// Sends from the first that is not acknowledged, until the server is gone or all of it is there.
async fn call(port: u16, key: &str, acknowledged: &mut u64) -> Result<(), Box<dyn std::error::Error>> {
    let channel = Endpoint::from_shared(format!("http://127.0.0.1:{port}"))?
        .connect()
        .await?;
    let (batches, receiver) = mpsc::channel(1);
    let mut request = Request::new(ReceiverStream::new(receiver));
    request
        .metadata_mut()
        .insert("authorization", format!("Bearer {key}").parse()?);
    let mut acks = SensorServiceClient::new(channel).send(request).await?.into_inner();
    while *acknowledged < RECORDS {
        batches.send(batch(*acknowledged)).await?;
        let ack = timeout(ANSWER_WAIT_MAX, acks.message())
            .await??
            .ok_or("the call ended")?;
        assert_eq!(ack.next_sequence, *acknowledged + BATCH_RECORDS);
        *acknowledged = ack.next_sequence;
        // As many a second as a busy host has.
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_batches_are_found_once_when_the_server_is_killed_meanwhile() {
    let mut server = Server::start();
    let (port, key) = (server.ports.grpc, server.key());
    let sender = tokio::spawn(async move {
        let (mut acknowledged, mut calls) = (0, 0);
        while acknowledged < RECORDS {
            calls += 1;
            if call(port, &key, &mut acknowledged).await.is_err() {
                sleep(Duration::from_millis(100)).await;
            }
        }
        calls
    });
    for _ in 0..2 {
        server.wait_taken(RECORDS / 5).await;
        server.restart();
    }
    assert!(sender.await.unwrap() > 1, "the server was never missed");
    server.has_all(usize::try_from(RECORDS).unwrap()).await;
}
