//! OpenSearch behind the search seam, on a real server: the contract, the same answers as the embedded index, and what only a
//! server has.
//!
//! `cargo xtask test --services` starts the server and says where it is. Without it each test says that it was skipped; with `CI`
//! set it fails.

#[path = "search_figures.rs"]
mod figures;
#[path = "search_queries.rs"]
mod queries;
#[path = "opensearch_tls.rs"]
mod tls;

use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use watchfloor::{
    clock::Clock,
    search::{
        EncodedEvent, SearchError, SearchIndex,
        embedded::{EmbeddedIndex, Limits},
        opensearch::{OpenSearchConfig, OpenSearchIndex},
    },
    store::Secret,
};
use watchfloor_engine::Event;
use watchfloor_shared::Timestamp;
use watchfloor_tests::{
    opensearch::{ADDRESS, OpenSearch, ask, password},
    search_contract::{Backend, event, filled, found, spec, tenant},
};

mod contract {
    use watchfloor_tests::opensearch::OpenSearch;
    watchfloor_tests::search_contract!(OpenSearch::apart());
}

async fn refused(config: &OpenSearchConfig) -> SearchError {
    let opened = OpenSearchIndex::open(config, Clock::system()).await;
    opened.err().expect("refused")
}

/// Every query on the same events, in both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_events_give_the_answers_of_the_embedded_index() {
    if password().is_none() {
        return;
    }
    let events = queries::events();
    let folder = tempfile::tempdir().expect("a folder");
    let embedded: Arc<dyn SearchIndex> =
        Arc::new(EmbeddedIndex::open(folder.path(), Limits::default()).expect("the index opens"));
    let server = OpenSearch::apart();
    let opensearch = server.open().await;
    for index in [&embedded, &opensearch] {
        for batch in events.chunks(700) {
            let outcome = index.add(&tenant(), EncodedEvent::all(batch)).await.expect("added");
            assert!(outcome.refused.is_empty(), "{:?}", outcome.refused);
        }
        index.commit().await.expect("committed");
    }
    queries::compare(&embedded, &opensearch, &events).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_and_nobody_there_are_refused_without_the_password() {
    if password().is_none() {
        return;
    }
    let opensearch = OpenSearch::apart();
    let mut wrong = opensearch.config(ADDRESS);
    wrong.password = Some(Secret::new("hunter2"));
    let mut gone = wrong.clone();
    gone.urls = vec!["http://127.0.0.1:1".to_owned()];
    for (config, why) in [(wrong, "does not know the account"), (gone, "127.0.0.1:1")] {
        let said = refused(&config).await.to_string();
        assert!(said.contains(why) && !said.contains("hunter2"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_say_when_they_were_written_and_can_be_read_by_other_tools() {
    if password().is_none() {
        return;
    }
    let opensearch = OpenSearch::apart();
    let seen = event(
        1,
        json!({"source": {"ip": "2001:0DB8::1", "port": 7}, "user": {"name": "Élodie"}, "message": "Some words"}),
    );
    filled(&opensearch, vec![seen]).await;
    let path = format!("{}/_search", opensearch.index("acme"));
    for query in [
        json!({"term": {"source.ip": "2001:db8::/32"}}),
        json!({"range": {"source.port": {"gte": 7}}}),
        json!({"term": {"user.name": "Élodie"}}),
        json!({"match": {"message": "WORDS"}}),
        json!({"range": {"@timestamp": {"gte": "2023-11-14", "lt": "2023-11-15"}}}),
        json!({"range": {"received_opensearch_at": {"gte": "now-1h"}}}),
    ] {
        let (status, answer) = ask(Method::POST, &path, Some(json!({"query": query}))).await;
        assert_eq!(
            (status, &answer["hits"]["total"]["value"]),
            (200, &json!(1)),
            "{query}: {answer}"
        );
        let source = &answer["hits"]["hits"][0]["_source"];
        let received = source["received_opensearch_at"].as_str().expect("a stamp");
        let received: Timestamp = received.parse().expect("a time");
        assert_eq!(received.nanos() % 1_000, 0, "microseconds");
        assert!(source["watchfloor_index"].get("keys").is_none(), "{source}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_template_is_made_again_without_harm_and_a_newer_one_is_refused() {
    if password().is_none() {
        return;
    }
    let opensearch = OpenSearch::apart();
    let index = filled(&opensearch, vec![event(1, json!({}))]).await;
    let again = opensearch.open().await;
    assert_eq!(found(&again, "*").await, [1]);
    drop(index);
    let path = format!("_index_template/{}", opensearch.template());
    let newer = json!({
        "index_patterns": [format!("{}-*", opensearch.template())],
        "priority": 500,
        "_meta": {"watchfloor_format": 99},
    });
    assert_eq!(ask(Method::PUT, &path, Some(newer)).await.0, 200);
    let newer = refused(&opensearch.config(ADDRESS)).await;
    assert!(matches!(newer, SearchError::NewerFormat { found: 99, .. }), "{newer}");
}

/// An index that someone else made, or our own made newer, is not written into.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strangers_index_is_left_alone() {
    if password().is_none() {
        return;
    }
    let opensearch = OpenSearch::apart();
    let index = opensearch.open().await;
    let path = opensearch.index("acme");
    let strangers = json!({"mappings": {"_meta": {"watchfloor_format": null}}});
    assert_eq!(ask(Method::PUT, &path, Some(strangers)).await.0, 200);
    let refused = index.add(&tenant(), EncodedEvent::all([event(1, json!({}))])).await;
    let said = refused.expect_err("refused").to_string();
    assert!(said.contains("was not made by Watchfloor"), "{said}");
}

/// Someone changed the mapping of our index so that nothing of ours fits: each event is refused with the reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_the_mapping_does_not_take_is_refused_and_the_others_are_kept() {
    if password().is_none() {
        return;
    }
    let opensearch = OpenSearch::apart();
    let index = opensearch.open().await;
    let narrow = json!({"mappings": {"properties": {"host": {"properties": {"name": {"type": "boolean"}}}}}});
    assert_eq!(ask(Method::PUT, &opensearch.index("acme"), Some(narrow)).await.0, 200);
    let events = [
        event(1, json!({})),
        event(2, json!({"host": {"name": "no flag"}})),
        event(3, json!({})),
    ];
    let outcome = index.add(&tenant(), EncodedEvent::all(&events)).await.expect("added");
    index.commit().await.expect("committed");
    // What does not fit beside the types is kept inside of ours.
    assert_eq!((outcome.indexed, outcome.refused.len()), (3, 0), "{outcome:?}");
    assert_eq!(found(&index, "host.name:\"no flag\"").await, [2]);

    let other = OpenSearch::apart();
    let index = other.open().await;
    let narrower =
        json!({"mappings": {"properties": {"watchfloor_index": {"properties": {"names": {"type": "long"}}}}}});
    assert_eq!(ask(Method::PUT, &other.index("acme"), Some(narrower)).await.0, 200);
    let outcome = index
        .add(&tenant(), EncodedEvent::all(&events))
        .await
        .expect("an answer");
    assert_eq!((outcome.indexed, outcome.refused.len()), (0, 3));
    assert!(outcome.refused[0].1.contains("watchfloor_index.names"), "{outcome:?}");
}

/// A second process that wrote an event before it died: the next commit makes it visible.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_added_and_not_committed_is_found_once_it_is_added_again() {
    if password().is_none() {
        return;
    }
    let opensearch = OpenSearch::apart();
    let events: Vec<Event> = (1..=3).map(|n| event(n, json!({}))).collect();
    let first = opensearch.open().await;
    first.add(&tenant(), EncodedEvent::all(&events)).await.expect("added");
    drop(first);
    let second = opensearch.open().await;
    assert_eq!(second.search(&tenant(), spec("*")).await.expect("an answer").total, 0);
    let again = second.add(&tenant(), EncodedEvent::all(&events)).await.expect("added");
    assert_eq!(again.indexed + again.duplicates.len(), 3);
    second.commit().await.expect("committed");
    assert_eq!(found(&second, "*").await, [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints figures; takes minutes"]
async fn figures() {
    if password().is_some() {
        figures::print(&*OpenSearch::apart().open().await).await;
    }
}
