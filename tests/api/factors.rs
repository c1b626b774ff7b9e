//! The second factor: asked for, once each, replaced by recovery codes, and taken away.

use super::{client, read};
use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};
use watchfloor::clock::Clock;
use watchfloor_shared::identity::Role;
use watchfloor_tests::app::{self, Tenant, TestApp, email, password};

async fn ask(app: &TestApp, cookie: &str, method: Method, path: &str, body: Value) -> (u16, Value) {
    let asked = client().request(method, app.url(path)).header("cookie", cookie);
    read(asked.json(&body).send().await.unwrap()).await
}

/// The code of so many steps from now.
fn code(secret: &str, steps: i64) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let now = u64::try_from(Clock::system().now().seconds()).unwrap();
    let app = Builder::new().with_secret(secret).build_noncompliant();
    app.generate(now.saturating_add_signed(30 * steps)).to_string()
}

async fn sign_in(app: &TestApp, tenant: &Tenant, role: Role, code: Option<&str>) -> (u16, String) {
    let body = json!({"email": email(tenant, role), "password": password(role), "code": code});
    let (status, said) = ask(app, "", Method::POST, "/api/v1/session", body).await;
    (status, said["code"].as_str().unwrap_or_default().to_owned())
}

const MINE: &str = "/api/v1/me/factor";

/// The secret and the recovery codes.
async fn set_up(app: &TestApp, cookie: &str, role: Role) -> (String, Vec<String>) {
    let (status, offer) = ask(app, cookie, Method::POST, MINE, json!({"password": password(role)})).await;
    assert_eq!(status, 200, "{offer}");
    let secret = offer["secret"].as_str().unwrap().to_owned();
    assert!(offer["uri"].as_str().unwrap().contains(&secret) && offer["picture"].as_str().unwrap().contains("<svg"));
    let (status, codes) = ask(app, cookie, Method::PUT, MINE, json!({"code": code(&secret, -1)})).await;
    assert_eq!(status, 200, "{codes}");
    let codes = codes["codes"].as_array().unwrap().iter();
    (secret, codes.map(|code| code.as_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn a_code_is_asked_for_and_works_once() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let (role, cookie) = (Role::Analyst, app.cookie(&tenant, Role::Analyst).await);
    ask(app, &cookie, Method::POST, MINE, json!({"password": password(role)})).await;
    assert_eq!(
        sign_in(app, &tenant, role, None).await.0,
        200,
        "what was only begun asks for nothing"
    );
    let wrong = ask(app, &cookie, Method::PUT, MINE, json!({"code": "000000"})).await;
    assert_eq!(wrong.0, 400);
    let (secret, recovery) = set_up(app, &cookie, role).await;
    let (_, state) = ask(app, &cookie, Method::GET, MINE, Value::Null).await;
    assert_eq!(state["recovery_codes_left"], 10);
    assert!(state["since"].is_string());

    assert_eq!(
        sign_in(app, &tenant, role, None).await,
        (401, "second_factor_required".to_owned())
    );
    assert_eq!(sign_in(app, &tenant, role, Some("")).await.1, "second_factor_required");
    assert_eq!(
        sign_in(app, &tenant, role, Some(&code(&secret, -1))).await.0,
        401,
        "it was used to begin"
    );
    let now = code(&secret, 0);
    assert_eq!(sign_in(app, &tenant, role, Some(&now)).await.0, 200);
    assert_eq!(
        sign_in(app, &tenant, role, Some(&now)).await,
        (401, "unauthenticated".to_owned()),
        "twice"
    );
    assert_eq!(sign_in(app, &tenant, role, Some(&recovery[0])).await.0, 200);
    assert_eq!(sign_in(app, &tenant, role, Some(&recovery[0])).await.0, 401, "twice");
    let typed = recovery[1].to_lowercase().replace('-', " ");
    assert_eq!(
        sign_in(app, &tenant, role, Some(&typed)).await.0,
        200,
        "as people type it"
    );
    let (_, state) = ask(app, &cookie, Method::GET, MINE, Value::Null).await;
    assert_eq!(state["recovery_codes_left"], 8);
}

#[tokio::test]
async fn codes_are_not_to_be_guessed() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let role = Role::Viewer;
    let cookie = app.cookie(&tenant, role).await;
    let (secret, _) = set_up(app, &cookie, role).await;
    let mut answers = Vec::new();
    for guess in 0..8 {
        answers.push(sign_in(app, &tenant, role, Some(&format!("{guess:06}"))).await.0);
    }
    assert!(answers.ends_with(&[429, 429]), "{answers:?}");
    assert_eq!(
        sign_in(app, &tenant, role, Some(&code(&secret, 0))).await.0,
        429,
        "the right one neither"
    );
}

#[tokio::test]
async fn it_goes_with_password_and_code_or_by_an_owner() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let (role, cookie) = (Role::Admin, app.cookie(&tenant, Role::Admin).await);
    let wrong = ask(
        app,
        &cookie,
        Method::POST,
        MINE,
        json!({"password": "a wrong password"}),
    )
    .await;
    assert_eq!(wrong.0, 400);
    let (_, recovery) = set_up(app, &cookie, role).await;
    let again = ask(app, &cookie, Method::POST, MINE, json!({"password": password(role)})).await;
    assert_eq!(again.0, 409, "a stolen session replaces none");
    let removal = |code: &str| json!({"password": password(role), "code": code});
    let path = "/api/v1/me/factor/removal";
    assert_eq!(ask(app, &cookie, Method::POST, path, removal("")).await.0, 400);
    assert_eq!(
        ask(app, &cookie, Method::POST, path, removal("AAAA-BBBB-CCCC-DDDD"))
            .await
            .0,
        400
    );
    assert_eq!(
        ask(app, &cookie, Method::POST, path, removal(&recovery[0])).await.0,
        204
    );
    assert_eq!(sign_in(app, &tenant, role, None).await.0, 200);

    let owner = app.cookie(&tenant, Role::Owner).await;
    set_up(app, &owner, Role::Owner).await;
    let of = |number: usize| format!("/api/v1/people/{}/factor", tenant.members[number].user);
    assert_eq!(
        ask(app, &cookie, Method::DELETE, &of(0), Value::Null).await.0,
        403,
        "owners alone about owners"
    );
    assert_eq!(
        ask(app, &owner, Method::DELETE, &of(1), Value::Null).await.0,
        404,
        "there is none any more"
    );
    set_up(app, &cookie, role).await;
    let (_, people) = ask(app, &owner, Method::GET, "/api/v1/people", Value::Null).await;
    let has: Vec<_> = people["people"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|person| person["has_factor"] == true)
        .collect();
    assert_eq!(has.len(), 2, "{people}");
    assert_eq!(ask(app, &owner, Method::DELETE, &of(1), Value::Null).await.0, 204);
    assert_eq!(sign_in(app, &tenant, role, None).await.0, 200);
    let (_, log) = ask(app, &owner, Method::GET, "/api/v1/audit", Value::Null).await;
    let text = log.to_string();
    for action in [
        "people.reset_factor",
        "me.confirm_factor",
        "me.remove_factor",
        "me.begin_factor",
    ] {
        assert!(text.contains(action), "{action}: {log:#}");
    }
    assert!(!text.contains(&recovery[1]), "no code is a matter of record");
}

#[tokio::test]
async fn an_invitation_of_an_account_asks_for_its_password_and_its_code() {
    let Some(app) = app::shared() else { return };
    let (home, other) = (app.tenant().await, app.tenant().await);
    let (role, cookie) = (Role::Analyst, app.cookie(&home, Role::Analyst).await);
    let (secret, _) = set_up(app, &cookie, role).await;
    let owner = app.cookie(&other, Role::Owner).await;
    let new = json!({"email": email(&home, role), "role": "viewer"});
    let (_, issued) = ask(app, &owner, Method::POST, "/api/v1/people/invitations", new).await;
    let token = issued["path"]
        .as_str()
        .unwrap()
        .strip_prefix("/invitation?token=")
        .unwrap();
    let accept = async |password: String, code: Option<String>| {
        let body = json!({"token": token, "password": password, "code": code});
        ask(app, "", Method::POST, "/api/v1/invitation/acceptance", body).await
    };
    assert_eq!(accept("a wrong password".to_owned(), None).await.0, 401);
    let (status, said) = accept(password(role), None).await;
    assert_eq!((status, &said["code"]), (401, &json!("second_factor_required")));
    let (status, me) = accept(password(role), Some(code(&secret, 0))).await;
    assert_eq!((status, &me["tenant_id"]), (200, &json!(other.id)), "{me}");
}
