//! The fleet over HTTP: a code becomes one sensor, who has none learns nothing, and what an administrator does is done.

use super::{client, read};
use reqwest::Client;
use serde_json::{Value, json};
use std::{net::IpAddr, time::Duration};
use watchfloor_shared::identity::Role;
use watchfloor_tests::{
    app::{self, Tenant, TestApp},
    fleet::{self, request},
};

/// From an address of its own, so that what one test uses up is not another's.
fn host(last: u8) -> Client {
    let builder = Client::builder().local_address(IpAddr::from([127, 0, 8, last]));
    builder.build().unwrap()
}

async fn enrol(app: &TestApp, host: &Client, code: &str, request_pem: &str) -> (u16, Value) {
    let body = json!({"code": code, "request_pem": request_pem});
    let asked = host.post(app.url("/ingest/v1/sensor/enrolment")).json(&body);
    read(asked.send().await.unwrap()).await
}

/// The reason in a refusal's words.
fn reason(answer: &(u16, Value)) -> &str {
    let detail = answer.1["detail"].as_str().unwrap_or_default();
    let reason = detail.rsplit_once('(').and_then(|(_, rest)| rest.split_once(')'));
    reason.map(|(reason, _)| reason).unwrap_or(detail)
}

async fn ask(app: &'static TestApp, tenant: &Tenant, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let owner = app.cookie(tenant, Role::Owner).await;
    let mut asked = client()
        .request(method.parse().unwrap(), app.url(path))
        .header("cookie", owner);
    if let Some(body) = body {
        asked = asked.json(&body);
    }
    read(asked.send().await.unwrap()).await
}

#[tokio::test]
async fn a_code_makes_one_sensor_and_each_mistake_is_said_by_its_name() {
    let Some(app) = app::shared() else { return };
    let (tenant, host) = (app.tenant().await, host(1));
    let new = json!({"name": "web-1", "location": "Rack 4"});
    let (status, made) = ask(app, &tenant, "POST", "/api/v1/fleet/claims", Some(new)).await;
    assert_eq!(status, 200, "{made}");
    let code = made["code"].as_str().unwrap();
    let command = made["command"].as_str().unwrap();
    assert!(command.ends_with(&format!("--name web-1 --code {code}")), "{command}");
    let (_, waiting) = ask(app, &tenant, "GET", "/api/v1/fleet/claims", None).await;
    let waits = |code: &Value| code["name"] == "web-1" && code["location"] == "Rack 4";
    assert!(waiting.as_array().unwrap().iter().any(waits), "{waiting}");
    assert!(!waiting.to_string().contains(&code[..19]), "a code is shown once");

    let pem = |name: &str, organization: Option<&str>| request(name, organization).pem;
    let right = pem("web-1", None);
    assert_eq!(reason(&enrol(app, &host, "nonsense", &right).await), "code_malformed");
    assert_eq!(
        reason(&enrol(app, &host, "0000-0000-0000-0000", &right).await),
        "code_unknown"
    );
    assert_eq!(reason(&enrol(app, &host, code, "x").await), "request_unusable");
    assert_eq!(
        reason(&enrol(app, &host, code, &pem("web-2", None)).await),
        "name_differs"
    );
    assert_eq!(
        reason(&enrol(app, &host, code, &pem("web-1", Some("another"))).await),
        "organization_differs"
    );
    let (status, certificate) = enrol(app, &host, code, &right).await;
    assert_eq!(
        (status, certificate["tenant"].as_str()),
        (200, Some(tenant.id.as_str()))
    );
    assert_eq!(reason(&enrol(app, &host, code, &right).await), "code_used");

    let (_, fleet) = ask(app, &tenant, "GET", "/api/v1/fleet", None).await;
    let sensors = fleet["sensors"].as_array().unwrap();
    let sensor = sensors.iter().find(|sensor| sensor["host"] == "web-1").unwrap();
    assert_eq!(
        (
            sensor["id"].as_str(),
            sensor["location"].as_str(),
            sensor["presence"].as_str()
        ),
        (certificate["sensor_id"].as_str(), Some("Rack 4"), Some("unknown"))
    );
    // Its name is taken, whatever the case.
    let again = json!({"name": "WEB-1"});
    assert_eq!(
        ask(app, &tenant, "POST", "/api/v1/fleet/claims", Some(again)).await.0,
        409
    );
    // Another organization may have a sensor of this name.
    let other = app.tenant().await;
    let new = json!({"name": "web-1"});
    assert_eq!(ask(app, &other, "POST", "/api/v1/fleet/claims", Some(new)).await.0, 200);
}

#[tokio::test]
async fn codes_that_are_old_or_cancelled_open_nothing_and_guessing_is_held_back() {
    let Some(app) = app::shared() else { return };
    let (tenant, patient) = (app.tenant().await, host(2));
    let id = tenant.id.clone();
    let (_, expired) = app
        .run(async move { fleet::claim(&app.db, &id, "old-1", Duration::ZERO).await })
        .await;
    let pem = request("old-1", None).pem;
    assert_eq!(
        reason(&enrol(app, &patient, expired.reveal(), &pem).await),
        "code_expired"
    );

    let new = json!({"name": "gone-1"});
    let (_, made) = ask(app, &tenant, "POST", "/api/v1/fleet/claims", Some(new)).await;
    let path = format!("/api/v1/fleet/claims/{}", made["claim"]["id"].as_str().unwrap());
    assert_eq!(ask(app, &tenant, "DELETE", &path, None).await.0, 204);
    assert_eq!(ask(app, &tenant, "DELETE", &path, None).await.0, 404);
    let code = made["code"].as_str().unwrap();
    assert_eq!(reason(&enrol(app, &patient, code, &pem).await), "code_unknown");

    let guesser = host(3);
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(enrol(app, &guesser, "0000-0000-0000-0001", &pem).await.0);
    }
    assert_eq!(
        statuses.iter().filter(|status| **status == 429).count(),
        2,
        "{statuses:?}"
    );
    // Who guesses holds nobody else back.
    assert_eq!(enrol(app, &patient, "0000-0000-0000-0001", &pem).await.0, 403);
}

#[tokio::test]
async fn a_sensor_is_renamed_and_revoked() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let path = format!("/api/v1/fleet/{}", tenant.sensor);
    let change = json!({"name": "Front door", "location": "Hall 2"});
    assert_eq!(ask(app, &tenant, "PATCH", &path, Some(change)).await.0, 204);
    let (_, detail) = ask(app, &tenant, "GET", &path, None).await;
    assert_eq!(
        (
            &detail["sensor"]["name"],
            &detail["sensor"]["location"],
            &detail["history"]
        ),
        (&json!("Front door"), &json!("Hall 2"), &json!([]))
    );
    let nameless = json!({"name": "\u{7}"});
    assert_eq!(ask(app, &tenant, "PATCH", &path, Some(nameless)).await.0, 400);
    assert_eq!(ask(app, &tenant, "DELETE", &path, None).await.0, 204);
    for method in ["GET", "DELETE"] {
        assert_eq!(ask(app, &tenant, method, &path, None).await.0, 404);
    }
    // The credentials of sensors are not among the keys.
    let (_, keys) = ask(app, &tenant, "GET", "/api/v1/keys", None).await;
    assert!(
        keys.as_array().unwrap().iter().all(|key| key["fingerprint"].is_null()),
        "{keys}"
    );
}
