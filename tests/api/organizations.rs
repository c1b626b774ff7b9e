//! A person of two organizations: what is open in each, and from one to the other.

use super::{client, read};
use reqwest::Method;
use serde_json::{Value, json};
use watchfloor::store::identity::people::{self, Joining};
use watchfloor_shared::identity::Role;
use watchfloor_tests::app::{self, Tenant, TestApp};

async fn ask(app: &TestApp, cookie: &str, method: Method, path: &str, body: Value) -> (u16, Value) {
    let asked = client().request(method, app.url(path)).header("cookie", cookie);
    read(asked.json(&body).send().await.unwrap()).await
}

/// The analyst of one becomes a viewer of the other.
async fn joins(app: &'static TestApp, one: &Tenant, other: &Tenant) {
    let analyst = one
        .members
        .iter()
        .find(|member| member.role == Role::Analyst)
        .unwrap()
        .clone();
    let (owner, tenant) = (other.members[0].clone(), other.id.clone());
    app.run(async move {
        let mut tx = app.db.tenant(&tenant).await.unwrap();
        let now = watchfloor::clock::Clock::system().now();
        let invited = people::invite(&mut tx, &analyst.email, Role::Viewer, &owner, now).await;
        tx.commit().await.unwrap();
        let link = invited.unwrap().1;
        people::accept(&app.db, link.reveal(), Joining::Known(&analyst.user))
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn each_is_counted_and_one_leads_to_the_other() {
    let Some(app) = app::shared() else { return };
    let (one, other, third) = (app.tenant().await, app.tenant().await, app.tenant().await);
    joins(app, &one, &other).await;
    let cookie = app.cookie(&one, Role::Analyst).await;
    let (_, me) = ask(app, &cookie, Method::GET, "/api/v1/me", Value::Null).await;
    assert_eq!(me["organizations"].as_array().unwrap().len(), 2, "{me}");

    let (status, all) = ask(app, &cookie, Method::GET, "/api/v1/me/organizations", Value::Null).await;
    assert_eq!(status, 200, "{all}");
    let of = |tenant: &Tenant| {
        let mut all = all.as_array().unwrap().iter();
        all.find(|of| of["organization"]["id"] == json!(tenant.id))
            .unwrap()
            .clone()
    };
    let (here, there) = (of(&one), of(&other));
    assert_eq!((&here["is_this"], &there["is_this"]), (&json!(true), &json!(false)));
    assert_eq!(
        (&here["organization"]["role"], &there["organization"]["role"]),
        (&json!("analyst"), &json!("viewer"))
    );
    for summary in [&here, &there] {
        let open = summary["open"].as_array().unwrap().iter();
        assert_eq!(
            open.map(|of| of["count"].as_i64().unwrap()).sum::<i64>(),
            1,
            "{summary}"
        );
        assert_eq!(
            (&summary["sensors"], &summary["unassigned"]),
            (&json!(1), &json!(1)),
            "{summary}"
        );
    }

    let switch = "/api/v1/session/organization";
    assert_eq!(
        ask(app, &cookie, Method::PUT, switch, json!({"id": third.id})).await.0,
        404,
        "none of theirs"
    );
    assert_eq!(
        ask(app, &cookie, Method::PUT, switch, json!({"id": "No Such"})).await.0,
        404
    );
    let sent = client()
        .put(app.url(switch))
        .header("cookie", &cookie)
        .json(&json!({"id": other.id}));
    let answer = sent.send().await.unwrap();
    let new = answer.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let (status, me) = read(answer).await;
    assert_eq!(
        (status, &me["tenant_id"], &me["role"]),
        (200, &json!(other.id), &json!("viewer"))
    );
    assert_eq!(
        ask(app, &cookie, Method::GET, "/api/v1/me", Value::Null).await.0,
        401,
        "the session from before ended"
    );
    let alerts = ask(app, &new, Method::GET, "/api/v1/alerts", Value::Null)
        .await
        .1
        .to_string();
    assert!(
        alerts.contains(&other.marker) && !alerts.contains(&one.marker),
        "{alerts}"
    );
    let alert = format!("/api/v1/alerts/{}", one.alert);
    assert_eq!(ask(app, &new, Method::GET, &alert, Value::Null).await.0, 404);

    // The next sign-in leads to where they were last.
    let body = json!({"email": app::email(&one, Role::Analyst), "password": app::password(Role::Analyst)});
    let (_, me) = ask(app, "", Method::POST, "/api/v1/session", body).await;
    assert_eq!(me["tenant_id"], json!(other.id));
}
