//! Changing alerts: versions, moves, undo, bulk, feedback.

use super::{client, read};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use watchfloor_shared::identity::Role;
use watchfloor_tests::app::{self, Tenant, TestApp};

fn request(app: &TestApp, method: Method, path: &str, cookie: &str) -> RequestBuilder {
    client().request(method, app.url(path)).header("cookie", cookie)
}

async fn ready(app: &'static TestApp) -> (Tenant, String, String) {
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Analyst).await;
    let path = format!("/api/v1/alerts/{}", tenant.alert);
    (tenant, cookie, path)
}

#[tokio::test]
async fn a_change_needs_the_version_that_one_looked_at() {
    let Some(app) = app::shared() else { return };
    let (_, cookie, path) = ready(app).await;
    let seen = request(app, Method::GET, &path, &cookie).send().await.unwrap();
    let tag = seen.headers()["etag"].to_str().unwrap().to_owned();
    let again = request(app, Method::GET, &path, &cookie)
        .header("if-none-match", &tag)
        .send()
        .await
        .unwrap();
    assert_eq!((again.status().as_u16(), again.bytes().await.unwrap().len()), (304, 0));

    let acknowledge = || request(app, Method::PATCH, &path, &cookie).json(&json!({"status": "acknowledged"}));
    assert_eq!(acknowledge().send().await.unwrap().status(), 428);
    assert_eq!(
        acknowledge()
            .header("if-match", "\"999\"")
            .send()
            .await
            .unwrap()
            .status(),
        412
    );
    let changed = acknowledge().header("if-match", &tag).send().await.unwrap();
    let new_tag = changed.headers()["etag"].to_str().unwrap().to_owned();
    let (status, alert) = read(changed).await;
    assert_eq!((status, &alert["status"]), (200, &json!("acknowledged")));
    assert_eq!(new_tag, format!("\"{}\"", alert["version"]));
    assert_eq!(
        acknowledge().header("if-match", &tag).send().await.unwrap().status(),
        412
    );
    let (status, problem) = read(acknowledge().header("if-match", &new_tag).send().await.unwrap()).await;
    assert!([400, 409].contains(&status), "{problem}");

    let undo = request(app, Method::POST, &format!("{path}/undo"), &cookie).header("if-match", &new_tag);
    let (status, alert) = read(undo.send().await.unwrap()).await;
    assert_eq!((status, &alert["status"]), (200, &json!("open")));
    let (_, detail) = read(request(app, Method::GET, &path, &cookie).send().await.unwrap()).await;
    let actions: Vec<_> = detail["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].clone())
        .collect();
    assert_eq!(actions, [json!("undone"), json!("status_changed"), json!("raised")]);
}

#[tokio::test]
async fn bulk_changes_what_it_can_and_says_what_it_cannot() {
    let Some(app) = app::shared() else { return };
    let (tenant, cookie, _) = ready(app).await;
    let missing = "f".repeat(32);
    let body = json!({"ids": [tenant.alert, missing, tenant.alert], "action": {"change": {"status": "investigating"}}});
    let bulk = |body: &Value| {
        request(app, Method::POST, "/api/v1/alerts/bulk", &cookie)
            .json(body)
            .send()
    };
    let (status, result) = read(bulk(&body).await.unwrap()).await;
    assert_eq!(status, 200, "{result}");
    assert_eq!(
        (result["done"].as_array().unwrap().len(), &result["refused"][0]["id"]),
        (1, &json!(missing))
    );
    let (_, result) = read(bulk(&json!({"ids": [tenant.alert], "action": "undo"})).await.unwrap()).await;
    assert_eq!(result["done"][0]["status"], "open");
    let many: Vec<_> = (0..1_001).map(|n| format!("{n:032x}")).collect();
    assert_eq!(
        bulk(&json!({"ids": many, "action": "undo"})).await.unwrap().status(),
        400
    );
}

#[tokio::test]
async fn other_tools_give_verdicts_and_read_bare_lists() {
    let Some(app) = app::shared() else { return };
    let (tenant, cookie, _) = ready(app).await;
    let body = json!({"alert_id": tenant.alert, "verdict": "true_positive", "note": "seen in the proxy too"});
    let (status, alert) = read(
        request(app, Method::POST, "/feedback", &cookie)
            .json(&body)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!((status, &alert["verdict"]), (200, &json!("true_positive")));
    let list = request(app, Method::GET, "/alerts", &cookie)
        .header("accept", "application/json")
        .send()
        .await
        .unwrap();
    assert_eq!(list.headers()["x-total-count"], "1");
    let (_, alerts) = read(list).await;
    assert_eq!(alerts[0]["id"], json!(tenant.alert));
    let page = request(app, Method::GET, "/alerts", &cookie)
        .header("accept", "text/html,*/*")
        .send()
        .await
        .unwrap();
    assert!(
        page.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    let (_, endpoints) = read(request(app, Method::GET, "/endpoints", &cookie).send().await.unwrap()).await;
    assert_eq!(
        (&endpoints[0]["id"], &endpoints[0]["events"]),
        (&json!(tenant.endpoint), &json!(1))
    );
}

#[tokio::test]
async fn queries_that_make_no_sense_are_refused_with_where() {
    let Some(app) = app::shared() else { return };
    let (_, cookie, _) = ready(app).await;
    for query in [
        "cursor=bm9uc2Vuc2U",
        "severity=worst",
        "limit=0",
        "limit=501",
        "severty=high",
        "from=yesterday",
    ] {
        let path = format!("/api/v1/alerts?{query}");
        let (status, problem) = read(request(app, Method::GET, &path, &cookie).send().await.unwrap()).await;
        assert_eq!((status, &problem["code"]), (400, &json!("invalid_request")), "{query}");
    }
    let search = |body: Value| {
        request(app, Method::POST, "/api/v1/events/search", &cookie)
            .json(&body)
            .send()
    };
    let (status, problem) = read(search(json!({"query": "process.name:(", "limit": 1})).await.unwrap()).await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_query")));
    assert!(problem["position"].is_u64(), "{problem}");
    assert_eq!(search(json!({"limit": 1_001})).await.unwrap().status(), 400);
    assert_eq!(search(json!({"limt": 1})).await.unwrap().status(), 400);
    let (status, found) = read(
        search(json!({"query": "process.name:whoami.exe", "limit": 5}))
            .await
            .unwrap(),
    )
    .await;
    assert_eq!((status, found["hits"].as_array().unwrap().len()), (200, 1));
}
