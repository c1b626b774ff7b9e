//! One recording with OpenSearch and without.

use super::{on_opensearch, start};
use serde_json::{Value, json};
use watchfloor::{replay::Plan, search::SearchSpec, startup::Running};
use watchfloor_shared::search::{Aggregation, Order};
use watchfloor_tests::{
    fixtures::recording,
    opensearch::{ADDRESS, OpenSearch, password},
    product,
};

const RECORDING: &str = "data/train/windows/otrf/lateral_movement/empire_psexec_dcerpc_tcp_svcctl.jsonl.zst";
const QUERIES: [&str; 6] = [
    "",
    "process.name:powershell.exe",
    "process.command_line:*-enc*",
    "destination.ip:0.0.0.0/0 and destination.port > 100",
    "mimikatz or \"process create\"",
    "winlog.event_data.LogonType:3",
];

/// Events without when they came in, alerts, and what queries count.
async fn said(running: &Running) -> Value {
    assert_eq!(running.view.snapshot().await.unaccounted, 0);
    let mut events = product::hits(running).await;
    for hit in &mut events {
        if let Some(event) = hit.source["event"].as_object_mut() {
            event.remove("ingested");
        }
    }
    let mut answers = Vec::new();
    for text in QUERIES {
        let terms = |field: &str| Aggregation::Terms {
            field: field.to_owned(),
            size: 10,
        };
        let spec = SearchSpec {
            query: watchfloor_engine::query::parse(text, None).unwrap(),
            from: None,
            to: None,
            limit: 0,
            order: Order::NewestFirst,
            search_after: None,
            aggregations: vec![
                terms("process.name"),
                terms("winlog.event_data.LogonType"),
                Aggregation::DateHistogram { interval_ms: 60_000 },
            ],
        };
        let answer = running.search.search(&running.tenant, spec).await.unwrap();
        answers.push(json!([text, answer.total, answer.searched, answer.aggregations]));
    }
    json!({"events": events, "alerts": product::alerts(running).await, "answers": answers})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_gives_the_same_events_alerts_and_counts_also_when_it_is_sent_again() {
    let (Some(_), Some(recording)) = (password(), recording(RECORDING)) else {
        return;
    };
    let plan = Plan::default();
    let dir = product::folder();
    let embedded = start(product::config(dir.path())).await;
    product::take_in(&embedded, &recording, &plan).await;
    let expected = said(&embedded).await;
    embedded.stop().await;
    assert!(expected["events"].as_array().unwrap().len() > 1_000);

    let (dir, opensearch) = (product::folder(), OpenSearch::apart());
    for _ in 0..2 {
        let running = start(on_opensearch(dir.path(), &opensearch, ADDRESS)).await;
        product::take_in(&running, &recording, &plan).await;
        let said = said(&running).await;
        running.stop().await;
        for part in ["answers", "alerts", "events"] {
            assert_eq!(said[part], expected[part], "{part}");
        }
    }
}
