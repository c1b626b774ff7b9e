use super::*;
use serde_json::json;

/// The records of one resource's log records, with their origins.
fn of(resource: Value, records: Value) -> Vec<(Value, Option<String>, Option<String>)> {
    let request = json!({ "resourceLogs": [{ "resource": { "attributes": resource },
        "scopeLogs": [{ "scope": { "name": "lib" }, "logRecords": records }] }] });
    let request: ExportLogsServiceRequest = serde_json::from_value(request).unwrap();
    let text = |bytes: Option<Bytes>| bytes.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
    let shown = |log: RawLog| {
        let record = serde_json::from_slice(&log.bytes);
        let record = record.unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&log.bytes).into_owned()));
        (record, text(log.origin.source), text(log.origin.sensor))
    };
    super::records(request, UNNAMED).map(shown).collect()
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

#[test]
fn an_applications_record_becomes_an_ecs_document() {
    let resource = json!([
        attribute("service.name", "shop"),
        attribute("host.name", "web-1"),
        attribute("k8s.pod.name", "shop-7"),
        attribute("team", "blue")
    ]);
    let records = json!([{ "timeUnixNano": "1700000000000000001", "observedTimeUnixNano": "1700000009000000000", "severityNumber": 17,
        "body": { "stringValue": "payment failed" }, "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "0000000000000000",
        "eventName": "payment", "attributes": [attribute("exception.type", "Timeout"), attribute("source.ip", "192.0.2.1"), attribute("cart", "c-9"), attribute("message", "mine")] }]);
    let expected = json!({
        "@timestamp": "2023-11-14T22:13:20.000000001Z", "message": "payment failed",
        "service": {"name": "shop"}, "host": {"name": "web-1"}, "kubernetes": {"pod": {"name": "shop-7"}},
        "log": {"level": "error"}, "event": {"severity": 17, "action": "payment"},
        "trace": {"id": "5b8efff798038103d269b633813fc60c"}, "otel": {"scope": {"name": "lib"}, "attributes": {"message": "mine"}},
        "error": {"type": "Timeout"}, "source": {"ip": "192.0.2.1"}, "cart": "c-9", "resource": {"attributes": {"team": "blue"}},
    });
    assert_eq!(of(resource, records), [(expected, None, Some("web-1".to_owned()))]);
}

#[test]
fn a_known_record_is_handed_on_with_what_its_sender_says_of_it() {
    let eve = r#"{"timestamp":"2024-01-01T00:00:00.000000+0000","event_type":"dns","src_ip":"192.0.2.1","flow_id":7}"#;
    let attributes = json!([
        attribute("log.file.path", "/var/log/eve.json"),
        attribute("event_type", "dns"),
        attribute("rack", "r1")
    ]);
    let records = json!([{ "observedTimeUnixNano": "1700000009000000000", "body": { "stringValue": eve }, "attributes": attributes }]);
    let expected = json!({ "host": {"name": "ids-1"}, "log": {"file": {"path": "/var/log/eve.json"}}, "labels": {"rack": "r1", "service_name": "s"}, "message": eve });
    let resource = json!([attribute("host.name", "ids-1"), attribute("service.name", "s")]);
    assert_eq!(of(resource, records), [(expected, None, Some("ids-1".to_owned()))]);
}

#[test]
fn a_parsed_body_is_the_record_that_it_was() {
    let pair = |key: &str, value: Value| json!({ "key": key, "value": value });
    let body = json!({ "kvlistValue": { "values": [
        pair("ts", json!({"doubleValue": 1_700_000_000.5})), pair("uid", json!({"stringValue": "C1"})),
        pair("id.orig_h", json!({"stringValue": "192.0.2.1"})) ] } });
    let found = of(json!([]), json!([{ "body": body }]));
    let message: Value = serde_json::from_str(found[0].0["message"].as_str().unwrap()).unwrap();
    assert_eq!(
        message,
        json!({"ts": 1_700_000_000.5, "uid": "C1", "id.orig_h": "192.0.2.1"})
    );
    assert_eq!(found[0].2.as_deref(), Some(UNNAMED));
    let own = json!({ "kvlistValue": { "values": [pair("user_id", json!({"intValue": "7"}))] } });
    let found = of(json!([attribute("service.name", "shop")]), json!([{ "body": own }]));
    assert_eq!(
        (&found[0].0["user_id"], found[0].2.as_deref()),
        (&json!(7), Some("shop"))
    );
}

#[test]
fn a_line_of_syslog_stays_one_with_what_its_sender_says_of_it() {
    let line = "<34>1 2024-01-01T00:00:00Z web-1 sshd 7 - - Accepted publickey for root";
    let syslog = Some("syslog".to_owned());
    let bare = of(json!([]), json!([{ "body": { "stringValue": line } }]));
    assert_eq!(bare, [(json!(line), syslog.clone(), Some(UNNAMED.to_owned()))]);
    let attributes = json!([
        attribute("appname", "sshd"),
        attribute("log.file.path", "/var/log/auth.log")
    ]);
    let records = json!([{ "body": { "stringValue": line }, "attributes": attributes }]);
    let found = of(json!([attribute("host.name", "relay-1")]), records);
    let expected = json!({ "host": {"name": "relay-1"}, "log": {"file": {"path": "/var/log/auth.log"}}, "labels": {"appname": "sshd"}, "message": line });
    assert_eq!(found, [(expected, syslog, Some("relay-1".to_owned()))]);
}

#[test]
fn a_line_of_json_is_its_fields_once() {
    let line = r#"{"host.name":"ws-1","user":{"name":"amy"},"message":"hello","message_id":7}"#;
    let attributes = json!([
        attribute("host.name", "ws-1"),
        attribute("message", "hello"),
        attribute("log.file.name", "a.log")
    ]);
    let records = json!([{ "observedTimeUnixNano": "1700000000000000000", "body": { "stringValue": line }, "attributes": attributes }]);
    let expected = json!({ "@timestamp": "2023-11-14T22:13:20Z", "host": {"name": "ws-1"}, "host.name": "ws-1", "user": {"name": "amy"},
        "message": "hello", "message_id": 7, "log": {"file": {"name": "a.log"}}, "otel": {"scope": {"name": "lib"}} });
    assert_eq!(of(json!([]), records)[0].0, expected);
    let cut = json!([{ "body": { "stringValue": "{\"a\":" } }]);
    assert_eq!(of(json!([]), cut)[0].0["message"], "{\"a\":");
}

#[test]
fn the_levels_are_four_steps_each() {
    let levels = [
        (0, None),
        (1, Some("trace")),
        (9, Some("info")),
        (12, Some("info")),
        (24, Some("fatal")),
        (25, None),
        (i32::MIN, None),
    ];
    for (number, expected) in levels {
        assert_eq!(level(number), expected, "{number}");
    }
}

#[test]
fn mutated_requests_are_records_or_refused() {
    use prost::Message;
    let body = AnyValue {
        value: Some(any_value::Value::StringValue("{\"ts\":1.5,\"uid\":\"C1\"}".repeat(3))),
    };
    let pair = KeyValue {
        key: "host.name".to_owned(),
        value: Some(body.clone()),
    };
    let record = LogRecord {
        time_unix_nano: 7,
        body: Some(body),
        attributes: vec![pair],
        ..LogRecord::default()
    };
    let mut request = ExportLogsServiceRequest::default();
    request
        .resource_logs
        .push(watchfloor_protocol::otlp::ResourceLogs::default());
    request.resource_logs[0]
        .scope_logs
        .push(watchfloor_protocol::otlp::ScopeLogs {
            log_records: vec![record; 5],
            ..Default::default()
        });
    let mut readable = 0;
    for bytes in crate::mutation::mutations(&request.encode_to_vec(), 1_000) {
        if let Ok(request) = ExportLogsServiceRequest::decode(&bytes[..]) {
            let count: usize = request
                .resource_logs
                .iter()
                .flat_map(|logs| &logs.scope_logs)
                .map(|scope| scope.log_records.len())
                .sum();
            assert_eq!(super::records(request, UNNAMED).count(), count);
            readable += 1;
        }
    }
    assert!((50..1_000).contains(&readable), "{readable} of 1000 could be read");
}
