//! Heartbeats on a real InfluxDB: what was said is found again, also when the server was away meanwhile.

use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchfloor::{
    clock::Clock,
    sensors::{Influx, InfluxConfig, InfluxError, SensorKey},
    store::Secret,
};
use watchfloor_protocol::v1::{Heartbeat, Interface, Load};
use watchfloor_shared::{Timestamp, fleet::LoadPoint};
use watchfloor_tests::{
    influxdb::{ADDRESS, config, token},
    proxy::{Proxy, Weather},
};

const WAIT_MAX: Duration = Duration::from_secs(60);

fn open(config: &InfluxConfig) -> Influx {
    Influx::open(config, CancellationToken::new()).unwrap()
}

/// A sensor that only this test knows.
fn sensor(host: &str) -> SensorKey {
    let begun = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    SensorKey {
        tenant: "acme".parse().unwrap(),
        enrolled: Some(format!("s{begun}")),
        host: host.to_owned(),
    }
}

fn heartbeat() -> Heartbeat {
    Heartbeat {
        load: Some(Load {
            interfaces: vec![Interface {
                name: "eth0".to_owned(),
                received_bytes: 9,
                ..Interface::default()
            }],
            ..Load::default()
        }),
        ..Heartbeat::default()
    }
}

/// The last minutes of a sensor, with gaps.
fn history() -> Vec<LoadPoint> {
    let now = Clock::system().now().millis();
    let point = |number: i64| LoadPoint {
        at: Timestamp::from_millis(now - 300_000 + number * 30_000),
        cpu_percent: (number % 2 == 0).then_some(number as f32 + 0.5),
        memory_percent: Some(50.0),
        spool_bytes: number,
        dropped: 1,
        received_bytes: (number > 0).then_some(number * 100),
        sent_bytes: None,
    };
    (0..8).map(point).collect()
}

async fn until_found(influx: &Influx, whose: &SensorKey, wanted: &[LoadPoint]) {
    let until = tokio::time::Instant::now() + WAIT_MAX;
    loop {
        let found = influx.recent(whose).await;
        if found.as_ref().is_ok_and(|found| found == wanted) {
            return;
        }
        assert!(tokio::time::Instant::now() < until, "{found:#?} is not {wanted:#?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn until_away(influx: &Influx, is_away: bool) {
    let until = tokio::time::Instant::now() + WAIT_MAX;
    while influx.is_away() != is_away {
        assert!(tokio::time::Instant::now() < until, "away: {}", influx.is_away());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn heartbeats_are_found_again_whatever_the_sensor_is_called() {
    if token().is_none() {
        return;
    }
    let influx = open(&config(ADDRESS));
    let history = history();
    for name in ["web-1", "a b,c=\"d\" ${e}\\", "büro\u{7}\n"] {
        let (whose, other) = (sensor(name), sensor(name));
        assert!(influx.recent(&whose).await.unwrap().is_empty());
        for point in &history {
            influx.note(&whose, point, &heartbeat());
        }
        until_found(&influx, &whose, &history).await;
        assert!(influx.recent(&other).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn away_it_holds_nobody_up_and_gets_everything_later() {
    if token().is_none() {
        return;
    }
    let proxy = Proxy::to(ADDRESS.parse().unwrap()).await;
    let influx = open(&config(&proxy.address().to_string()));
    let (whose, history) = (sensor("web-1"), history());
    let (earlier, later) = history.split_at(3);
    earlier
        .iter()
        .for_each(|point| influx.note(&whose, point, &heartbeat()));
    until_found(&influx, &whose, earlier).await;

    proxy.set(Weather {
        refuses: true,
        ..Weather::default()
    });
    proxy.cut();
    later.iter().for_each(|point| influx.note(&whose, point, &heartbeat()));
    until_away(&influx, true).await;
    assert!(matches!(influx.recent(&whose).await, Err(InfluxError::Away(_))));

    proxy.set(Weather::default());
    until_found(&influx, &whose, &history).await;
    until_away(&influx, false).await;
}

#[tokio::test]
async fn a_wrong_token_is_said_and_breaks_nothing() {
    if token().is_none() {
        return;
    }
    let wrong = InfluxConfig {
        token: Some(Secret::new("hunter2")),
        ..config(ADDRESS)
    };
    let influx = open(&wrong);
    let whose = sensor("web-1");
    influx.note(&whose, &history()[0], &heartbeat());
    until_away(&influx, true).await;
    let refused = influx.recent(&whose).await.unwrap_err();
    assert!(
        matches!(&refused, InfluxError::Refused { status, .. } if status.as_u16() == 401),
        "{refused}"
    );
    assert!(!refused.to_string().contains("hunter2"));
}
