//! A wall screen: paired with a code, shown what it may, ended within a second. And nothing that is hidden in any byte of it.

use super::{client, read};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::{
    net::IpAddr,
    pin::Pin,
    time::{Duration, Instant},
};
use watchfloor::{
    api::{
        access::Access,
        routes::{Route, TABLE},
    },
    clock::Clock,
};
use watchfloor_engine::map::Sighting;
use watchfloor_shared::{
    identity::Role,
    wall::{WallNumbers, WallUpdate},
};
use watchfloor_tests::app::{self, Tenant, TestApp};

/// From an address of its own, so that what one test uses up is not another's.
fn screen(last: u8) -> Client {
    Client::builder()
        .local_address(IpAddr::from([127, 0, 7, last]))
        .build()
        .unwrap()
}

fn cookies(response: &Response) -> Vec<String> {
    let set = response.headers().get_all("set-cookie").iter();
    set.map(|value| value.to_str().unwrap().to_owned()).collect()
}

/// `name=value` of the cookie with this name, with what every cookie has.
fn cookie(response: &Response, name: &str) -> String {
    let cookies = cookies(response);
    let found = cookies
        .iter()
        .find(|cookie| cookie.starts_with(&format!("{name}=")))
        .unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/api/v1/wall"] {
        assert!(found.contains(part), "{found}");
    }
    found.split(';').next().unwrap().to_owned()
}

/// A screen that shows a code: the code and its cookie.
async fn begin(app: &TestApp, screen: &Client) -> (String, String) {
    let begun = screen.post(app.url("/api/v1/wall/pairings")).send().await.unwrap();
    let cookie = cookie(&begun, "watchfloor_pairing");
    let (status, pairing) = read(begun).await;
    assert_eq!(status, 200, "{pairing}");
    (pairing["code"].as_str().unwrap().to_owned(), cookie)
}

fn pair(app: &TestApp, owner: &str, code: &str, shows: &Value) -> RequestBuilder {
    let wall = json!({"name": "Lobby", "scenes": ["map", "techniques", "endpoints", "pipeline"], "shows": shows});
    client()
        .post(app.url("/api/v1/walls"))
        .header("cookie", owner)
        .json(&json!({"code": code, "wall": wall}))
}

async fn state(app: &TestApp, pairing: &str) -> Response {
    let asked = client().get(app.url("/api/v1/wall/pairing")).header("cookie", pairing);
    asked.send().await.unwrap()
}

/// A wall of the tenant: its id and its cookie.
async fn wall(app: &'static TestApp, tenant: &Tenant, last: u8, shows: Value) -> (String, String) {
    let (code, pairing) = begin(app, &screen(last)).await;
    let owner = app.cookie(tenant, Role::Owner).await;
    let (status, made) = read(pair(app, &owner, &code, &shows).send().await.unwrap()).await;
    assert_eq!(status, 200, "{made}");
    let paired = state(app, &pairing).await;
    let cookie = cookie(&paired, "watchfloor_wall");
    assert_eq!(read(paired).await.1, json!({"state": "paired"}));
    (made["id"].as_str().unwrap().to_owned(), cookie)
}

/// The stream as bytes, and what was read of it.
struct Tape {
    body: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>>>>,
    text: String,
    read: usize,
}

impl Tape {
    async fn of(app: &TestApp, cookie: &str) -> Self {
        let request = client().get(app.url("/api/v1/wall/live")).header("cookie", cookie);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self {
            body: Box::pin(response.bytes_stream()),
            text: String::new(),
            read: 0,
        }
    }

    /// The next update; none at the end.
    async fn next(&mut self) -> Option<WallUpdate> {
        loop {
            let rest = &self.text[self.read..];
            if let Some(at) = rest.find("\n\n") {
                let data = rest[..at].lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
                let update: WallUpdate = serde_json::from_str(data).unwrap();
                self.read += at + 2;
                return Some(update);
            }
            let more = tokio::time::timeout(Duration::from_secs(5), self.body.next()).await;
            let bytes = more.expect("the stream is silent")?.ok()?;
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    async fn numbers(&mut self) -> WallNumbers {
        loop {
            if let WallUpdate::Numbers(numbers) = self.next().await.expect("the stream ended") {
                return *numbers;
            }
        }
    }
}

/// An attack on the tenant's own host comes in.
fn attack(app: &TestApp, tenant: &Tenant, event: &str) {
    let geo = json!({"city_name": "Oslo", "country_iso_code": "NO", "location": {"lat": 59.9, "lon": 10.7}});
    let event = json!({
        "event_id": event, "alert_id": tenant.alert, "module": "suricata", "severity": 1, "rule": {"name": "Scan of ports"},
        "source": {"ip": "203.0.113.77", "domain": format!("evil.{}.example", tenant.marker), "geo": geo},
        "destination": {"ip": "10.1.2.3", "asset": {"name": format!("dc.{}", tenant.marker)}},
    });
    let seen = Sighting::read(event.to_string().as_bytes()).unwrap();
    app.map
        .take([(tenant.id.clone(), seen, Clock::system().now())].into_iter());
}

#[tokio::test]
async fn a_code_pairs_one_screen_once() {
    let Some(app) = app::shared() else { return };
    let (tenant, other) = (app.tenant().await, app.tenant().await);
    let (code, pairing) = begin(app, &screen(1)).await;
    assert_eq!(read(state(app, &pairing).await).await.1, json!({"state": "pending"}));
    let owner = app.cookie(&tenant, Role::Owner).await;
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let (status, made) = read(pair(app, &owner, &spaced, &json!({})).send().await.unwrap()).await;
    assert_eq!(status, 200, "{made}");

    let used = read(pair(app, &owner, &code, &json!({})).send().await.unwrap()).await;
    assert_eq!((used.0, &used.1["code"]), (404, &json!("not_found")));
    assert!(used.1["detail"].as_str().unwrap().contains("No screen shows this code"));
    let mistyped = read(pair(app, &owner, "12 34", &json!({})).send().await.unwrap()).await;
    assert_eq!(mistyped.0, 400);

    let paired = state(app, &pairing).await;
    let wall = cookie(&paired, "watchfloor_wall");
    assert!(
        cookies(&paired)
            .iter()
            .any(|cookie| cookie.contains("Max-Age=34560000"))
    );
    assert_eq!(read(paired).await.1, json!({"state": "paired"}));
    assert_eq!(read(state(app, &pairing).await).await.1, json!({"state": "expired"}));

    let asked = client()
        .get(app.url("/api/v1/wall"))
        .header("cookie", &wall)
        .send()
        .await
        .unwrap();
    assert_eq!(cookie(&asked, "watchfloor_wall"), wall, "renewed");
    let (status, told) = read(asked).await;
    assert_eq!((status, &told["settings"]["name"]), (200, &json!("Lobby")));
    assert_eq!(told["organization"], format!("Tenant {}", tenant.marker));

    // Another organization's administrator neither sees it nor ends it.
    let stranger = app.cookie(&other, Role::Owner).await;
    let walls = client().get(app.url("/api/v1/walls")).header("cookie", &stranger);
    let theirs = read(walls.send().await.unwrap()).await.1;
    assert!(!theirs.to_string().contains(made["id"].as_str().unwrap()), "{theirs}");
    let path = app.url(&format!("/api/v1/walls/{}", made["id"].as_str().unwrap()));
    let end = |who: &str| client().delete(&path).header("cookie", who).send();
    assert_eq!(end(&stranger).await.unwrap().status(), 404);
    let analyst = app.cookie(&tenant, Role::Analyst).await;
    assert_eq!(end(&analyst).await.unwrap().status(), 403);
    assert_eq!(end(&owner).await.unwrap().status(), 204);
    let after = client().get(app.url("/api/v1/wall")).header("cookie", &wall);
    assert_eq!(after.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn screens_and_guesses_are_throttled() {
    let Some(app) = app::shared() else { return };
    let greedy = screen(2);
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(
            greedy
                .post(app.url("/api/v1/wall/pairings"))
                .send()
                .await
                .unwrap()
                .status()
                .as_u16(),
        );
    }
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        10,
        "{statuses:?}"
    );
    assert_eq!(statuses.last(), Some(&429));
    let tenant = app.tenant().await;
    let owner = app.cookie(&tenant, Role::Owner).await;
    let mut guesses = Vec::new();
    for guess in 0..7 {
        let code = format!("{guess:06}");
        guesses.push(
            pair(app, &owner, &code, &json!({}))
                .send()
                .await
                .unwrap()
                .status()
                .as_u16(),
        );
    }
    assert_eq!(guesses.last(), Some(&429), "{guesses:?}");
}

#[tokio::test]
async fn a_wall_s_cookie_opens_its_own_routes_and_no_other() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let (_, wall) = wall(
        app,
        &tenant,
        3,
        json!({"addresses": true, "hosts": true, "users": true}),
    )
    .await;
    let value = wall.split_once('=').unwrap().1;
    // Also where somebody puts it into the place of a session or of a key.
    let disguises = [
        ("cookie", wall.clone()),
        ("cookie", format!("watchfloor_session={value}")),
        ("x-api-key", value.to_owned()),
        ("authorization", format!("Bearer {value}")),
    ];
    let closed = |route: &&Route| !matches!(route.access, Access::Public | Access::LoopbackOr(_) | Access::Screen);
    for route in TABLE.iter().filter(closed) {
        let path = route
            .path
            .replace("{id}", tenant.alert.as_str())
            .replace("{index}", "i")
            .replace("{name}", "n");
        let method: reqwest::Method = route.method.as_str().parse().unwrap();
        for (name, value) in &disguises {
            let asked = client()
                .request(method.clone(), app.url(&path))
                .header("accept", "application/json");
            let answer = asked.header(*name, value).json(&json!({})).send().await.unwrap();
            assert_eq!(answer.status(), 401, "{} with {name}", route.name);
        }
    }
    // And a person is no screen.
    let owner = app.cookie(&tenant, Role::Owner).await;
    for path in ["/api/v1/wall", "/api/v1/wall/live"] {
        let answer = client()
            .get(app.url(path))
            .header("cookie", &owner)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
}

#[tokio::test]
async fn nothing_that_is_hidden_is_in_any_byte_that_a_wall_gets() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let event = format!("event-of-{}", tenant.marker);
    attack(app, &tenant, &event);
    let (id, wall) = wall(app, &tenant, 4, json!({})).await;
    let mut tape = Tape::of(app, &wall).await;
    let numbers = tape.numbers().await;
    attack(app, &tenant, &format!("{event}-2"));
    let detected = tenant.clone();
    app.run(async move { app.detect(&detected.id, &detected.marker, 7).await })
        .await;
    tape.numbers().await;
    let told = client()
        .get(app.url("/api/v1/wall"))
        .header("cookie", &wall)
        .send()
        .await
        .unwrap();
    let text = format!("{}{}", tape.text, told.text().await.unwrap());

    assert_eq!((numbers.high, numbers.endpoints_at_risk), (1, 1));
    assert_eq!(numbers.endpoints[0].label, "Endpoint 1");
    assert!(text.contains("203.0.113.0/24") && text.contains("\"country\":\"NO\"") && text.contains("10.1.2.0/24"));
    for hidden in [
        "203.0.113.77",
        "10.1.2.3",
        "192.0.2.7",
        &event,
        tenant.alert.as_str(),
        tenant.event.as_str(),
        &id,
        &format!("ws.{}", tenant.marker),
        &format!("WS-{}", tenant.marker),
        &format!("user-{}", tenant.marker),
        &format!("evil.{}", tenant.marker),
        &format!("dc.{}", tenant.marker),
        &format!("owner@{}", tenant.marker),
    ] {
        assert!(!text.contains(hidden), "{hidden} is in what the wall got: {text}");
    }
}

#[tokio::test]
async fn a_wall_follows_what_it_may_show_within_a_second_and_ends_with_its_revocation() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    attack(app, &tenant, "one");
    let (id, wall) = wall(app, &tenant, 5, json!({})).await;
    let owner = app.cookie(&tenant, Role::Admin).await;
    let path = app.url(&format!("/api/v1/walls/{id}"));
    let mut tape = Tape::of(app, &wall).await;
    tape.numbers().await;
    let change = json!({"shows": {"addresses": true, "hosts": true, "users": true}, "scenes": ["endpoints", "map"]});
    let changed = client()
        .patch(&path)
        .header("cookie", &owner)
        .json(&change)
        .send()
        .await
        .unwrap();
    assert_eq!(changed.status(), 200);
    let asked = Instant::now();
    let settings = loop {
        if let WallUpdate::Wall(wall) = tape.next().await.unwrap()
            && wall.settings.shows.hosts
        {
            break wall.settings;
        }
    };
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert_eq!(settings.name, "Lobby", "what was not named stays");
    let numbers = tape.numbers().await;
    assert_eq!(numbers.endpoints[0].label, format!("WS-{}", tenant.marker));
    assert_eq!(numbers.endpoints[0].user, Some(format!("user-{}", tenant.marker)));
    assert!(
        numbers.stages.is_empty() && numbers.techniques.is_empty(),
        "scenes that it has no more"
    );
    assert!(tape.text.contains("203.0.113.77") && !tape.text.contains("\"event_id\""));

    // An older page's request with a field that nobody knows changes nothing.
    let wrong = client()
        .patch(&path)
        .header("cookie", &owner)
        .json(&json!({"scenes": []}));
    assert_eq!(wrong.send().await.unwrap().status(), 400);
    let revoked = client().delete(&path).header("cookie", &owner).send().await.unwrap();
    assert_eq!(revoked.status(), 204);
    let asked = Instant::now();
    while tape.next().await.is_some() {}
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    let again = client().get(app.url("/api/v1/wall/live")).header("cookie", &wall);
    assert_eq!(again.send().await.unwrap().status(), 401);
}
