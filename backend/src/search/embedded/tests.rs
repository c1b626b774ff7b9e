use super::*;
use serde_json::json;
use watchfloor_shared::search::{Aggregation, Order};

fn event(n: u32) -> Event {
    let doc = json!({
        "@timestamp": Timestamp::from_millis(i64::from(n)).to_string(),
        "event": {"id": format!("{n:032x}"), "code": "1"},
        "host": {"id": "ws-1"},
        "process": {"name": if n.is_multiple_of(2) { "CMD.exe" } else { "cmd.exe" }, "pid": n},
        "message": "Process Create: mimikatz.exe",
    });
    let serde_json::Value::Object(doc) = doc else { panic!() };
    Event::from_doc(doc).unwrap()
}

fn events(range: std::ops::Range<u32>) -> Vec<EncodedEvent> {
    range.map(|n| EncodedEvent::from(&event(n))).collect()
}

fn spec(query: &str) -> SearchSpec {
    SearchSpec {
        query: watchfloor_engine::query::parse(query, None).unwrap(),
        from: None,
        to: None,
        limit: 10,
        order: Order::NewestFirst,
        search_after: None,
        aggregations: vec![Aggregation::Terms {
            field: "process.name".to_owned(),
            size: 5,
        }],
    }
}

fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

async fn total(index: &EmbeddedIndex, tenant: &TenantId, query: &str) -> i64 {
    index.search(tenant, spec(query)).await.unwrap().total
}

#[tokio::test]
async fn a_second_process_and_a_newer_layout_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let index = EmbeddedIndex::open(folder.path(), Limits::default()).unwrap();
    let second = EmbeddedIndex::open(folder.path(), Limits::default());
    assert!(second.is_err_and(|error| error.to_string().contains("in use")));
    drop(index);
    std::fs::write(folder.path().join("index/format"), "99\n").unwrap();
    let newer = EmbeddedIndex::open(folder.path(), Limits::default());
    assert!(matches!(newer, Err(SearchError::NewerFormat { found: 99, .. })));
}

#[tokio::test]
async fn many_tenants_share_few_writers_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        writer_bytes: 15_000_000,
        writers_max: 2,
        open_max: 3,
        writer_idle: Duration::ZERO,
        ..Limits::default()
    };
    let index = EmbeddedIndex::open(folder.path(), limits).unwrap();
    for round in 0..3u32 {
        for n in 0..6 {
            let tenant = tenant(&format!("t{n}"));
            let outcome = index
                .add(&tenant, EncodedEvent::all([&event(round), &event(round)]))
                .await
                .unwrap();
            assert_eq!((outcome.indexed, outcome.duplicates.len()), (1, 1));
            assert_eq!(
                total(&index, &tenant, "*").await,
                i64::from(round),
                "seen before the commit"
            );
        }
        index.commit().await.unwrap();
    }
    for n in 0..6 {
        assert_eq!(total(&index, &tenant(&format!("t{n}")), "mimikatz").await, 3);
    }
}

#[tokio::test]
async fn what_was_not_committed_is_gone_after_a_restart_and_can_be_added_again() {
    let folder = tempfile::tempdir().unwrap();
    let a = tenant("a");
    {
        let index = EmbeddedIndex::open(folder.path(), Limits::default()).unwrap();
        index.add(&a, events(0..3)).await.unwrap();
        index.commit().await.unwrap();
        index.add(&a, events(3..6)).await.unwrap();
    }
    let index = EmbeddedIndex::open(folder.path(), Limits::default()).unwrap();
    assert_eq!(total(&index, &a, "*").await, 3);
    let outcome = index.add(&a, events(0..6)).await.unwrap();
    assert_eq!((outcome.indexed, outcome.duplicates.len()), (3, 3));
    index.commit().await.unwrap();
    assert_eq!(total(&index, &a, "*").await, 6);
}

#[tokio::test]
async fn a_search_past_its_time_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        search_time: Duration::ZERO,
        ..Limits::default()
    };
    let index = EmbeddedIndex::open(folder.path(), limits).unwrap();
    let a = tenant("a");
    index.add(&a, events(0..20_000)).await.unwrap();
    index.commit().await.unwrap();
    assert!(matches!(index.search(&a, spec("*")).await, Err(SearchError::Timeout)));
}
