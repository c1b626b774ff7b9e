//! Somebody is invited, comes in, gets another role and is removed; and looks after their own sessions.

use super::{address, client, read};
use reqwest::Method;
use serde_json::{Value, json};
use watchfloor_shared::identity::Role;
use watchfloor_tests::app::{self, TestApp, password};

async fn ask(app: &TestApp, cookie: &str, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let mut asked = client().request(method, app.url(path)).header("cookie", cookie);
    if let Some(body) = body {
        asked = asked.json(&body);
    }
    read(asked.send().await.unwrap()).await
}

/// The cookie of a way in that went well.
async fn comes_in(app: &TestApp, path: &str, body: Value) -> String {
    let sent = client()
        .post(app.url(path))
        .header("user-agent", "Firefox/9")
        .json(&body);
    let answer = sent.send().await.unwrap();
    let cookie = answer
        .headers()
        .get("set-cookie")
        .map(|cookie| cookie.to_str().unwrap().to_owned());
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    cookie.unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_invitation_becomes_a_person_who_can_be_changed_and_removed() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let admin = app.cookie(&tenant, Role::Admin).await;
    let email = format!("bo@{}.example", tenant.marker);
    let new = Some(json!({"email": email, "role": "analyst"}));
    let (status, issued) = ask(app, &admin, Method::POST, "/api/v1/people/invitations", new).await;
    assert_eq!(status, 200, "{issued}");
    let path = issued["path"].as_str().unwrap();
    let token = path.strip_prefix("/invitation?token=").unwrap();

    let (_, shown) = ask(
        app,
        "",
        Method::POST,
        "/api/v1/invitation",
        Some(json!({"token": token})),
    )
    .await;
    assert_eq!((&shown["email"], &shown["has_account"]), (&json!(email), &json!(false)));
    let acceptance = json!({"token": token, "name": "Bo", "password": "a long password of Bo"});
    let accepting = "/api/v1/invitation/acceptance";
    let bo = comes_in(app, accepting, acceptance.clone()).await;
    let (_, me) = ask(app, &bo, Method::GET, "/api/v1/me", None).await;
    assert_eq!((&me["name"], &me["role"]), (&json!("Bo"), &json!("analyst")));
    assert_eq!(me["tenant_id"], json!(tenant.id));
    assert_eq!(ask(app, "", Method::POST, accepting, Some(acceptance)).await.0, 404);

    let person = format!("/api/v1/people/{}", me["id"].as_str().unwrap());
    let owner = Some(json!({"role": "owner"}));
    let refused = ask(app, &admin, Method::PATCH, &person, owner).await;
    assert_eq!(refused.0, 403, "owners alone make owners");
    let viewer = Some(json!({"role": "viewer"}));
    assert_eq!(ask(app, &admin, Method::PATCH, &person, viewer).await.0, 204);
    let (_, me) = ask(app, &bo, Method::GET, "/api/v1/me", None).await;
    assert_eq!(me["role"], "viewer");
    assert_eq!(ask(app, &bo, Method::GET, "/api/v1/people", None).await.0, 403);
    assert_eq!(ask(app, &admin, Method::DELETE, &person, None).await.0, 204);
    assert_eq!(ask(app, &bo, Method::GET, "/api/v1/me", None).await.0, 401);

    let owner = app.cookie(&tenant, Role::Owner).await;
    let (_, log) = ask(app, &owner, Method::GET, "/api/v1/audit", None).await;
    let entries = log["entries"].as_array().unwrap().iter();
    let actions: Vec<_> = entries.map(|entry| entry["action"].as_str().unwrap()).collect();
    let expected = [
        "people.remove",
        "people.change",
        "people.change",
        "invitation.accept",
        "people.invite",
    ];
    assert_eq!(actions[..expected.len()], expected, "{log:#}");
    assert!(!log.to_string().contains(token), "a link is no matter of record");
}

#[tokio::test]
async fn the_last_owner_stays() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let owner = app.cookie(&tenant, Role::Owner).await;
    let person = format!("/api/v1/people/{}", tenant.members[0].user);
    let (status, said) = ask(app, &owner, Method::DELETE, &person, None).await;
    assert_eq!(status, 409);
    assert!(said["detail"].as_str().unwrap().contains("keeps one owner"), "{said}");
}

#[tokio::test]
async fn a_new_password_counts_and_ends_the_other_sessions() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let email = app::email(&tenant, Role::Analyst);
    let sign_in = |password: &str| json!({"email": email, "password": password});
    let here = comes_in(app, "/api/v1/session", sign_in(&password(Role::Analyst))).await;
    let there = comes_in(app, "/api/v1/session", sign_in(&password(Role::Analyst))).await;
    let (_, sessions) = ask(app, &here, Method::GET, "/api/v1/me/sessions", None).await;
    let sessions = sessions.as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let is_known = |one: &Value| one["agent"] == "Firefox/9" && one["address"] == address().to_string();
    assert!(sessions.iter().all(is_known), "{sessions:?}");

    let change = |current: &str| Some(json!({"current": current, "new": "a new password of mine"}));
    let mine = "/api/v1/me/password";
    assert_eq!(ask(app, &here, Method::PUT, mine, change("wrong one")).await.0, 400);
    let right = change(&password(Role::Analyst));
    assert_eq!(ask(app, &here, Method::PUT, mine, right).await.0, 204);
    assert_eq!(ask(app, &here, Method::GET, "/api/v1/me", None).await.0, 200);
    assert_eq!(ask(app, &there, Method::GET, "/api/v1/me", None).await.0, 401);
    comes_in(app, "/api/v1/session", sign_in("a new password of mine")).await;

    let (_, sessions) = ask(app, &here, Method::GET, "/api/v1/me/sessions", None).await;
    let is_other = |one: &&Value| one["is_this"] == false;
    let other = sessions.as_array().unwrap().iter().find(is_other).unwrap()["id"].clone();
    let path = format!("/api/v1/me/sessions/{}", other.as_str().unwrap());
    assert_eq!(ask(app, &here, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(ask(app, &here, Method::DELETE, &path, None).await.0, 404);
}
