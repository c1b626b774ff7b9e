//! The threat map: what a listener gets first and then, and of whom.

use super::{client, read, sse::Sse};
use serde_json::{Value, json};
use watchfloor::{clock::Clock, store::identity};
use watchfloor_engine::map::Sighting;
use watchfloor_shared::{
    identity::Role,
    map::{MapFrame, MapSnapshot, MapUpdate},
};
use watchfloor_tests::app::{self, Tenant, TestApp};

/// An attack from `source` comes in.
pub fn attack(app: &TestApp, tenant: &Tenant, event: u32, source: &str, alert: Option<&str>) {
    let geo = json!({"city_name": "Oslo", "country_iso_code": "NO", "location": {"lat": 59.9, "lon": 10.7}});
    let event = json!({
        "event_id": format!("{event}"), "alert_id": alert, "module": "suricata", "severity": 1,
        "rule": {"name": tenant.marker}, "source": {"ip": source, "geo": geo}, "destination": {"ip": "10.0.0.1"},
    });
    let seen = Sighting::read(event.to_string().as_bytes()).unwrap();
    app.map
        .take([(tenant.id.clone(), seen, Clock::system().now())].into_iter());
}

async fn open(app: &TestApp, cookie: &str) -> (MapSnapshot, Sse) {
    let request = client().get(app.url("/api/v1/map/live")).header("cookie", cookie);
    let mut stream = Sse::of(request.send().await.unwrap());
    match stream.next::<MapUpdate>().await.unwrap() {
        (_, name, MapUpdate::Snapshot(snapshot)) => {
            assert_eq!(name, "snapshot");
            (*snapshot, stream)
        }
        other => panic!("{other:?}"),
    }
}

async fn frame(stream: &mut Sse) -> MapFrame {
    match stream.next::<MapUpdate>().await.expect("the stream ended") {
        (_, _, MapUpdate::Frame(frame)) => *frame,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_listener_gets_what_was_and_then_each_event_once() {
    let Some(app) = app::shared() else { return };
    let (tenant, other) = (app.tenant().await, app.tenant().await);
    let cookie = app.cookie(&tenant, Role::Viewer).await;
    attack(app, &tenant, 1, "203.0.113.1", None);
    attack(app, &other, 2, "203.0.113.2", None);
    let (snapshot, mut stream) = open(app, &cookie).await;
    assert_eq!((snapshot.flows.len(), snapshot.hits.len()), (1, 1));
    assert_eq!(snapshot.counts.minute, [0, 0, 1, 0]);

    attack(app, &other, 3, "203.0.113.3", None);
    attack(app, &tenant, 4, "203.0.113.1", Some("alert"));
    attack(app, &tenant, 5, "203.0.113.5", None);
    let (mut flows, mut hits, mut counts) = (Vec::new(), 0, None);
    while hits < 2 || counts.is_none() {
        let frame = frame(&mut stream).await;
        flows.extend(frame.flows);
        hits += frame.hits.iter().map(|hit| hit.count).sum::<u64>();
        counts = frame.counts.filter(|counts| counts.minute[2] == 3);
    }
    assert_eq!(hits, 2);
    let [known, new] = &flows[..] else { panic!("{flows:?}") };
    assert_eq!(known.id, snapshot.flows[0].id, "described again: it has an alert now");
    assert_eq!(known.alert_id.as_ref().unwrap().as_str(), "alert");
    assert_eq!(new.source.address.as_deref(), Some("203.0.113.5"));
    assert_eq!(new.source.place.as_ref().unwrap().country.as_deref(), Some("NO"));

    let request = client().get(app.url("/api/v1/map")).header("cookie", &cookie);
    let (status, whole): (u16, Value) = read(request.send().await.unwrap()).await;
    assert_eq!((status, whole["flows"].as_array().unwrap().len()), (200, 2));
    assert!(!whole.to_string().contains(&other.marker));
}

#[tokio::test]
async fn a_map_ends_with_its_session() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Viewer).await;
    let (_, mut stream) = open(app, &cookie).await;
    let db = app.db.clone();
    let token = cookie.split_once('=').unwrap().1.to_owned();
    app.run(async move { identity::sessions::revoke(&db, &token).await.unwrap() })
        .await;
    while stream.next::<MapUpdate>().await.is_some() {}
}
