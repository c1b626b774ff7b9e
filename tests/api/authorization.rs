//! Every route of the table is tried without a session, with every role, with a key, and with another tenant's ids. A route
//! that nobody tried fails.

use super::client;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use watchfloor::api::{
    access::Access,
    routes::{Route, TABLE},
};
use watchfloor_shared::{
    AlertId, EndpointId, EventId,
    identity::{Permission, Role},
};
use watchfloor_tests::app::{self, Tenant, TestApp};

/// How to ask a route about the things of a tenant.
struct Attempt {
    path: String,
    body: Option<Value>,
    /// Instead of a JSON body.
    text: Option<&'static str>,
    if_match: bool,
}

fn attempt(route: &Route, of: &Tenant) -> Attempt {
    let (alert, event, endpoint) = (&of.alert, &of.event, &of.endpoint);
    let get = |path: String| Attempt {
        path,
        body: None,
        text: None,
        if_match: false,
    };
    let send = |path: &str, body: Value| Attempt {
        path: path.to_owned(),
        body: Some(body),
        text: None,
        if_match: false,
    };
    let lines = |text: &'static str| Attempt {
        text: Some(text),
        ..get(route.path.replace("{index}", "some-index"))
    };
    match route.name {
        "health.live"
        | "health.ready"
        | "health.summary"
        | "metrics"
        | "openapi"
        | "docs.page"
        | "setup.state"
        | "me"
        | "alerts.list"
        | "alerts.facets"
        | "alerts.histogram"
        | "events.fields"
        | "endpoints.list"
        | "pipeline.get"
        | "pipeline.dead_letters"
        | "inventory.assets"
        | "inventory.people"
        | "inventory.sites"
        | "map"
        | "map.live"
        | "rules.list"
        | "models.list"
        | "live"
        | "keys.list"
        | "walls.list"
        | "walls.organizations"
        | "wall.begin"
        | "wall.pairing"
        | "wall"
        | "wall.live"
        | "sensors.list"
        | "fleet.list"
        | "fleet.claims"
        | "audit.list"
        | "audit.verify"
        | "audit.export"
        | "plain.alerts"
        | "plain.endpoints"
        | "session.sign_out" => get(route.path.to_owned()),
        "docs.file" => get("/api/docs/docs.css".to_owned()),
        "pictures" => get("/api/v1/pictures/alerts.svg".to_owned()),
        "setup.redeem" => send(
            route.path,
            json!({"token": "wrong", "name": "a", "email": "a@b.example", "password": "a long enough one"}),
        ),
        "session.sign_in" => send(
            route.path,
            json!({"email": format!("x@{}.example", of.marker), "password": "wrong"}),
        ),
        "people.list" | "me.sessions" | "me.factor" | "me.organizations" => get(route.path.to_owned()),
        "organizations.list" => get(route.path.to_owned()),
        "organizations.make" => send(
            route.path,
            json!({"id": "of-mine", "name": "Mine", "owner": "a@b.example"}),
        ),
        "organizations.change" => send(&format!("/api/v1/organizations/{}", of.id), json!({"suspended": true})),
        "session.provider" | "session.provider_return" => get(route.path.to_owned()),
        "session.switch" => send(route.path, json!({"id": of.id})),
        "me.begin_factor" => send(route.path, json!({"password": "wrong"})),
        "me.confirm_factor" => send(route.path, json!({"code": "000000"})),
        "me.remove_factor" => send(route.path, json!({"password": "wrong", "code": "000000"})),
        "people.reset_factor" => get(format!("/api/v1/people/{}/factor", of.person)),
        "people.change" => send(&format!("/api/v1/people/{}", of.person), json!({"role": "viewer"})),
        "people.remove" => get(format!("/api/v1/people/{}", of.person)),
        "people.invite" => send(route.path, json!({"email": "new@elsewhere.example", "role": "viewer"})),
        "people.cancel_invitation" => get(format!("/api/v1/people/invitations/{}", of.invitation)),
        "invitation.look" => send(route.path, json!({"token": "wrong"})),
        "invitation.accept" => send(route.path, json!({"token": "wrong", "password": "a long enough one"})),
        "me.password" => send(route.path, json!({"current": "wrong", "new": "short"})),
        "me.end_session" => get("/api/v1/me/sessions/nobodys".to_owned()),
        "me.end_sessions" => get(route.path.to_owned()),
        "session.link" => send(route.path, json!({"token": "wrong"})),
        "alerts.bulk" => send(
            route.path,
            json!({"ids": [alert], "action": {"change": {"note": "mine"}}}),
        ),
        "alerts.shown" => send(route.path, json!({"ids": [alert]})),
        "alerts.get" => get(format!("/api/v1/alerts/{alert}")),
        "alerts.change" => Attempt {
            if_match: true,
            ..send(&format!("/api/v1/alerts/{alert}"), json!({"assignee": "me"}))
        },
        "alerts.undo" => Attempt {
            if_match: true,
            ..get(format!("/api/v1/alerts/{alert}/undo"))
        },
        "alerts.tree" => get(format!("/api/v1/alerts/{alert}/tree")),
        "alerts.timeline" => get(format!("/api/v1/alerts/{alert}/timeline")),
        "events.search" => send(route.path, json!({"limit": 10})),
        "events.get" => get(format!("/api/v1/events/{event}")),
        "endpoints.get" => get(format!("/api/v1/endpoints/{endpoint}")),
        "pipeline.redrive" => send(route.path, json!({})),
        "inventory.replace_assets" | "inventory.replace_people" => send(route.path, json!([{"name": of.marker}])),
        "inventory.replace_sites" => send(
            route.path,
            json!([{"name": of.marker, "latitude": 1.5, "longitude": 2.5}]),
        ),
        "keys.issue" => send(route.path, json!({"name": "another"})),
        "walls.pair" => send(
            route.path,
            json!({"code": "000000", "wall": {"name": "Lobby", "scenes": ["map"]}}),
        ),
        "walls.change" => send(&format!("/api/v1/walls/{}", of.wall), json!({"name": "mine"})),
        "walls.revoke" => get(format!("/api/v1/walls/{}", of.wall)),
        "fleet.get" | "fleet.revoke" => get(format!("/api/v1/fleet/{}", of.sensor)),
        "fleet.change" => send(&format!("/api/v1/fleet/{}", of.sensor), json!({"name": "mine"})),
        "fleet.commands" => get(format!("/api/v1/fleet/{}/commands", of.sensor)),
        "fleet.command" => send(
            &format!("/api/v1/fleet/{}/commands", of.sensor),
            json!({"command": {"kind": "diagnostics"}}),
        ),
        "fleet.cancel_command" => get(format!("/api/v1/fleet/{}/commands/1", of.sensor)),
        "fleet.make_claim" => send(route.path, json!({"name": "another"})),
        "fleet.cancel_claim" => get(format!("/api/v1/fleet/claims/{}", of.claim)),
        "ingest.enrolment" => send(route.path, json!({"code": "wrong", "request_pem": "x"})),
        "ingest.renewal" => send(route.path, json!({"request_pem": "x"})),
        "keys.revoke" => get(format!("/api/v1/keys/{}", of.key_id)),
        "ingest.sensor" => send(route.path, json!({"sensor": of.marker, "records": [{"a": 1}]})),
        "ingest.otlp_logs" => send(route.path, json!({"resourceLogs": []})),
        "ingest.sysmon" => send(route.path, json!({"a": 1})),
        "ingest.bulk" | "ingest.bulk_put" | "ingest.bulk_of_index" | "ingest.bulk_of_index_put" => {
            lines("{\"index\":{}}\n{\"a\":1}\n")
        }
        "hec" | "hec.event" | "hec.event_1_0" => lines("{\"event\":\"x\"}"),
        "hec.raw" => lines("x\n"),
        "hec.health" | "elastic.info" | "elastic.license" | "elastic.xpack" | "elastic.health" => {
            get(route.path.to_owned())
        }
        name if name.starts_with("elastic.") => get(route.path.replace("{name}", "filebeat")),
        "plain.alert" => get(format!("/alerts/{alert}")),
        "plain.feedback" => send(route.path, json!({"alert_id": alert, "verdict": "true_positive"})),
        other => panic!("nobody tried to break into {other}: say in this test how it is asked"),
    }
}

async fn send(app: &TestApp, route: &Route, attempt: &Attempt, credential: Option<(&str, &str)>) -> Response {
    let method: Method = route.method.as_str().parse().unwrap();
    let mut request = client()
        .request(method, app.url(&attempt.path))
        .header("accept", "application/json");
    if let Some(body) = &attempt.body {
        request = request.json(body);
    }
    if let Some(text) = attempt.text {
        request = request.body(text);
    }
    if attempt.if_match {
        request = request.header("if-match", "*");
    }
    if let Some((name, value)) = credential {
        request = request.header(name, value);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn without_a_session_only_public_routes_answer() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    for route in TABLE {
        let attempt = attempt(route, &tenant);
        let stranger = (
            "cookie",
            "watchfloor_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        );
        for credential in [None, Some(stranger), Some(("x-api-key", "wf_wrong_key"))] {
            let status = send(app, route, &attempt, credential).await.status().as_u16();
            match route.access {
                Access::Public => assert_ne!(status, 403, "{}", route.name),
                Access::LoopbackOr(_) => assert_eq!(status, 200, "{}", route.name),
                _ => assert_eq!(status, 401, "{} with {credential:?}", route.name),
            }
        }
        if let Access::LoopbackOr(_) = route.access {
            let proxied = send(app, route, &attempt, Some(("x-forwarded-for", "192.0.2.1"))).await;
            assert_eq!(proxied.status(), 401, "{} through a proxy", route.name);
        }
    }
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_no_more() {
    let Some(app) = app::shared() else { return };
    for role in Role::ALL {
        let tenant = app.tenant().await;
        for route in TABLE.iter().filter(|route| route.access != Access::Public) {
            if matches!(route.access, Access::LoopbackOr(_)) {
                continue;
            }
            let cookie = app.cookie(&tenant, role).await;
            let answer = send(app, route, &attempt(route, &tenant), Some(("cookie", &cookie))).await;
            let status = answer.status().as_u16();
            if route.access == Access::Screen {
                assert_eq!(status, 401, "{role:?} at {}: a person is no screen", route.name);
                continue;
            }
            // Of organizations that are not the first, owners neither.
            let may =
                route.access != Access::Host && route.access.permission().is_none_or(|permission| role.may(permission));
            match may {
                true => assert!(
                    ![401, 403].contains(&status) && status < 500,
                    "{role:?} at {}: {status}",
                    route.name
                ),
                false => assert_eq!(status, 403, "{role:?} at {}", route.name),
            }
        }
    }
}

#[tokio::test]
async fn a_key_sends_and_does_nothing_else() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    for route in TABLE
        .iter()
        .filter(|r| !matches!(r.access, Access::Public | Access::LoopbackOr(_)))
    {
        let answer = send(app, route, &attempt(route, &tenant), Some(("x-api-key", &tenant.key))).await;
        let expected = match route.access {
            Access::Screen => 401,
            // A key is no certificate, so there is none to renew.
            _ if route.name == "ingest.renewal" => 403,
            access if access.permission() == Some(Permission::Ingest) => 200,
            _ => 403,
        };
        assert_eq!(answer.status(), expected, "{}", route.name);
    }
}

/// The attacker owns a tenant and asks for the victim's things: the answer is the one for things that do not exist, byte by
/// byte, and nothing of the victim is in it.
#[tokio::test]
async fn another_tenants_things_do_not_exist() {
    let Some(app) = app::shared() else { return };
    let (victim, attacker) = (app.tenant().await, app.tenant().await);
    let mut nothing = victim.clone();
    nothing.alert = AlertId::new("0".repeat(32));
    nothing.event = EventId::new("0".repeat(32));
    nothing.endpoint = EndpointId::new("no-such-host");
    nothing.key_id = "0".repeat(32);
    nothing.wall = "0".repeat(32);
    nothing.sensor = "0".repeat(32);
    nothing.claim = "0".repeat(32);
    nothing.person = "0".repeat(32);
    nothing.invitation = "0".repeat(32);
    for route in TABLE.iter().filter(|route| {
        ![Access::Public, Access::Host].contains(&route.access) && !["live", "map.live"].contains(&route.name)
    }) {
        let ingests = route.access.permission() == Some(Permission::Ingest);
        let cookie = app.cookie(&attacker, Role::Owner).await;
        let credential = if ingests {
            ("x-api-key", attacker.key.as_str())
        } else {
            ("cookie", cookie.as_str())
        };
        let stolen = send(app, route, &attempt(route, &victim), Some(credential)).await;
        let status = stolen.status();
        let body = stolen.text().await.unwrap();
        // A picture is named by what it shows, and shows the caller's own.
        let names_a_thing = route.path.contains('{') && route.name != "pictures";
        let asks_by_id = names_a_thing && !ingests || route.name == "plain.feedback";
        if asks_by_id {
            assert_eq!(status, 404, "{}: {body}", route.name);
            let missing = send(app, route, &attempt(route, &nothing), Some(credential)).await;
            assert_eq!(
                missing.text().await.unwrap(),
                body,
                "{} tells the two apart",
                route.name
            );
        }
        let echoed = body.replace(victim.alert.as_str(), "");
        assert!(
            !echoed.contains(&victim.marker),
            "{} shows the victim's data: {body}",
            route.name
        );
    }
    // And nothing happened to the victim's alert.
    let cookie = app.cookie(&victim, Role::Owner).await;
    let alert = client()
        .get(app.url(&format!("/api/v1/alerts/{}", victim.alert)))
        .header("cookie", cookie);
    let (status, alert) = super::read(alert.send().await.unwrap()).await;
    assert_eq!(
        (status, &alert["version"], &alert["times"]["shown"]),
        (200, &json!(1), &Value::Null)
    );
}
