//! What a key is for, and when it ends.

use super::{client, read};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use watchfloor::{
    clock::Clock,
    store::identity::api_keys::{self, Label},
};
use watchfloor_shared::identity::{Permission, Role};
use watchfloor_tests::app::{self, TestApp};

async fn issue(app: &TestApp, cookie: &str, key: Value) -> (u16, Value) {
    let sent = client()
        .post(app.url("/api/v1/keys"))
        .header("cookie", cookie)
        .json(&key);
    read(sent.send().await.unwrap()).await
}

async fn with(app: &TestApp, key: &str, method: Method, path: &str, body: Value) -> u16 {
    let sent = client().request(method, app.url(path)).bearer_auth(key).json(&body);
    sent.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_key_does_what_it_is_for_and_no_more() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let admin = app.cookie(&tenant, Role::Admin).await;
    let scopes = json!(["read_alerts", "change_alerts", "read_alerts"]);
    let (status, issued) = issue(app, &admin, json!({"name": "soar", "scopes": scopes, "days": 90})).await;
    assert_eq!(status, 200, "{issued}");
    let key = issued["secret"].as_str().unwrap();
    assert_eq!(with(app, key, Method::GET, "/api/v1/alerts", Value::Null).await, 200);
    let bulk = json!({"ids": [tenant.alert], "action": {"change": {"note": "seen by the playbook"}}});
    assert_eq!(with(app, key, Method::POST, "/api/v1/alerts/bulk", bulk).await, 200);
    for (method, path) in [
        (Method::POST, "/_bulk"),
        (Method::POST, "/ingest/v1/sysmon"),
        (Method::POST, "/api/v1/events/search"),
        (Method::GET, "/api/v1/keys"),
        (Method::GET, "/api/v1/people"),
        (Method::GET, "/api/v1/audit"),
        (Method::GET, "/api/v1/me"),
    ] {
        assert_eq!(with(app, key, method, path, json!({})).await, 403, "{path}");
    }
    let (_, listed) = read(
        client()
            .get(app.url("/api/v1/keys"))
            .header("cookie", &admin)
            .send()
            .await
            .unwrap(),
    )
    .await;
    let soar = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["name"] == "soar")
        .unwrap();
    assert_eq!(soar["scopes"], json!(["read_alerts", "change_alerts"]));
    assert!(soar["expires"].is_string(), "{soar}");

    let metrics = issue(app, &admin, json!({"name": "prometheus", "scopes": ["read_pipeline"]}))
        .await
        .1;
    let asked = client().get(app.url("/metrics")).header("x-forwarded-for", "192.0.2.1");
    let scraped = asked
        .bearer_auth(metrics["secret"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(scraped.status(), 200);
}

#[tokio::test]
async fn no_key_manages_and_a_certificate_only_sends() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let admin = app.cookie(&tenant, Role::Admin).await;
    for key in [
        json!({"name": "a", "scopes": ["manage_people"]}),
        json!({"name": "a", "scopes": ["read_audit"]}),
        json!({"name": "a", "scopes": ["everything"]}),
        json!({"name": "a", "days": 0}),
        json!({"name": "a", "scopes": ["read_alerts"], "certificate": "no matter which"}),
    ] {
        let (status, said) = issue(app, &admin, key.clone()).await;
        assert_eq!(status, 400, "{key}: {said}");
    }
}

#[tokio::test]
async fn a_key_ends_on_its_day() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let id = tenant.id.clone();
    let issued = app.run(async move {
        let until = |seconds| Some(Clock::system().now().saturating_add(Duration::from_secs(seconds)));
        let label = |expires| Label {
            scopes: &[Permission::ReadAlerts],
            expires,
            ..Label::name("short")
        };
        let ended = api_keys::issue(&app.db, &id, label(until(0)), None).await.unwrap();
        let lives = api_keys::issue(&app.db, &id, label(until(60)), None).await.unwrap();
        let gone = api_keys::ended(&app.db, &[ended.id.clone(), lives.id]).await.unwrap();
        assert_eq!(gone, [ended.id], "streams that it holds end, too");
        (ended.secret, lives.secret)
    });
    let (ended, lives) = issued.await;
    assert_eq!(with(app, &ended, Method::GET, "/api/v1/alerts", Value::Null).await, 401);
    assert_eq!(with(app, &lives, Method::GET, "/api/v1/alerts", Value::Null).await, 200);
}
