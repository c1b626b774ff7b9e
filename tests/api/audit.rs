//! Whatever is changed over HTTP is written down, with who and from where; and what was not done is not.

use super::{address, client, read};
use reqwest::Method;
use serde_json::{Value, json};
use std::{io::Cursor, time::Duration};
use watchfloor::{api::routes::TABLE, audit::verify_export};
use watchfloor_shared::identity::Role;
use watchfloor_tests::app::{self, Tenant, TestApp, email, password};

async fn ask(
    app: &'static TestApp,
    tenant: &Tenant,
    role: Role,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let cookie = app.cookie(tenant, role).await;
    let mut asked = client().request(method, app.url(path)).header("cookie", cookie);
    if let Some(body) = body {
        asked = asked.json(&body);
    }
    read(asked.send().await.unwrap()).await
}

async fn entries(app: &'static TestApp, tenant: &Tenant, words: &str) -> Vec<Value> {
    let path = format!("/api/v1/audit?q={words}");
    let (status, page) = ask(app, tenant, Role::Owner, Method::GET, &path, None).await;
    assert_eq!(status, 200, "{page}");
    page["entries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_change_is_written_down_and_a_refusal_and_nothing_that_was_not_done() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let sensor = format!("/api/v1/fleet/{}", tenant.sensor);
    let change = Some(json!({"name": "probe 7"}));
    let (status, _) = ask(app, &tenant, Role::Admin, Method::PATCH, &sensor, change.clone()).await;
    assert_eq!(status, 204);
    let (status, _) = ask(app, &tenant, Role::Viewer, Method::PATCH, &sensor, change.clone()).await;
    assert_eq!(status, 403);
    let (status, _) = ask(app, &tenant, Role::Admin, Method::PATCH, "/api/v1/fleet/nobody", change).await;
    assert_eq!(status, 404);

    let found = entries(app, &tenant, "fleet.change").await;
    assert_eq!(found.len(), 2, "{found:#?}");
    let [refused, done] = found.as_slice() else {
        unreachable!()
    };
    assert_eq!(
        (&done["outcome"], &done["object"]),
        (&json!("done"), &json!(tenant.sensor))
    );
    assert_eq!(done["detail"]["name"], "probe 7");
    assert_eq!(
        (&done["actor"]["kind"], &done["address"]),
        (&json!("person"), &json!(address().to_string()))
    );
    assert_eq!(refused["outcome"], "refused");
    assert_ne!(refused["actor"]["id"], done["actor"]["id"]);

    let other = app.tenant().await;
    assert!(entries(app, &other, "fleet.change").await.is_empty());
}

/// What changes something without a transaction of its own is written down, too.
#[tokio::test]
async fn keys_and_dead_letters_are_written_down_without_a_secret() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let new = Some(json!({"name": "edge"}));
    let (_, issued) = ask(app, &tenant, Role::Owner, Method::POST, "/api/v1/keys", new).await;
    let secret = issued["secret"].as_str().unwrap();
    let id = issued["id"].as_str().unwrap();
    let revoke = format!("/api/v1/keys/{id}");
    ask(app, &tenant, Role::Owner, Method::DELETE, &revoke, None).await;
    let found = entries(app, &tenant, "keys.").await;
    let [revoked, made] = found.as_slice() else {
        panic!("{found:#?}")
    };
    assert_eq!(
        (&revoked["action"], &revoked["object"]),
        (&json!("keys.revoke"), &json!(id))
    );
    assert_eq!(
        made["detail"],
        json!({"key": id, "name": "edge", "sensor": null, "scopes": ["ingest"], "expires": null})
    );
    assert!(!json!(found).to_string().contains(&secret[secret.len() - 16..]));
}

#[tokio::test]
async fn who_comes_in_is_written_down_and_who_does_not() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    // The person has to be there before somebody tries to be them.
    app.cookie(&tenant, Role::Analyst).await;
    let sign_in = async |password: &str| {
        let body = json!({"email": email(&tenant, Role::Analyst), "password": password});
        let sent = client().post(app.url("/api/v1/session")).json(&body).send().await;
        sent.unwrap().status().as_u16()
    };
    assert_eq!(sign_in("certainly not this").await, 401);
    assert_eq!(sign_in(&password(Role::Analyst)).await, 200);
    // The refusal is written beside the answer.
    for _ in 0..100 {
        let found = entries(app, &tenant, "session.sign_in").await;
        let of_analyst = |outcome: &str| {
            let is_it =
                |entry: &&Value| entry["outcome"] == outcome && entry["object"] == json!(email(&tenant, Role::Analyst));
            found.iter().filter(is_it).count()
        };
        if of_analyst("refused") == 1 && of_analyst("done") >= 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:#?}", entries(app, &tenant, "session.sign_in").await);
}

#[tokio::test]
async fn an_export_is_whole_and_verified_without_the_server() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let sensor = format!("/api/v1/fleet/{}", tenant.sensor);
    // More than a page.
    for number in 0..12 {
        let change = Some(json!({"name": format!("probe {number}")}));
        ask(app, &tenant, Role::Owner, Method::PATCH, &sensor, change).await;
    }
    let (_, verification) = ask(
        app,
        &tenant,
        Role::Owner,
        Method::GET,
        "/api/v1/audit/verification",
        None,
    )
    .await;
    assert!(verification["broken"].is_null(), "{verification}");
    let cookie = app.cookie(&tenant, Role::Owner).await;
    let sent = client()
        .get(app.url("/api/v1/audit/export"))
        .header("cookie", cookie)
        .send()
        .await;
    let text = sent.unwrap().text().await.unwrap();
    let (of, head) = verify_export(Cursor::new(&text), None).unwrap();
    assert_eq!(of.as_str(), tenant.id.as_str());
    assert!(head.number >= 12);
    let forged = text.replace("probe 3", "probe 8");
    assert!(verify_export(Cursor::new(&forged), None).is_err());
}

#[test]
fn what_people_change_is_audited_by_the_table() {
    let unaudited: Vec<_> = TABLE
        .iter()
        .filter(|route| route.method != Method::GET && !route.is_audited())
        .map(|route| route.name)
        .filter(|name| !name.starts_with("ingest.") && !name.starts_with("elastic.") && !name.starts_with("hec"))
        .collect();
    // Those that come in write their own entries; a screen that begins changes nothing of anybody's.
    let known = [
        "setup.redeem",
        "session.sign_in",
        "session.link",
        "invitation.look",
        "invitation.accept",
        "alerts.shown",
        "events.search",
        "wall.begin",
    ];
    assert_eq!(unaudited, known);
}
