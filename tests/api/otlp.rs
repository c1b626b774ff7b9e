//! OpenTelemetry's logs, over HTTP in both encodings and over gRPC, as its Collector sends them.

use super::{
    client,
    ingest::{gzip, lines, on_bus},
    read,
};
use prost::Message;
use serde_json::{Value, json};
use tonic::{
    Code, Request,
    codec::CompressionEncoding,
    transport::{Channel, Endpoint},
};
use watchfloor_protocol::otlp::{
    AnyValue, ExportLogsServiceRequest, ExportLogsServiceResponse, KeyValue, LogRecord, Resource, ResourceLogs,
    ScopeLogs, any_value, logs_service_client::LogsServiceClient,
};
use watchfloor_tests::app::{self, DEAD_TOPIC, RAW_TOPIC, TestApp};

fn text(text: &str) -> AnyValue {
    AnyValue {
        value: Some(any_value::Value::StringValue(text.to_owned())),
    }
}

/// Lines of two hosts that take turns.
fn request(bodies: &[&str]) -> ExportLogsServiceRequest {
    let logs = |(number, body): (usize, &&str)| ResourceLogs {
        resource: Some(Resource {
            attributes: vec![KeyValue {
                key: "host.name".to_owned(),
                value: Some(text(&format!("web-{}", number % 2))),
            }],
        }),
        scope_logs: vec![ScopeLogs {
            scope: None,
            log_records: vec![LogRecord {
                time_unix_nano: 1_700_000_000_000_000_000,
                body: Some(text(body)),
                ..LogRecord::default()
            }],
        }],
    };
    ExportLogsServiceRequest {
        resource_logs: bodies.iter().enumerate().map(logs).collect(),
    }
}

pub async fn channel(app: &TestApp) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{}", app.grpc)).unwrap();
    endpoint.connect().await.unwrap()
}

#[tokio::test]
async fn a_collectors_protobuf_is_taken_and_sent_again_it_is_the_same() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let body = request(&["one", "two", "one", "one"]).encode_to_vec();
    for _ in 0..2 {
        let response = client()
            .post(app.url("/v1/logs"))
            .header("authorization", format!("ApiKey {}", tenant.key))
            .header("content-type", "application/x-protobuf")
            .header("content-encoding", "gzip")
            .body(gzip(&body));
        let response = response.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/x-protobuf");
        let answer = ExportLogsServiceResponse::decode(response.bytes().await.unwrap()).unwrap();
        assert_eq!(answer.partial_success, None);
    }
    let found = on_bus(app, RAW_TOPIC, &tenant).await;
    assert_eq!(found.len(), 8);
    let (mut first, mut again) = (lines(&found[..4]), lines(&found[4..]));
    first.sort();
    again.sort();
    assert_eq!(first, again, "bytes and places decide the ids");
    first.dedup();
    assert_eq!(first.len(), 4, "equal records are several: {first:?}");
    let hosts = ["web-0", "web-1"];
    for message in &found {
        let sensor = message.record.header("sensor").unwrap();
        let record: Value = serde_json::from_slice(&message.record.payload).unwrap();
        assert!(
            hosts
                .iter()
                .any(|host| host.as_bytes() == sensor && record["host"]["name"] == *host)
        );
        assert_eq!(message.record.header("door").unwrap(), &b"otlp"[..]);
    }
}

#[tokio::test]
async fn json_is_taken_and_what_was_too_long_is_said() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let post = |body: &Value| client().post(app.url("/v1/logs")).bearer_auth(&tenant.key).json(body);
    let record = |text: &str| json!({ "timeUnixNano": "1700000000000000000", "body": { "stringValue": text } });
    let body = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [record("hello"), record(&"x".repeat(2 << 20))] }] }] });
    let (status, told) = read(post(&body).send().await.unwrap()).await;
    assert_eq!(
        (status, &told["partialSuccess"]["rejectedLogRecords"]),
        (200, &json!("1"))
    );
    assert_eq!(on_bus(app, RAW_TOPIC, &tenant).await.len(), 1);
    assert_eq!(on_bus(app, DEAD_TOPIC, &tenant).await.len(), 1);
    let (status, told) = read(post(&json!({ "resourceLogs": [] })).send().await.unwrap()).await;
    assert_eq!((status, told), (200, json!({})));
}

#[tokio::test]
async fn what_is_no_otlp_is_refused_and_takes_nothing() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let post = |key: &str, kind: &'static str, body: &'static [u8]| {
        let request = client().post(app.url("/v1/logs")).bearer_auth(key);
        request.header("content-type", kind).body(body).send()
    };
    let key = tenant.key.as_str();
    let cases: [(&str, &'static str, &'static [u8], u16); 5] = [
        (key, "application/x-protobuf", b"\xff\xff\xff", 400),
        (key, "application/json", b"{\"resourceLogs\":7}", 400),
        (key, "application/json", b"{\"resourceLogs\":[", 400),
        (key, "text/plain", b"", 415),
        ("wf_00_nope", "application/json", b"{}", 401),
    ];
    for (key, kind, body, expected) in cases {
        let status = post(key, kind, body).await.unwrap().status();
        assert_eq!(status, expected, "{kind} {}", String::from_utf8_lossy(body));
    }
    assert!(on_bus(app, RAW_TOPIC, &tenant).await.is_empty());
}

#[tokio::test]
async fn the_collectors_grpc_exporter_is_served_with_a_key_and_not_without() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let mut logs = LogsServiceClient::new(channel(app).await).send_compressed(CompressionEncoding::Gzip);
    let with = |key: Option<&str>| {
        let mut request = Request::new(request(&["one", "two"]));
        if let Some(key) = key {
            request
                .metadata_mut()
                .insert("authorization", format!("ApiKey {key}").parse().unwrap());
        }
        request
    };
    let answer = logs.export(with(Some(&tenant.key))).await.unwrap().into_inner();
    assert_eq!(answer.partial_success, None);
    assert_eq!(on_bus(app, RAW_TOPIC, &tenant).await.len(), 2);
    for key in [None, Some("wf_00_nope")] {
        let refused = logs.export(with(key)).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{refused}");
    }
    let mut long = Request::new(request(&["x".repeat(17 << 20).as_str()]));
    long.metadata_mut()
        .insert("authorization", format!("Bearer {}", tenant.key).parse().unwrap());
    let refused = logs.export(long).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
}
