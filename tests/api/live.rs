//! The live stream: order, resume, tenants, the end of a session.

use super::{client, sse::Sse};
use reqwest::Response;
use std::time::Duration;
use tokio::time::timeout;
use watchfloor::store::identity;
use watchfloor_shared::{alert::AlertSummary, identity::Role, live::LiveEvent};
use watchfloor_tests::app::{self, Tenant, TestApp};

const WAIT: Duration = Duration::from_secs(10);

/// One event with its id.
type Heard = (Option<i64>, LiveEvent);

struct Stream(Sse);

impl Stream {
    async fn open(app: &TestApp, cookie: &str, after: Option<i64>) -> Stream {
        Stream(Sse::of(connect(app, cookie, after).await))
    }

    /// The next event; none at the end of the stream.
    async fn next(&mut self) -> Option<Heard> {
        let (id, name, event) = self.0.next::<LiveEvent>().await?;
        assert_eq!(name, event.name());
        Some((id, event))
    }

    async fn alerts(&mut self, count: usize) -> Vec<(i64, AlertSummary)> {
        let mut alerts = Vec::new();
        while alerts.len() < count {
            match self.next().await.expect("the stream ended") {
                (Some(id), LiveEvent::Alert(alert)) => alerts.push((id, *alert)),
                (_, LiveEvent::Reset(_)) => panic!("reset"),
                _ => {}
            }
        }
        alerts
    }
}

async fn connect(app: &TestApp, cookie: &str, after: Option<i64>) -> Response {
    let mut request = client().get(app.url("/api/v1/live")).header("cookie", cookie);
    if let Some(id) = after {
        request = request.header("last-event-id", id.to_string());
    }
    request.send().await.unwrap()
}

/// Records alerts `from..to` one after the other.
async fn detect(app: &'static TestApp, tenant: &Tenant, from: u32, to: u32) {
    let (id, marker) = (tenant.id.clone(), tenant.marker.clone());
    let work = async move {
        for number in from..to {
            app.detect(&id, &marker, number).await;
        }
    };
    app.run(work).await;
}

#[tokio::test]
async fn a_stream_begins_with_its_position_and_brings_changes_and_the_pipeline() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Viewer).await;
    let mut stream = Stream::open(app, &cookie, None).await;
    let (position, hello) = stream.next().await.unwrap();
    assert!(matches!(hello, LiveEvent::Heartbeat(_)) && position.is_some());
    assert!(matches!(stream.next().await.unwrap(), (None, LiveEvent::Pipeline(_))));
    detect(app, &tenant, 1, 2).await;
    let (seq, alert) = stream.alerts(1).await.remove(0);
    assert!(Some(seq) > position && alert.title.contains(&tenant.marker));
    let now = watchfloor::clock::Clock::system().now();
    assert!(app.latency.stream.percentiles(now).unwrap().p99 < 5_000.0);
}

#[tokio::test]
async fn a_broken_stream_resumes_without_loss_or_double() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Viewer).await;
    let mut first = Stream::open(app, &cookie, Some(0)).await;
    let mut heard = first.alerts(1).await;
    let mut stream = Some(first);
    for round in 0..6 {
        let from = 1 + round * 10;
        // Some before the break, some while nobody listens, some after: the writer does not wait for the listener.
        let writer = detect(app, &tenant, from, from + 10);
        let reader = async {
            heard.extend(stream.as_mut().unwrap().alerts(3).await);
            stream = None;
            tokio::time::sleep(Duration::from_millis(5 * u64::from(round))).await;
            let last = heard.last().unwrap().0;
            let mut next = Stream::open(app, &cookie, Some(last)).await;
            heard.extend(next.alerts(7).await);
            stream = Some(next);
        };
        tokio::join!(writer, reader);
    }
    let ids: Vec<_> = heard.iter().map(|(id, _)| *id).collect();
    assert!(
        ids.windows(2).all(|pair| pair[0] < pair[1]),
        "out of order or twice: {ids:?}"
    );
    let mut alerts: Vec<_> = heard.iter().map(|(_, alert)| alert.id.clone()).collect();
    alerts.sort();
    alerts.dedup();
    assert_eq!(alerts.len(), 61);
}

#[tokio::test]
async fn one_tenant_never_hears_another() {
    let Some(app) = app::shared() else { return };
    let (loud, quiet) = (app.tenant().await, app.tenant().await);
    let cookie = app.cookie(&quiet, Role::Owner).await;
    let mut stream = Stream::open(app, &cookie, Some(0)).await;
    detect(app, &loud, 1, 4).await;
    detect(app, &quiet, 1, 2).await;
    for (_, alert) in stream.alerts(2).await {
        assert!(alert.title.contains(&quiet.marker), "{}", alert.title);
    }
}

#[tokio::test]
async fn a_change_that_nobody_published_arrives_with_the_next() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Viewer).await;
    let mut stream = Stream::open(app, &cookie, Some(0)).await;
    stream.alerts(1).await;
    // A hub that nobody listens to stands for a process that died between commit and publication.
    let other = tenant.clone();
    let work = async move {
        let mut silent = app.db.tenant(&other.id).await.unwrap();
        let change = watchfloor_shared::alert::AlertChange {
            assignee: Some("someone".into()),
            ..Default::default()
        };
        let now = watchfloor::clock::Clock::system().now();
        let id = other.alert.clone();
        watchfloor::store::alerts::change(&mut silent, &id, None, &change, "someone", now)
            .await
            .unwrap();
        silent.commit().await.unwrap();
    };
    app.run(work).await;
    detect(app, &tenant, 1, 2).await;
    let alerts = stream.alerts(2).await;
    assert_eq!(alerts[0].1.assignee.as_deref(), Some("someone"));
}

#[tokio::test]
async fn a_number_from_another_life_and_a_long_absence_are_a_reset() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Viewer).await;
    let mut stream = Stream::open(app, &cookie, Some(1_000_000)).await;
    stream.next().await.unwrap();
    let (id, event) = stream.next().await.unwrap();
    assert!(matches!(event, LiveEvent::Reset(_)) && id.is_some_and(|id| id < 1_000_000));
    assert_eq!(connect(app, &cookie, Some(-1)).await.status(), 400);
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let Some(shared) = app::shared() else { return };
    let tenant = shared.tenant().await;
    let cookie = shared.cookie(&tenant, Role::Viewer).await;
    let mut stream = Stream::open(shared, &cookie, None).await;
    stream.next().await.unwrap();
    let token = cookie.split_once('=').unwrap().1.to_owned();
    shared
        .run(async move { identity::sessions::revoke(&shared.db, &token).await })
        .await
        .unwrap();
    let ended = async { while stream.next().await.is_some() {} };
    timeout(WAIT, ended).await.expect("the stream outlives its session");
}
