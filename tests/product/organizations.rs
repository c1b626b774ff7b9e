//! An organization is made beside the first, works, and is suspended and taken up again; the two see nothing of each other.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::Duration;
use watchfloor::{
    clock::Clock,
    startup::{self, Doors, Running},
    store::{
        Secret,
        identity::{api_keys, create_account, sessions},
    },
};
use watchfloor_shared::{TenantId, identity::Role};
use watchfloor_tests::product;

struct Asks<'a> {
    running: &'a Running,
    cookie: String,
}

impl Asks<'_> {
    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.running.url());
        let sent = Client::new()
            .request(method, url)
            .header("cookie", &self.cookie)
            .json(&body);
        let answer = sent.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }
}

async fn owner(running: &Running) -> Asks<'_> {
    let password = Secret::new("correct horse battery");
    let made = create_account(&running.db, &running.tenant, "Ada", "ada@x.org", &password, Role::Owner);
    let origin = sessions::Origin::default();
    let token = sessions::create(&running.db, &made.await.unwrap(), &origin)
        .await
        .unwrap();
    let cookie = format!("watchfloor_session={}", token.reveal());
    Asks { running, cookie }
}

/// Takes the invitation up, and is in.
async fn joins<'a>(running: &'a Running, path: &str) -> Asks<'a> {
    let token = path.strip_prefix("/invitation?token=").unwrap();
    let body = json!({"token": token, "name": "Bo", "password": "a long password of Bo"});
    let sent = Client::new()
        .post(format!("{}/api/v1/invitation/acceptance", running.url()))
        .json(&body);
    let answer = sent.send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    Asks { running, cookie }
}

async fn send(running: &Running, key: &str, name: &str) -> u16 {
    let line = json!({"@timestamp": "2026-01-01T00:00:00Z", "host": {"name": name}, "message": "x", "event": {"kind": "event"}});
    let body = format!("{{\"create\":{{}}}}\n{line}\n");
    let sent = Client::new().post(format!("{}/_bulk", running.url())).bearer_auth(key);
    let sent = sent.header("content-type", "application/x-ndjson").body(body);
    sent.send().await.unwrap().status().as_u16()
}

const ALL: &str = "/api/v1/organizations";

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_is_made_works_and_is_suspended() {
    let dir = product::folder();
    let running = startup::start(product::config(dir.path()), Clock::system(), Doors::Open)
        .await
        .unwrap();
    let ada = owner(&running).await;
    for wrong in [
        json!({"id": "Acme!", "name": "Acme", "owner": "bo@x.org"}),
        json!({"id": "acme", "name": " ", "owner": "bo@x.org"}),
        json!({"id": "acme", "name": "Acme", "owner": "nobody"}),
    ] {
        assert_eq!(ada.ask(Method::POST, ALL, wrong).await.0, 400);
    }
    let new = json!({"id": "acme", "name": "Acme", "owner": "bo@x.org"});
    let (status, made) = ada.ask(Method::POST, ALL, new.clone()).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(ada.ask(Method::POST, ALL, new).await.0, 409);
    let bo = joins(&running, made["owner"]["path"].as_str().unwrap()).await;
    let (_, me) = bo.ask(Method::GET, "/api/v1/me", Value::Null).await;
    assert_eq!(
        (&me["tenant_id"], &me["role"], &me["hosts"]),
        (&json!("acme"), &json!("owner"), &json!(false))
    );
    assert_eq!(
        bo.ask(Method::GET, ALL, Value::Null).await.0,
        403,
        "owners of the first alone"
    );
    let (_, people) = bo.ask(Method::GET, "/api/v1/people", Value::Null).await;
    assert!(!people.to_string().contains("ada@x.org"), "{people}");

    // Each finds its own, also after it was asked for in another's name.
    let acme: TenantId = "acme".parse().unwrap();
    let key = async |tenant: &TenantId| {
        api_keys::issue(&running.db, tenant, api_keys::Label::name("sender"), None)
            .await
            .unwrap()
            .secret
    };
    let (of_host, of_acme) = (key(&running.tenant).await, key(&acme).await);
    assert_eq!(send(&running, &of_host, "host-of-default").await, 200);
    assert_eq!(send(&running, &of_acme, "host-of-acme").await, 200);
    assert!(running.drained(Duration::from_secs(60)).await);
    for (who, theirs, others) in [
        (&ada, "host-of-default", "host-of-acme"),
        (&bo, "host-of-acme", "host-of-default"),
    ] {
        let (_, found) = who
            .ask(Method::POST, "/api/v1/events/search", json!({"limit": 10}))
            .await;
        let found = found.to_string();
        assert!(found.contains(theirs) && !found.contains(others), "{found}");
    }

    let place = format!("{ALL}/acme");
    assert_eq!(
        ada.ask(Method::PATCH, &format!("{ALL}/nobodys"), json!({"suspended": true}))
            .await
            .0,
        404
    );
    assert_eq!(
        ada.ask(
            Method::PATCH,
            &format!("{ALL}/{}", running.tenant),
            json!({"suspended": true})
        )
        .await
        .0,
        409
    );
    assert_eq!(
        ada.ask(Method::PATCH, &place, json!({"suspended": true, "name": "Acme Works"}))
            .await
            .0,
        204
    );
    assert_eq!(bo.ask(Method::GET, "/api/v1/me", Value::Null).await.0, 401);
    assert_eq!(send(&running, &of_acme, "host-of-acme").await, 401);
    let signs_in = json!({"email": "bo@x.org", "password": "a long password of Bo"});
    assert_eq!(bo.ask(Method::POST, "/api/v1/session", signs_in).await.0, 401);
    assert_eq!(
        send(&running, &of_host, "host-of-default").await,
        200,
        "the others go on"
    );
    let (_, all) = ada.ask(Method::GET, ALL, Value::Null).await;
    assert_eq!(
        (&all[0]["is_host"], &all[1]["name"], &all[1]["people"]),
        (&json!(true), &json!("Acme Works"), &json!(1))
    );
    assert!(all[1]["suspended"].is_string(), "{all}");

    assert_eq!(ada.ask(Method::PATCH, &place, json!({"suspended": false})).await.0, 204);
    assert_eq!(
        bo.ask(Method::GET, "/api/v1/me", Value::Null).await.0,
        200,
        "all of it was kept"
    );
    let (_, log) = bo.ask(Method::GET, "/api/v1/audit", Value::Null).await;
    let log = log.to_string();
    assert!(
        log.contains("organizations.make") && log.contains("organizations.change"),
        "it stands in its own log: {log}"
    );
    running.stop().await;

    // The first stays the first, whatever the others are called.
    let again = product::start(dir.path(), Doors::Closed).await;
    assert_eq!(again.tenant.as_str(), "default");
    again.stop().await;
}
