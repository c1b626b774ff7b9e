//! Coming in and going out.

use super::{client, read};
use reqwest::{RequestBuilder, Response};
use serde_json::json;
use std::time::Duration;
use watchfloor::store::identity;
use watchfloor_shared::identity::Role;
use watchfloor_tests::app::{self, TestApp, email, password};

fn sign_in(app: &TestApp, email: &str, password: &str) -> RequestBuilder {
    client()
        .post(app.url("/api/v1/session"))
        .json(&json!({"email": email, "password": password}))
}

fn cookie_of(response: &Response) -> String {
    let text = response.headers()["set-cookie"].to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(text.contains(part), "{text}");
    }
    text.split(';').next().unwrap().to_owned()
}

async fn me(app: &TestApp, cookie: &str) -> u16 {
    client()
        .get(app.url("/api/v1/me"))
        .header("cookie", cookie)
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

#[tokio::test]
async fn a_session_begins_replaces_the_one_before_and_ends() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let (email, password) = (email(&tenant, Role::Analyst), password(Role::Analyst));
    let first = sign_in(app, &email.to_uppercase(), &password).send().await.unwrap();
    let first_cookie = cookie_of(&first);
    let (status, who) = read(first).await;
    assert_eq!(
        (status, &who["role"], &who["tenant_id"]),
        (200, &json!("analyst"), &json!(tenant.id))
    );
    assert!(who["permissions"].as_array().unwrap().contains(&json!("change_alerts")));

    let second = sign_in(app, &email, &password)
        .header("cookie", &first_cookie)
        .send()
        .await
        .unwrap();
    let second_cookie = cookie_of(&second);
    assert_ne!(first_cookie, second_cookie);
    assert_eq!(
        (me(app, &first_cookie).await, me(app, &second_cookie).await),
        (401, 200)
    );

    let out = client()
        .delete(app.url("/api/v1/session"))
        .header("cookie", &second_cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(out.status(), 204);
    assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(me(app, &second_cookie).await, 401);
}

#[tokio::test]
async fn wrong_passwords_look_like_unknown_people_and_are_limited() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let known = email(&tenant, Role::Owner);
    let unknown = format!("nobody@{}.example", tenant.marker);
    let wrong = read(sign_in(app, &known, "not the password").send().await.unwrap()).await;
    let nobody = read(sign_in(app, &unknown, "not the password").send().await.unwrap()).await;
    assert_eq!(wrong, nobody);
    assert_eq!(wrong.0, 401);
    for _ in 0..4 {
        sign_in(app, &known, "not the password").send().await.unwrap();
    }
    // The right password does not help any more, and the answer says how long to wait.
    let limited = sign_in(app, &known, &password(Role::Owner)).send().await.unwrap();
    assert_eq!(limited.status(), 429);
    let wait: u64 = limited.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait));
    assert_eq!(limited.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn a_printed_link_works_once() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let (address, secret) = (
        email(&tenant, Role::Owner),
        watchfloor::store::Secret::new(password(Role::Owner)),
    );
    let issue = async move {
        let verified = identity::verify_password(&app.db, &address, &secret).await.unwrap();
        let identity::Verified::Right(member) = verified else {
            panic!("{verified:?}");
        };
        identity::one_time_links::issue(&app.db, &member, Duration::from_secs(60))
            .await
            .unwrap()
    };
    let token = app.run(issue).await;
    let follow = || {
        client()
            .post(app.url("/api/v1/session/link"))
            .json(&json!({"token": token.reveal()}))
            .send()
    };
    let first = follow().await.unwrap();
    assert_eq!(me(app, &cookie_of(&first)).await, 200);
    assert_eq!(follow().await.unwrap().status(), 401);
}

#[tokio::test]
async fn another_sites_page_cannot_act_with_our_cookie() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Owner).await;
    let issue = |name: &str, value: &str| {
        let request = client().post(app.url("/api/v1/keys")).json(&json!({"name": "k"}));
        request.header("cookie", &cookie).header(name, value).send()
    };
    assert_eq!(issue("origin", "https://evil.example").await.unwrap().status(), 403);
    assert_eq!(issue("origin", "null").await.unwrap().status(), 403);
    assert_eq!(issue("sec-fetch-site", "cross-site").await.unwrap().status(), 403);
    assert_eq!(issue("origin", &app.url("")).await.unwrap().status(), 200);
    assert_eq!(issue("sec-fetch-site", "same-origin").await.unwrap().status(), 200);
    let form = client()
        .post(app.url("/api/v1/keys"))
        .header("cookie", &cookie)
        .header("content-type", "text/plain");
    assert_eq!(form.body("{\"name\":\"k\"}").send().await.unwrap().status(), 415);
}
