//! Signing in at a real Keycloak: its page, its tokens, its keys.

use reqwest::{Client, Response, StatusCode, header, redirect::Policy};
use serde_json::{Value, json};
use watchfloor::{
    clock::Clock,
    oidc::{GrantConfig, OidcConfig},
    startup::{self, Doors},
    store::Secret,
};
use watchfloor_shared::identity::Role;
use watchfloor_tests::{product, services::secret};

const REALM: &str = "http://127.0.0.1:18089/realms/soc";

fn led(answer: &Response) -> String {
    let status = answer.status();
    assert!(status.is_redirection(), "{status} of {}", answer.url());
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

/// What the page's form is sent to.
fn form(page: &str) -> String {
    let (_, rest) = page
        .split_once("action=\"")
        .unwrap_or_else(|| panic!("no form: {page}"));
    rest.split('"').next().unwrap().replace("&amp;", "&")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_its_realm_comes_in_with_the_role_of_their_group() {
    let (Some(client_secret), Some(password)) = (secret("keycloak", "client-secret"), secret("keycloak", "password"))
    else {
        return;
    };
    let dir = product::folder();
    let mut config = product::config(dir.path());
    let grant = |group: &str, role| GrantConfig {
        group: group.to_owned(),
        organization: "default".parse().unwrap(),
        role,
    };
    config.identity.oidc = OidcConfig {
        issuer: Some(REALM.to_owned()),
        client_id: "watchfloor".to_owned(),
        client_secret: Some(Secret::new(client_secret)),
        grants: vec![grant("leads", Role::Admin), grant("analysts", Role::Analyst)],
        ..OidcConfig::default()
    };
    let running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
    let url = |path: &str| format!("{}{path}", running.url());
    let browser = Client::builder()
        .cookie_store(true)
        .redirect(Policy::none())
        .build()
        .unwrap();
    let get = async |url: String| browser.get(url).send().await.unwrap();

    let there = led(&get(url("/api/v1/session/provider?next=/hunt")).await);
    assert!(
        there.starts_with(REALM) && there.contains("code_challenge_method=S256"),
        "{there}"
    );
    let send = async |page: String, password: &str| {
        let fields = [("username", "cy"), ("password", password), ("credentialId", "")];
        browser.post(form(&page)).form(&fields).send().await.unwrap()
    };
    let wrong = send(get(there).await.text().await.unwrap(), "not the password").await;
    assert_eq!(wrong.status(), StatusCode::OK, "it asks again, in a form of its own");
    let back = led(&send(wrong.text().await.unwrap(), &password).await);
    assert!(back.starts_with(&url("/api/v1/session/provider/return?")), "{back}");
    assert_eq!(led(&get(back).await), "/hunt");
    let me: Value = get(url("/api/v1/me")).await.json().await.unwrap();
    assert_eq!(
        (&me["email"], &me["name"], &me["role"]),
        (&json!("cy@x.example"), &json!("Cy Provided"), &json!("analyst")),
        "{me}"
    );

    // Signed in there already: nothing is typed a second time.
    let there = led(&get(url("/api/v1/session/provider")).await);
    let back = led(&get(there).await);
    assert_eq!(led(&get(back).await), "/");
    // What the person does not agree to.
    let there = led(&get(url("/api/v1/session/provider")).await);
    let state = there.split("&state=").nth(1).unwrap().split('&').next().unwrap();
    let denied = url(&format!(
        "/api/v1/session/provider/return?error=access_denied&state={state}"
    ));
    assert_eq!(led(&get(denied).await), "/sign-in?refused=refused");
    running.stop().await;
}
