//! The sensor protocol: over gRPC, and its twin over HTTP.

use super::{
    client,
    ingest::{lines, on_bus},
    otlp::channel,
    read,
};
use bytes::Bytes;
use serde_json::json;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, Streaming};
use watchfloor_protocol::v1::{Ack, Dropped, Heartbeat, SensorBatch, sensor_service_client::SensorServiceClient};
use watchfloor_shared::{identity::Role, sensor::SensorStatus};
use watchfloor_tests::app::{self, DEAD_TOPIC, RAW_TOPIC, Tenant, TestApp};

/// A sensor's side of a call.
struct Sensor {
    batches: mpsc::Sender<SensorBatch>,
    acks: Streaming<Ack>,
}

impl Sensor {
    async fn call(app: &TestApp, key: &str) -> Result<Self, Status> {
        let (batches, receiver) = mpsc::channel(4);
        let mut request = Request::new(ReceiverStream::new(receiver));
        request
            .metadata_mut()
            .insert("authorization", format!("Bearer {key}").parse().unwrap());
        let acks = SensorServiceClient::new(channel(app).await)
            .send(request)
            .await?
            .into_inner();
        Ok(Self { batches, acks })
    }

    async fn send(&mut self, batch: SensorBatch) -> Result<Option<Ack>, Status> {
        self.batches.send(batch).await.unwrap();
        timeout(Duration::from_secs(30), self.acks.message()).await.unwrap()
    }
}

fn batch(tenant: &Tenant, first_sequence: u64, records: &[&str]) -> SensorBatch {
    SensorBatch {
        sensor: format!("s-{}", tenant.marker),
        stream: "boot-1".to_owned(),
        source: "zeek.conn".to_owned(),
        first_sequence,
        records: records.iter().map(|record| Bytes::from(record.to_string())).collect(),
        ..SensorBatch::default()
    }
}

async fn sensors(app: &'static TestApp, tenant: &Tenant) -> Vec<SensorStatus> {
    let cookie = app.cookie(tenant, Role::Viewer).await;
    let request = client().get(app.url("/api/v1/sensors")).header("cookie", cookie);
    serde_json::from_value(read(request.send().await.unwrap()).await.1).unwrap()
}

#[tokio::test]
async fn batches_are_acknowledged_in_order_and_sent_again_they_are_the_same() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let mut sensor = Sensor::call(app, &tenant.key).await.unwrap();
    let first = sensor
        .send(batch(&tenant, 10, &["{\"a\":1}", "{\"a\":1}"]))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (first.next_sequence, first.refused, first.stream.as_str()),
        (12, 0, "boot-1")
    );
    // Acknowledged is on the disk.
    assert_eq!(on_bus(app, RAW_TOPIC, &tenant).await.len(), 2);
    // Three numbers are skipped, and a heartbeat comes with it.
    let mut beat = batch(&tenant, 15, &["{\"b\":1}"]);
    beat.heartbeat = Some(Heartbeat {
        version: "0.1.0".to_owned(),
        method: "ebpf".to_owned(),
        spool_bytes: 4_096,
        dropped: vec![Dropped {
            reason: "spool_full".to_owned(),
            count: 3,
        }],
        ..Heartbeat::default()
    });
    assert_eq!(sensor.send(beat).await.unwrap().unwrap().next_sequence, 16);
    // The connection broke before the sensor had its answer: it calls again and sends again.
    drop(sensor);
    let mut sensor = Sensor::call(app, &tenant.key).await.unwrap();
    let again = sensor.send(batch(&tenant, 15, &["{\"b\":1}"])).await.unwrap().unwrap();
    assert_eq!(again.next_sequence, 16);
    let found = on_bus(app, RAW_TOPIC, &tenant).await;
    let places = lines(&found);
    assert_eq!(places[2], places[3], "bytes and place decide the id");
    assert_ne!(places[0], places[1], "equal records are two");
    assert_eq!(found[0].record.header("source").unwrap(), &b"zeek.conn"[..]);
    assert_eq!(
        found[0].record.header("sensor").unwrap(),
        format!("s-{}", tenant.marker).as_bytes()
    );
    let known = sensors(app, &tenant).await;
    let [status] = &known[..] else { panic!("{known:?}") };
    assert_eq!(
        (status.missing, status.records, status.spool_bytes),
        (3, 4, Some(4_096))
    );
    assert_eq!(
        (status.method.as_deref(), status.dropped[0].reason.as_str()),
        (Some("ebpf"), "spool_full")
    );
    let other = app.tenant().await;
    assert_eq!(sensors(app, &other).await, []);
}

#[tokio::test]
async fn a_record_that_is_too_long_is_kept_cut_and_the_rest_goes_on() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let mut sensor = Sensor::call(app, &tenant.key).await.unwrap();
    let long = "x".repeat((1 << 20) + 1);
    let ack = sensor
        .send(batch(&tenant, 0, &["{}", &long, "{}"]))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((ack.next_sequence, ack.refused), (3, 1));
    assert_eq!(on_bus(app, RAW_TOPIC, &tenant).await.len(), 2);
    assert_eq!(on_bus(app, DEAD_TOPIC, &tenant).await.len(), 1);
}

#[tokio::test]
async fn a_caller_without_a_key_and_a_batch_that_is_none_are_refused_in_grpcs_words() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    for key in ["wf_00_nope", ""] {
        let refused = Sensor::call(app, key).await.err().unwrap();
        assert_eq!(refused.code(), Code::Unauthenticated, "{refused}");
    }
    type Change = fn(&mut SensorBatch);
    let refused: [(Change, Code); 4] = [
        (|batch| batch.sensor.clear(), Code::InvalidArgument),
        (|batch| batch.records = vec![Bytes::new(); 1_001], Code::InvalidArgument),
        (|batch| batch.first_sequence = u64::MAX, Code::InvalidArgument),
        (
            |batch| batch.records = vec![Bytes::from(vec![b'x'; 5 << 20])],
            Code::OutOfRange,
        ),
    ];
    for (change, code) in refused {
        let mut sensor = Sensor::call(app, &tenant.key).await.unwrap();
        let mut batch = batch(&tenant, 0, &["{}"]);
        change(&mut batch);
        let status = sensor.send(batch).await.unwrap_err();
        assert_eq!(status.code(), code, "{status}");
    }
    assert!(on_bus(app, RAW_TOPIC, &tenant).await.is_empty());
}

#[tokio::test]
async fn garbage_on_the_port_ends_its_own_connection_alone() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let mut sensor = Sensor::call(app, &tenant.key).await.unwrap();
    for garbage in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0; 4_096],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let mut stream = TcpStream::connect(app.grpc).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        let ended = timeout(Duration::from_secs(20), async {
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
        });
        ended.await.expect("the server ends it");
    }
    assert!(sensor.send(batch(&tenant, 0, &["{}"])).await.unwrap().is_some());
}

#[tokio::test]
async fn the_twin_over_http_takes_batches_and_lines() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let post = || client().post(app.url("/ingest/v1/sensor")).bearer_auth(&tenant.key);
    let body = json!({ "sensor": "web-1", "stream": "a", "source": "auditd", "first_sequence": 7,
        "records": [{"x": 1}, "type=EOE msg=audit(1.0:2):"], "heartbeat": {"version": "9"}, "dropped": [{"reason": "r", "count": 2}] });
    let (status, told) = read(post().json(&body).send().await.unwrap()).await;
    assert_eq!(
        (status, told),
        (200, json!({"accepted": 2, "refused": 0, "next_sequence": 9}))
    );
    let lines_of = |sensor: &str| {
        let request = post()
            .header("watchfloor-sensor", sensor.to_owned())
            .header("watchfloor-stream", "a");
        request
            .header("watchfloor-position", "9")
            .header("content-type", "application/x-ndjson")
    };
    let (status, told) = read(lines_of("web-1").body("{\"y\":1}\n{\"y\":2}\n").send().await.unwrap()).await;
    assert_eq!(
        (status, told),
        (200, json!({"accepted": 2, "refused": 0, "next_sequence": 11}))
    );
    let found = lines(&on_bus(app, RAW_TOPIC, &tenant).await);
    let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(
        texts,
        ["{\"x\":1}", "type=EOE msg=audit(1.0:2):", "{\"y\":1}", "{\"y\":2}"]
    );
    let places: Vec<u64> = found.iter().map(|(_, place)| place.parse().unwrap()).collect();
    assert!(
        places.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "one numbering: {places:?}"
    );
    let known = sensors(app, &tenant).await;
    assert_eq!((known[0].missing, known[0].version.as_deref()), (0, Some("9")));
    for (request, expected) in [
        (post().json(&json!({"sensor": "", "records": []})), 400),
        (post().json(&json!({"sensor": "s", "reccords": []})), 400),
        (lines_of("").body("{}"), 400),
        (post().header("content-type", "image/png").body("x"), 415),
    ] {
        assert_eq!(request.send().await.unwrap().status(), expected);
    }
}
