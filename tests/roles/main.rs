//! The product spread over processes by their roles, on a real Kafka, OpenSearch and PostgreSQL: it says what it says in one
//! process, also when processes are killed.

mod cluster;
mod recording;
mod replicas;

use watchfloor::{ingest::RawLine, startup::Running};
use watchfloor_tests::product;

/// Events and alerts.
type Said = (Vec<String>, Vec<String>);

async fn said(running: &Running) -> Said {
    assert_eq!(running.view.snapshot().await.unaccounted, 0);
    (product::event_ids(running).await, product::alerts(running).await)
}

fn body(lines: &[RawLine]) -> Vec<u8> {
    let mut body = Vec::new();
    for line in lines {
        body.extend_from_slice(&line.bytes);
        body.push(b'\n');
    }
    body
}

/// Whether the door at this port says yes.
async fn post(http: &reqwest::Client, port: u16, key: &str, lines: &[RawLine]) -> bool {
    let position = lines.first().map_or(0, |line| line.position);
    let answer = http
        .post(format!("http://127.0.0.1:{port}/ingest/v1/sysmon"))
        .bearer_auth(key)
        .header("content-type", "application/x-ndjson")
        .header("watchfloor-position", position.to_string())
        .body(body(lines))
        .send()
        .await;
    answer.is_ok_and(|answer| answer.status().is_success())
}
