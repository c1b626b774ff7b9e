//! Splunk's HTTP event collector.

use crate::{client, ingest::on_bus, read};
use serde_json::{Value, json};
use watchfloor_tests::app::{self, RAW_TOPIC};

#[tokio::test]
async fn the_event_collector_takes_events_and_lines() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let post = |path: &str, body: String| {
        let request = client()
            .post(app.url(path))
            .header("authorization", format!("Splunk {}", tenant.key));
        request.body(body)
    };
    let events =
        "{\"time\":1700000000.5,\"host\":\"ws-1\",\"event\":\"hello\"}{\"event\":{\"a\":1}}\n{\"event\":\"again\"}";
    let (status, told) = read(
        post("/services/collector/event", events.to_owned())
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!((status, told), (200, json!({"text": "Success", "code": 0})));
    let (status, told) = read(
        post(
            "/services/collector/raw?host=ws-2&sourcetype=syslog",
            "one\ntwo\n".to_owned(),
        )
        .send()
        .await
        .unwrap(),
    )
    .await;
    assert_eq!((status, &told["code"]), (200, &json!(0)));
    let found = on_bus(app, RAW_TOPIC, &tenant).await;
    assert_eq!(found.len(), 5);
    let first: Value = serde_json::from_slice(&found[0].record.payload).unwrap();
    assert_eq!(
        first,
        json!({"message": "hello", "@timestamp": "2023-11-14T22:13:20.5Z", "host": {"name": "ws-1"}})
    );
    assert_eq!(found[3].record.header("source").unwrap(), &b"syslog"[..]);
    assert_eq!(found[4].record.header("sensor").unwrap(), &b"ws-2"[..]);

    let broken = "{\"event\":\"fine\"}{\"host\":\"x\"}";
    let (status, told) = read(post("/services/collector", broken.to_owned()).send().await.unwrap()).await;
    assert_eq!(
        (status, &told["code"], &told["invalid-event-number"]),
        (400, &json!(12), &json!(1))
    );
    let (status, told) = read(post("/services/collector", String::new()).send().await.unwrap()).await;
    assert_eq!((status, &told["code"]), (400, &json!(5)));
    assert_eq!(
        on_bus(app, RAW_TOPIC, &tenant).await.len(),
        5,
        "a request that is refused takes nothing"
    );
}
