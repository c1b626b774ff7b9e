//! 100,000 alerts: what a page, the facets and a batch cost. Prints what it measured; the limits are far from
//! that, so that only a lost index fails them and a busy machine does not.

use super::{acme, at, database, detection};
use crate::store::{
    Database, Window,
    alerts::{self, AlertSettings},
};
use std::time::{Duration, Instant};
use watchfloor_shared::alert::{AlertFilter, AlertSort, Severity};

const ALERTS: i64 = 100_000;

/// Alerts as `record` writes them, in one statement.
async fn fill(db: &Database) {
    let mut tx = acme(db).await;
    let copy = format!(
        "INSERT INTO alerts SELECT 'acme', md5(n::text), 'rule-' || n % 60, 'host-' || n % 200, 0, n % 4, n % 5, NULL, false, 1,
             n * 1000000000::bigint, n * 1000000000::bigint, n, n, n, NULL, 1, 0, n, 'Title of rule ' || n % 60,
             'cmd.exe → rundll32.exe C:\\Windows\\Temp\\file-' || n || '.dll, MiniDump, and then some more of the command line',
             'corp\\user-' || n % 300, 'rundll32.exe', NULL, ARRAY['T10' || n % 40],
             ('[{{\"id\":\"T10' || n % 40 || '\",\"name\":\"Technique\",\"tactics\":[\"Execution\"]}}]')::json, '{{}}'
         FROM generate_series(1, {ALERTS}) AS n"
    );
    sqlx::query("SET LOCAL statement_timeout = 0")
        .execute(tx.connection())
        .await
        .unwrap();
    sqlx::query(&copy).execute(tx.connection()).await.unwrap();
    tx.advance_changes(ALERTS).await.unwrap();
    tx.commit().await.unwrap();
    let server = crate::store::testing::server().unwrap();
    let name: String = sqlx::query_scalar("SELECT current_database()::text")
        .fetch_one(acme(db).await.connection())
        .await
        .unwrap();
    let mut superuser = crate::store::testing::superuser(&server, &name).await;
    sqlx::query("VACUUM ANALYZE alerts")
        .execute(&mut superuser)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_hundred_thousand_alerts_stay_quick() {
    let db = database!();
    fill(&db).await;
    let plain = AlertFilter::default();
    let high = AlertFilter {
        severity: vec![Severity::High],
        ..AlertFilter::default()
    };
    let words = AlertFilter {
        q: Some("file-4711".to_owned()),
        ..AlertFilter::default()
    };
    let start = Instant::now();
    alerts::facets(&mut acme(&db).await, &plain).await.unwrap();
    println!("facets, the first time: {:?}", start.elapsed());
    for (name, filter) in [("no filter", &plain), ("one severity", &high), ("words", &words)] {
        for sort in [AlertSort::Severity, AlertSort::Newest] {
            let window = Window {
                offset: Some(50_000),
                ..Window::first(100)
            };
            let mut best = Duration::MAX;
            for _ in 0..5 {
                let mut tx = acme(&db).await;
                let start = Instant::now();
                alerts::list(&mut tx, filter, sort, &window).await.unwrap();
                best = best.min(start.elapsed());
            }
            println!("page at 50,000, {sort:?}, {name}: {best:?}");
            assert!(best < Duration::from_secs(3), "{best:?}");
        }
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let mut tx = acme(&db).await;
            let start = Instant::now();
            alerts::facets(&mut tx, filter).await.unwrap();
            best = best.min(start.elapsed());
        }
        println!("facets, {name}: {best:?}");
        assert!(best < Duration::from_secs(3), "{best:?}");
    }
}

#[tokio::test]
async fn thousands_of_detections_a_second_are_recorded() {
    let db = database!();
    for (name, spread) in [("all folding", 1), ("all raising", 400)] {
        let base = spread as u64 * 1_000_000;
        let made = |n: u64| {
            let endpoint = format!("host-{}", n % 50);
            detection(
                &format!("rule-{spread}-{}", n % 20),
                &endpoint,
                base + n,
                n as i64 / 1_000 * spread,
            )
        };
        let all: Vec<_> = (0..10_000).map(made).collect();
        let start = Instant::now();
        for batch in all.chunks(500) {
            let mut tx = acme(&db).await;
            alerts::record(&mut tx, batch, &AlertSettings::default(), at(0))
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        let rate = all.len() as f64 / start.elapsed().as_secs_f64();
        println!("{name}: {rate:.0} detections/s in batches of 500");
        assert!(rate > 300.0, "{rate}");
    }
}
