//! Keycloak, an identity provider: one realm with two groups and a person in one of them, kept in memory.

use super::{Server, fetch, home, home::Home, http, java};
use anyhow::Result;
use serde_json::json;
use std::{fs, process::Command};

const VERSION: &str = "26.0.7";
const SUM: &str = "25353b74613bcf72db67f8addbd88d832c705a69333091a16573d249d665fe21  keycloak-quarkus-dist-26.0.7.zip";
const PORT: u16 = 18089;
const MANAGEMENT_PORT: u16 = 18090;
/// Of the client `watchfloor`.
const SECRET: &str = "client-secret";
/// Of the person `cy`.
const PASSWORD: &str = "password";

pub static SERVER: Server = Server {
    name: "keycloak",
    version: || VERSION.to_owned(),
    address: "http://127.0.0.1:18089/realms/soc",
    ports: &[PORT, MANAGEMENT_PORT],
    secret: Some(SECRET),
    ready_seconds_max: 180,
    end_signal: "TERM",
    install,
    launch,
    ready: |_| http::get(PORT, "/realms/soc/.well-known/openid-configuration", None).map(drop),
    complete: |_| Ok(()),
};

fn install() -> Result<()> {
    java::install_distributions()?;
    home::install("keycloak", SUM, |folder| {
        let artifact = format!("org.keycloak:keycloak-quarkus-dist:{VERSION}:zip");
        fetch::archive("Keycloak", &artifact, SUM, folder)?;
        fetch::unzip(&folder.join(format!("keycloak-quarkus-dist-{VERSION}.zip")), folder)
    })
}

fn launch(home: &Home) -> Result<Command> {
    let program = home::program("keycloak").join(format!("keycloak-{VERSION}"));
    // Where it looks for realms that it does not know yet; in memory, it knows none at a start.
    let import = program.join("data/import");
    fs::create_dir_all(&import)?;
    let realm = home.write_private("realm.json", &realm(home)?.to_string())?;
    let place = import.join("soc-realm.json");
    let _ = fs::remove_file(&place);
    std::os::unix::fs::symlink(realm, place)?;
    let java = java::distributions_program()?;
    let mut command = Command::new("bash");
    command
        .arg(program.join("bin/kc.sh"))
        .args(["start-dev", "--import-realm", "--db=dev-mem", "--cache=local"])
        .args(["--http-host=127.0.0.1", &format!("--http-port={PORT}")])
        .arg(format!("--http-management-port={MANAGEMENT_PORT}"))
        // Else its pool closes idle connections in time, and what is kept in memory goes with the last.
        .env("KC_DB_URL", "jdbc:h2:mem:keycloak;NON_KEYWORDS=VALUE;DB_CLOSE_DELAY=-1")
        .env("JAVA", java)
        .env("JAVA_OPTS_KC_HEAP", "-Xms64m -Xmx384m")
        .current_dir(home.path(""));
    Ok(command)
}

fn realm(home: &Home) -> Result<serde_json::Value> {
    let mapper = json!({
        "name": "groups", "protocol": "openid-connect", "protocolMapper": "oidc-group-membership-mapper",
        "config": {"claim.name": "groups", "full.path": "false", "id.token.claim": "true", "userinfo.token.claim": "true"},
    });
    let client = json!({
        "clientId": "watchfloor", "secret": home.secret(SECRET)?, "redirectUris": ["http://127.0.0.1:*"],
        "attributes": {"pkce.code.challenge.method": "S256"}, "protocolMappers": [mapper],
    });
    let person = json!({
        "username": "cy", "enabled": true, "email": "cy@x.example", "emailVerified": true, "firstName": "Cy",
        "lastName": "Provided", "groups": ["/analysts"],
        "credentials": [{"type": "password", "value": home.secret(PASSWORD)?}],
    });
    Ok(json!({
        "realm": "soc", "enabled": true, "groups": [{"name": "analysts"}, {"name": "leads"}], "clients": [client],
        "users": [person],
    }))
}
