//! Signing in by an identity provider, whole and gone wrong.

use reqwest::{Client, Method, StatusCode, header, redirect::Policy};
use serde_json::{Value, json};
use tempfile::TempDir;
use watchfloor::{
    clock::Clock,
    oidc::{GrantConfig, OidcConfig},
    startup::{self, Doors, Running},
    store::{
        Secret,
        identity::{create_account, create_tenant},
    },
};
use watchfloor_shared::{TenantId, identity::Role};
use watchfloor_tests::{
    idp::{CLIENT, Idp, SECRET},
    product,
};

struct Floor {
    running: Running,
    idp: Idp,
    _dir: TempDir,
}

fn grant(group: &str, organization: &str, role: Role) -> GrantConfig {
    GrantConfig {
        group: group.to_owned(),
        organization: organization.parse().unwrap(),
        role,
    }
}

async fn floor(change: impl FnOnce(&mut OidcConfig)) -> Floor {
    let (dir, idp) = (product::folder(), Idp::start().await);
    let mut config = product::config(dir.path());
    config.identity.oidc = OidcConfig {
        issuer: Some(idp.issuer.clone()),
        client_id: CLIENT.to_owned(),
        client_secret: Some(Secret::new(SECRET)),
        grants: vec![
            grant("soc", "default", Role::Analyst),
            grant("leads", "default", Role::Admin),
            grant("soc-beta", "beta", Role::Viewer),
        ],
        ..OidcConfig::default()
    };
    change(&mut config.identity.oidc);
    let running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
    let beta: TenantId = "beta".parse().unwrap();
    create_tenant(&running.db, &beta, "Beta").await.unwrap();
    idp.says().claims = ada(&["soc"]);
    Floor {
        running,
        idp,
        _dir: dir,
    }
}

fn ada(groups: &[&str]) -> Value {
    json!({"sub": "ada-1", "email": "Ada@x.org", "email_verified": true, "name": "Ada L.", "groups": groups})
}

/// A browser: it keeps cookies and shows where it is led.
struct Browser<'a> {
    http: Client,
    floor: &'a Floor,
}

impl<'a> Browser<'a> {
    fn new(floor: &'a Floor) -> Self {
        let http = Client::builder().cookie_store(true).redirect(Policy::none());
        Self {
            http: http.build().unwrap(),
            floor,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.floor.running.url())
    }

    async fn led(&self, url: &str) -> String {
        let answer = self.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{url}");
        answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
    }

    /// The way there and at the provider: the address that leads back.
    async fn way_back(&self) -> String {
        let there = self
            .led(&self.url("/api/v1/session/provider?next=/alerts?severity=high"))
            .await;
        assert!(there.starts_with(&self.floor.idp.issuer), "{there}");
        self.led(&there).await
    }

    /// Where the whole way ends.
    async fn sign_in(&self) -> String {
        let back = self.way_back().await;
        self.led(&back).await
    }

    async fn me(&self) -> Option<Value> {
        let answer = self.http.get(self.url("/api/v1/me")).send().await.unwrap();
        match answer.status() {
            StatusCode::OK => Some(answer.json().await.unwrap()),
            _ => None,
        }
    }

    async fn audit(&self) -> Value {
        let asked = self.http.request(Method::GET, self.url("/api/v1/audit"));
        asked.send().await.unwrap().json().await.unwrap()
    }
}

const REFUSED: &str = "/sign-in?refused=";

#[tokio::test(flavor = "multi_thread")]
async fn groups_decide_anew_at_each_sign_in() {
    let floor = floor(|_| {}).await;
    let first = Browser::new(&floor);
    assert_eq!(first.sign_in().await, "/alerts?severity=high");
    let me = first.me().await.unwrap();
    assert_eq!(
        (&me["email"], &me["name"], &me["role"]),
        (&json!("ada@x.org"), &json!("Ada L."), &json!("analyst"))
    );

    // Another address is the same person still; another group, another role, and another organization.
    floor.idp.says().claims = ada(&["leads", "soc", "soc-beta"]);
    floor.idp.says().claims["email"] = json!("ada.lovelace@x.org");
    let second = Browser::new(&floor);
    assert_eq!(second.sign_in().await, "/alerts?severity=high");
    let again = second.me().await.unwrap();
    assert_eq!((&again["id"], &again["role"]), (&me["id"], &json!("admin")));
    assert_eq!(again["organizations"].as_array().unwrap().len(), 2, "{again}");
    assert_eq!(
        first.me().await.unwrap()["role"],
        "admin",
        "the session from before has it too"
    );
    let log = second.audit().await;
    assert!(
        log["entries"]
            .as_array()
            .unwrap()
            .iter()
            .any(|entry| entry["action"] == "session.provider_return"),
        "{log}"
    );

    floor.idp.says().claims = ada(&["soc-beta"]);
    let third = Browser::new(&floor);
    third.sign_in().await;
    assert_eq!(third.me().await.unwrap()["tenant_id"], "beta");
    assert_eq!(first.me().await, None, "what no group gives any more has ended");

    floor.idp.says().claims = ada(&["strangers"]);
    assert_eq!(
        Browser::new(&floor).sign_in().await,
        format!("{REFUSED}no_organization")
    );
    assert_eq!(third.me().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_may_stand_in_the_user_info_and_within_objects() {
    let floor = floor(|oidc| oidc.groups_claim = "realm_access.roles".to_owned()).await;
    let mut claims = ada(&[]);
    claims.as_object_mut().unwrap().remove("groups");
    floor.idp.says().claims = claims;
    floor.idp.says().user_info = json!({"sub": "ada-1", "realm_access": {"roles": ["soc"]}});
    let browser = Browser::new(&floor);
    assert_eq!(browser.sign_in().await, "/alerts?severity=high");
    assert_eq!(browser.me().await.unwrap()["role"], "analyst");
    floor.idp.says().user_info = json!({"sub": "somebody-else", "realm_access": {"roles": ["leads"]}});
    assert_eq!(Browser::new(&floor).sign_in().await, format!("{REFUSED}untrue"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_does_not_hold_lets_nobody_in() {
    let floor = floor(|_| {}).await;
    let refused = async |why: &str, name: &str, value: Value| {
        floor.idp.says().claims = ada(&["soc"]);
        floor.idp.says().claims[name] = value;
        let browser = Browser::new(&floor);
        assert_eq!(browser.sign_in().await, format!("{REFUSED}{why}"), "{name}");
        assert_eq!(browser.me().await, None, "{name}");
    };
    refused("untrue", "nonce", json!("another sign-in's")).await;
    refused("untrue", "nonce", Value::Null).await;
    refused("untrue", "aud", json!("another-client")).await;
    refused("untrue", "iss", json!("https://elsewhere.example")).await;
    refused("untrue", "exp", json!(1_700_000_000)).await;
    refused("no_address", "email", Value::Null).await;
    floor.idp.says().forges = true;
    refused("untrue", "name", json!("Mallory")).await;
    floor.idp.says().forges = false;

    // A new key is asked for when it is met.
    floor.idp.rotate();
    floor.idp.says().claims = ada(&["soc"]);
    assert_eq!(Browser::new(&floor).sign_in().await, "/alerts?severity=high");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_is_one_persons_and_once() {
    let floor = floor(|_| {}).await;
    let (ada, mallory) = (Browser::new(&floor), Browser::new(&floor));
    let back = ada.way_back().await;
    // Somebody who is given another's way back.
    assert_eq!(mallory.led(&back).await, format!("{REFUSED}stale"));
    mallory.way_back().await;
    assert_eq!(
        mallory.led(&back).await,
        format!("{REFUSED}stale"),
        "with a way of their own begun"
    );
    assert_eq!(ada.led(&back).await, "/alerts?severity=high");
    assert_eq!(ada.led(&back).await, format!("{REFUSED}stale"), "a second time");
    let denied = ada.led(&ada.url("/api/v1/session/provider")).await;
    let state = denied.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let denied = ada.url(&format!(
        "/api/v1/session/provider/return?error=access_denied&state={state}"
    ));
    assert_eq!(ada.led(&denied).await, format!("{REFUSED}refused"));
    assert!(ada.me().await.is_some(), "the session from before goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_somebody_has_is_theirs() {
    let floor = floor(|_| {}).await;
    let owner = async |floor: &Floor| {
        let (tenant, password) = (&floor.running.tenant, Secret::new("correct horse battery"));
        create_account(&floor.running.db, tenant, "Ada", "ada@x.org", &password, Role::Owner)
            .await
            .unwrap()
    };
    owner(&floor).await;
    assert_eq!(Browser::new(&floor).sign_in().await, format!("{REFUSED}address_taken"));

    let linking = super::provider::floor(|oidc| oidc.link_by_email = true).await;
    let ada_of_here = owner(&linking).await;
    linking.idp.says().claims["email_verified"] = json!(false);
    assert_eq!(
        Browser::new(&linking).sign_in().await,
        format!("{REFUSED}address_taken"),
        "unverified"
    );
    linking.idp.says().claims["email_verified"] = json!(true);
    let browser = Browser::new(&linking);
    assert_eq!(browser.sign_in().await, "/alerts?severity=high");
    let me = browser.me().await.unwrap();
    assert_eq!(
        (me["id"].as_str(), &me["role"]),
        (Some(ada_of_here.user.as_str()), &json!("owner")),
        "what they were, they stay"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_is_said_to_be() {
    let mut floor = floor(|_| {}).await;
    let answer = Client::new()
        .get(format!("{}/api/v1/setup", floor.running.url()))
        .send()
        .await
        .unwrap();
    let state: Value = answer.json().await.unwrap();
    assert_eq!(state["provider"], "your organization's account");
    // Ends the one that was there.
    floor.idp = Idp::start().await;
    let browser = Browser::new(&floor);
    let led = browser.led(&browser.url("/api/v1/session/provider")).await;
    assert_eq!(led, format!("{REFUSED}away"));
}
