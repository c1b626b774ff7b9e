//! Coming in with a code and by an identity provider, and going from one organization to another.

use super::{artefacts, browser_is_here, link, script_with};
use serde_json::json;
use watchfloor::{
    clock::Clock,
    oidc::{GrantConfig, OidcConfig},
    startup::{self, Doors},
    store::{Secret, identity},
};
use watchfloor_shared::{TenantId, identity::Role};
use watchfloor_tests::{
    idp::{CLIENT, Idp, SECRET},
    product,
};

fn grant(organization: &str, role: Role) -> GrantConfig {
    GrantConfig {
        group: "soc".to_owned(),
        organization: organization.parse().unwrap(),
        role,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_a_provider_and_several_organizations() {
    if !browser_is_here() {
        return;
    }
    let (dir, idp) = (product::folder(), Idp::start().await);
    let mut config = product::config(dir.path());
    config.identity.oidc = OidcConfig {
        issuer: Some(idp.issuer.clone()),
        client_id: CLIENT.to_owned(),
        client_secret: Some(Secret::new(SECRET)),
        name: "Acme SSO".to_owned(),
        grants: vec![grant("default", Role::Admin), grant("beta", Role::Viewer)],
        ..OidcConfig::default()
    };
    let running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
    let beta: TenantId = "beta".parse().unwrap();
    identity::create_tenant(&running.db, &beta, "Beta Works").await.unwrap();
    let groups = json!(["soc"]);
    idp.says().claims = json!({"sub": "cy", "email": "cy@x.org", "name": "Cy Provided", "groups": groups});
    let password = Secret::new("correct horse battery");
    let person = identity::create_account(
        &running.db,
        &running.tenant,
        "Bo Analyst",
        "bo@x.org",
        &password,
        Role::Analyst,
    );
    person.await.unwrap();
    let link = link(&running).await;
    let passed = script_with("factors.mjs", &link, &[("PROVIDER", &idp.issuer)]).await;
    running.stop().await;
    assert!(passed, "see above; pictures in {}", artefacts().display());
}
