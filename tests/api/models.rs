//! What the models' page is told: how many windows of this tenant were judged, how high and by which version.

use super::{client, read};
use serde_json::{Value, json};
use watchfloor::search::EncodedEvent;
use watchfloor_engine::{
    graph::{Platform, build},
    inference::Inference,
    window::{StreamKey, Window},
};
use watchfloor_shared::{EndpointId, TenantId, Timestamp, identity::Role};
use watchfloor_tests::app::{self, Tenant, TestApp};

fn scores(tenant: &TenantId, count: i64, score: f32, end: Timestamp) -> Vec<EncodedEvent> {
    let event = |at: i64| {
        let end = Timestamp::from_millis(end.millis() - at * 30_000);
        let start = Timestamp::from_millis(end.millis() - 180_000);
        let window = Window {
            stream: StreamKey {
                tenant: tenant.clone(),
                endpoint: EndpointId::new(format!("ws-{score}")),
                platform: Platform::Windows,
            },
            start,
            end,
            received: end,
            is_simulated: false,
            events: vec![1],
            graph: build(start.millis(), end.millis(), Vec::new(), Vec::new()),
        };
        let inference = Inference {
            window: &window,
            attack_prob: score,
            threshold: 0.7,
            model: ("windows", "2"),
        };
        EncodedEvent::from(&inference.event())
    };
    (0..count).map(event).collect()
}

async fn models(app: &'static TestApp, tenant: &Tenant) -> Vec<Value> {
    let cookie = app.cookie(tenant, Role::Analyst).await;
    let request = client().get(app.url("/api/v1/models")).header("cookie", cookie);
    let (status, answer) = read(request.send().await.unwrap()).await;
    assert_eq!(status, 200, "{answer}");
    serde_json::from_value(answer).unwrap()
}

#[tokio::test]
async fn scores_are_counted_by_height_and_version_and_stay_with_their_tenant() {
    let Some(app) = app::shared() else { return };
    let (tenant, other) = (app.tenant().await, app.tenant().await);
    let now = watchfloor::clock::Clock::system().now();
    for (count, score, age_days) in [(210, 0.03, 0), (2, 0.97, 0), (220, 0.03, 3)] {
        let end = Timestamp::from_millis(now.millis() - 60_000 - age_days * 86_400_000);
        let added = app
            .search
            .add(&tenant.id, scores(&tenant.id, count, score, end))
            .await
            .unwrap();
        assert_eq!(i64::try_from(added.indexed).unwrap(), count);
    }
    app.search.commit().await.unwrap();
    let found = models(app, &tenant).await;
    let windows = found.iter().find(|model| model["platform"] == "windows").unwrap();
    assert_eq!(
        (&windows["scores"][0], &windows["scores"][19]),
        (&json!(210), &json!(2))
    );
    assert_eq!(windows["scores_before"][0], 220);
    assert!(
        windows["drift"]
            .as_f64()
            .is_some_and(|index| index > 0.0 && index < 0.25),
        "{windows}"
    );
    assert_eq!(
        (&windows["versions"][0]["version"], &windows["versions"][0]["windows"]),
        (&json!("2"), &json!(432))
    );
    let linux = found.iter().find(|model| model["platform"] == "linux").unwrap();
    assert_eq!(linux["versions"], json!([]));
    for model in models(app, &other).await {
        assert_eq!((&model["versions"], &model["drift"]), (&json!([]), &Value::Null));
    }
}
