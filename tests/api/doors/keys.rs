//! What a sender's key decides besides the tenant: the sensor; and a certificate in a key's place.

use crate::{client, ingest::on_bus, read};
use serde_json::{Value, json};
use watchfloor_shared::identity::Role;
use watchfloor_tests::{
    app::{self, RAW_TOPIC, Tenant, TestApp},
    certificates::Made,
};

async fn issue(app: &'static TestApp, tenant: &Tenant, key: Value) -> (u16, Value) {
    let cookie = app.cookie(tenant, Role::Owner).await;
    let request = client()
        .post(app.url("/api/v1/keys"))
        .header("cookie", cookie)
        .json(&key);
    read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_keys_sensor_is_where_records_come_from_that_do_not_say_it() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let (status, issued) = issue(app, &tenant, json!({"name": "edge", "sensor": "probe-7"})).await;
    assert_eq!((status, &issued["sensor"]), (200, &json!("probe-7")), "{issued}");
    let send = |path: &'static str, body: &'static str| {
        let request = client()
            .post(app.url(path))
            .bearer_auth(issued["secret"].as_str().unwrap());
        request.body(body).send()
    };
    assert_eq!(send("/ingest/v1/sysmon", "{\"a\":1}\n").await.unwrap().status(), 200);
    let raw = "/services/collector/raw?host=ws-2";
    assert_eq!(send(raw, "a line\n").await.unwrap().status(), 200);
    let found = on_bus(app, RAW_TOPIC, &tenant).await;
    let sensors: Vec<&[u8]> = found
        .iter()
        .map(|line| line.record.header("sensor").unwrap().as_ref())
        .collect();
    assert_eq!(sensors, [&b"probe-7"[..], b"ws-2"]);
    let (status, _) = issue(app, &tenant, json!({"name": "edge", "sensor": "a\nb"})).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_certificate_is_registered_once_and_shown_by_its_fingerprint() {
    let Some(app) = app::shared() else { return };
    let (tenant, other) = (app.tenant().await, app.tenant().await);
    let made = Made::new("probe-7");
    let key = json!({"name": "probe", "sensor": "probe-7", "certificate": made.certificate});
    let (status, issued) = issue(app, &tenant, key.clone()).await;
    assert_eq!((status, issued.get("secret")), (200, None), "{issued}");
    assert_eq!(issued["fingerprint"], made.fingerprint());

    for tenant in [&tenant, &other] {
        assert_eq!(issue(app, tenant, key.clone()).await.0, 409);
    }
    let cookie = app.cookie(&tenant, Role::Owner).await;
    let list = client().get(app.url("/api/v1/keys")).header("cookie", &cookie);
    let (_, list) = read(list.send().await.unwrap()).await;
    assert_eq!(list[0]["fingerprint"], made.fingerprint(), "{list}");
    assert_eq!(list[1]["fingerprint"], Value::Null);

    // Revoked, it is free for another.
    let path = format!("/api/v1/keys/{}", issued["id"].as_str().unwrap());
    let revoke = client().delete(app.url(&path)).header("cookie", &cookie);
    assert_eq!(revoke.send().await.unwrap().status(), 204);
    assert_eq!(issue(app, &other, key).await.0, 200);

    let with_key = json!({"name": "x", "certificate": format!("{}{}", made.certificate, made.key)});
    let (status, told) = issue(app, &tenant, with_key).await;
    assert!(
        status == 400 && told["detail"].as_str().unwrap().contains("private key"),
        "{told}"
    );
    assert!(!told.to_string().contains("BEGIN"), "{told}");
    assert_eq!(
        issue(app, &tenant, json!({"name": "x", "certificate": "x"})).await.0,
        400
    );
}
