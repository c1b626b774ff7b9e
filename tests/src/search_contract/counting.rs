//! Aggregations.

use super::*;
use watchfloor::search::{EncodedEvent, SearchError};
use watchfloor_shared::search::{Aggregation, AggregationResult};

fn terms(field: &str, size: u32) -> Aggregation {
    Aggregation::Terms {
        field: field.to_owned(),
        size,
    }
}

async fn buckets(index: &Arc<dyn SearchIndex>, query: &str, field: &str, size: u32) -> (Vec<(String, i64)>, i64) {
    let response = search(
        index,
        SearchSpec {
            aggregations: vec![terms(field, size)],
            ..spec(query)
        },
    )
    .await;
    match response.aggregations.into_iter().next() {
        Some(AggregationResult::Terms { buckets, other, .. }) => (
            buckets.into_iter().map(|bucket| (bucket.value, bucket.count)).collect(),
            other,
        ),
        other => panic!("{other:?}"),
    }
}

fn pairs(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected
        .iter()
        .map(|(value, count)| ((*value).to_owned(), *count))
        .collect()
}

pub async fn terms_are_exact_and_the_rest_is_other(backend: &dyn Backend) {
    let names = ["a", "b", "b", "c", "c", "c", "d"];
    let events = names
        .iter()
        .zip(1..)
        .map(|(name, n)| event(n, json!({"user": {"name": name}})));
    let index = filled(backend, events.collect()).await;
    assert_eq!(
        buckets(&index, "*", "user.name", 2).await,
        (pairs(&[("c", 3), ("b", 2)]), 2)
    );
    assert_eq!(
        buckets(&index, "*", "user.name", 10).await.0,
        pairs(&[("c", 3), ("b", 2), ("a", 1), ("d", 1)])
    );
    assert_eq!(buckets(&index, "*", "no.such.field", 10).await, (Vec::new(), 0));
}

pub async fn terms_of_numbers_and_lists(backend: &dyn Backend) {
    let events = vec![
        event(1, json!({"destination": {"port": 443}, "tags": ["x", "y"]})),
        event(2, json!({"destination": {"port": 443}, "tags": ["y"]})),
        event(3, json!({"destination": {"port": 53}})),
    ];
    let index = filled(backend, events).await;
    assert_eq!(
        buckets(&index, "*", "destination.port", 5).await.0,
        pairs(&[("443", 2), ("53", 1)])
    );
    assert_eq!(buckets(&index, "*", "tags", 5).await.0, pairs(&[("y", 2), ("x", 1)]));
}

pub async fn terms_follow_the_query(backend: &dyn Backend) {
    let events = (0..10).map(|n| event(n, json!({"user": {"name": if n < 4 { "a" } else { "b" }}})));
    let index = filled(backend, events.collect()).await;
    let text = format!("@timestamp >= {}", at(3));
    assert_eq!(
        buckets(&index, &text, "user.name", 5).await.0,
        pairs(&[("b", 6), ("a", 1)])
    );
}

pub async fn the_sources_own_fields_are_counted(backend: &dyn Backend) {
    let events = (0..3).map(|n| event(n, json!({"winlog": {"event_data": {"LogonType": "3"}}})));
    let index = filled(backend, events.collect()).await;
    assert_eq!(
        buckets(&index, "*", "winlog.event_data.LogonType", 5).await.0,
        pairs(&[("3", 3)])
    );
}

async fn histogram(index: &Arc<dyn SearchIndex>, interval_ms: i64) -> Result<AggregationResult, SearchError> {
    let steps = SearchSpec {
        aggregations: vec![Aggregation::DateHistogram { interval_ms }],
        ..spec("*")
    };
    let response = index.search(&tenant(), steps).await?;
    Ok(response.aggregations.into_iter().next().expect("a result"))
}

pub async fn the_histogram_has_every_step(backend: &dyn Backend) {
    let index = filled(backend, [0, 1, 2, 35].map(|n| event(n, json!({}))).into()).await;
    let Ok(AggregationResult::DateHistogram { buckets, interval_ms }) = histogram(&index, 10_000).await else {
        panic!("no histogram")
    };
    assert_eq!(interval_ms, 10_000);
    assert_eq!(
        buckets.iter().map(|bucket| bucket.count).collect::<Vec<_>>(),
        [3, 0, 0, 1]
    );
    assert_eq!(buckets[0].start, at(0));
    assert_eq!(buckets[3].start, at(30));
}

pub async fn too_many_steps_are_refused(backend: &dyn Backend) {
    let index = filled(backend, [0, 100_000].map(|n| event(n, json!({}))).into()).await;
    assert!(matches!(histogram(&index, 1).await, Err(SearchError::InvalidQuery(_))));
    assert!(matches!(histogram(&index, 0).await, Err(SearchError::InvalidQuery(_))));
}

pub async fn text_cannot_be_counted(backend: &dyn Backend) {
    let index = filled(backend, vec![event(1, json!({"message": "x"}))]).await;
    let spec = SearchSpec {
        aggregations: vec![terms("message", 5)],
        ..spec("*")
    };
    assert!(matches!(
        index.search(&tenant(), spec).await,
        Err(SearchError::InvalidQuery(_))
    ));
}

pub async fn counts_hold_over_many_commits(backend: &dyn Backend) {
    let index = backend.open().await;
    for n in 0..30 {
        let name = format!("user{}", n % 3);
        index
            .add(
                &tenant(),
                EncodedEvent::all([&event(n, json!({"user": {"name": name}}))]),
            )
            .await
            .expect("added");
        index.commit().await.expect("committed");
    }
    let expected = pairs(&[("user0", 10), ("user1", 10), ("user2", 10)]);
    assert_eq!(buckets(&index, "*", "user.name", 5).await, (expected, 0));
    assert_eq!(search(&index, spec("*")).await.total, 30);
}

pub async fn spellings_of_one_value_are_one_bucket(backend: &dyn Backend) {
    let name = |n: u32| if n.is_multiple_of(2) { "CMD.exe" } else { "cmd.exe" };
    let events = (0..7).map(|n| event(n, json!({"process": {"name": name(n)}})));
    let index = filled(backend, events.collect()).await;
    let expected = (pairs(&[("CMD.exe", 7)]), 0);
    assert_eq!(
        buckets(&index, "process.name:cmd.EXE", "process.name", 5).await,
        expected
    );
}
