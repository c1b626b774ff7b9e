//! Order, pages, ranges of time.

use super::*;
use watchfloor::search::{EncodedEvent, SearchError};

pub async fn newest_and_oldest_first(backend: &dyn Backend) {
    let index = filled(backend, [2, 3, 1].map(|n| event(n, json!({}))).into()).await;
    assert_eq!(found(&index, "*").await, [1, 2, 3]);
    let newest = SearchSpec {
        order: Order::NewestFirst,
        limit: 2,
        ..spec("*")
    };
    let response = search(&index, newest).await;
    assert_eq!(numbers(&response), [3, 2]);
    assert_eq!(response.total, 3);
}

/// All pages of three, in order.
async fn pages(index: &Arc<dyn SearchIndex>, order: Order) -> Vec<u32> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = SearchSpec {
            order,
            limit: 3,
            search_after: after,
            ..spec("*")
        };
        let response = search(index, page).await;
        all.extend(numbers(&response));
        match response.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

pub async fn pages_cover_everything_once_also_at_equal_times(backend: &dyn Backend) {
    let index = backend.open().await;
    for batch in [0..4, 4..8, 8..11] {
        let events: Vec<_> = batch
            .map(|n: u32| event_at(n, at(i64::from(n / 5)), json!({})))
            .collect();
        index.add(&tenant(), EncodedEvent::all(&events)).await.expect("added");
        index.commit().await.expect("committed");
    }
    assert_eq!(pages(&index, Order::OldestFirst).await, (0..11).collect::<Vec<_>>());
    assert_eq!(
        pages(&index, Order::NewestFirst).await,
        (0..11).rev().collect::<Vec<_>>()
    );
}

pub async fn pages_are_stable_while_events_arrive(backend: &dyn Backend) {
    let index = filled(backend, (10..16).map(|n| event(n, json!({}))).collect()).await;
    let newest = |after| SearchSpec {
        order: Order::NewestFirst,
        limit: 3,
        search_after: after,
        ..spec("*")
    };
    let first = search(&index, newest(None)).await;
    assert_eq!(numbers(&first), [15, 14, 13]);
    let more = vec![event(20, json!({})), event(1, json!({}))];
    index.add(&tenant(), EncodedEvent::all(&more)).await.expect("added");
    index.commit().await.expect("committed");
    let second = search(&index, newest(first.next)).await;
    assert_eq!(numbers(&second), [12, 11, 10]);
    assert_eq!(numbers(&search(&index, newest(second.next)).await), [1]);
}

pub async fn the_time_range_takes_from_and_leaves_to(backend: &dyn Backend) {
    let index = filled(backend, (0..5).map(|n| event(n, json!({}))).collect()).await;
    let range = SearchSpec {
        from: Some(at(1)),
        to: Some(at(3)),
        ..spec("*")
    };
    let response = search(&index, range).await;
    assert_eq!(numbers(&response), [1, 2]);
    assert_eq!((response.total, response.searched), (2, 5));
}

pub async fn a_limit_of_zero_counts(backend: &dyn Backend) {
    let index = filled(backend, (0..5).map(|n| event(n, json!({}))).collect()).await;
    let response = search(&index, SearchSpec { limit: 0, ..spec("*") }).await;
    assert_eq!((response.total, response.hits.len(), response.next), (5, 0, None));
}

pub async fn too_large_a_page_is_refused(backend: &dyn Backend) {
    let index = filled(backend, vec![event(1, json!({}))]).await;
    let huge = SearchSpec {
        limit: 1_000_000,
        ..spec("*")
    };
    let refused = index.search(&tenant(), huge).await;
    assert!(matches!(refused, Err(SearchError::InvalidQuery(_))));
}
