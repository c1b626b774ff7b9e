//! Adding, committing, keeping.

use super::*;
use watchfloor::search::IndexOutcome;

pub async fn nothing_is_seen_before_the_commit(backend: &dyn Backend) {
    let index = backend.open().await;
    index
        .add(&tenant(), EncodedEvent::all([event(1, json!({}))]))
        .await
        .expect("added");
    assert_eq!(found(&index, "*").await, NONE);
    index.commit().await.expect("committed");
    assert_eq!(found(&index, "*").await, [1]);
}

pub async fn the_same_id_is_kept_once(backend: &dyn Backend) {
    let first = event(1, json!({"user": {"name": "first"}}));
    let second = event(1, json!({"user": {"name": "second"}}));
    let index = filled(backend, vec![first]).await;
    for _ in 0..2 {
        let outcome = index.add(&tenant(), EncodedEvent::all([&second])).await.expect("added");
        assert_eq!((outcome.indexed, outcome.duplicates.len()), (0, 1));
        index.commit().await.expect("committed");
    }
    assert_eq!(found(&index, "user.name:first").await, [1]);
    assert_eq!(found(&index, "user.name:second").await, NONE);
}

pub async fn a_duplicate_in_one_batch_is_counted(backend: &dyn Backend) {
    let index = backend.open().await;
    let batch = vec![event(1, json!({})), event(2, json!({})), event(1, json!({}))];
    let outcome = index.add(&tenant(), EncodedEvent::all(&batch)).await.expect("added");
    let expected = IndexOutcome {
        indexed: 2,
        duplicates: vec![2],
        refused: Vec::new(),
    };
    assert_eq!(outcome, expected);
    index.commit().await.expect("committed");
    assert_eq!(found(&index, "*").await, [1, 2]);
}

pub async fn a_bad_id_is_refused_by_its_place(backend: &dyn Backend) {
    let index = backend.open().await;
    let mut bad = event(2, json!({}));
    bad.id = EventId::new("../not an id");
    let batch = vec![event(1, json!({})), bad, event(3, json!({}))];
    let outcome = index.add(&tenant(), EncodedEvent::all(&batch)).await.expect("added");
    assert_eq!((outcome.indexed, outcome.refused.len()), (2, 1));
    assert_eq!(outcome.refused[0].0, 1);
    index.commit().await.expect("committed");
    assert_eq!(found(&index, "*").await, [1, 3]);
}

pub async fn events_survive_a_restart(backend: &dyn Backend) {
    let index = filled(backend, vec![event(1, json!({}))]).await;
    drop(index);
    let index = backend.open().await;
    assert_eq!(found(&index, "*").await, [1]);
    let again = index
        .add(&tenant(), EncodedEvent::all([event(1, json!({}))]))
        .await
        .expect("added");
    assert_eq!(again.duplicates.len(), 1);
}

pub async fn tenants_do_not_see_each_other(backend: &dyn Backend) {
    let index = filled(backend, vec![event(1, json!({}))]).await;
    let theirs = index.search(&other_tenant(), spec("*")).await.expect("an answer");
    assert_eq!((theirs.total, theirs.searched), (0, 0));
    assert!(
        index
            .get(&other_tenant(), &[id(1)])
            .await
            .expect("an answer")
            .is_empty()
    );
    let same_id = index
        .add(&other_tenant(), EncodedEvent::all([event(1, json!({}))]))
        .await
        .expect("added");
    assert_eq!(same_id.indexed, 1, "ids are a tenant's own");
}

pub async fn an_unknown_tenant_is_empty(backend: &dyn Backend) {
    let index = backend.open().await;
    let response = search(&index, spec("*")).await;
    assert_eq!((response.total, response.searched, response.hits.len()), (0, 0, 0));
    assert!(index.fields(&tenant()).await.expect("an answer").is_empty());
}

pub async fn whole_documents_come_back_by_id(backend: &dyn Backend) {
    let whole = event(
        1,
        json!({"odd": {"list": [1, null, {"x": "É"}]}, "message": "a\nb", "n": 1.5}),
    );
    let index = filled(backend, vec![whole.clone(), event(2, json!({}))]).await;
    let got = index.get(&tenant(), &[id(9), id(1)]).await.expect("an answer");
    assert_eq!(got, [whole]);
}

pub async fn an_empty_batch_is_fine(backend: &dyn Backend) {
    let index = backend.open().await;
    let outcome = index.add(&tenant(), Vec::new()).await.expect("added");
    assert_eq!(outcome, IndexOutcome::default());
    index.commit().await.expect("committed");
    index.commit().await.expect("committed again");
}

pub async fn odd_documents_are_taken(backend: &dyn Backend) {
    let long = "x".repeat(100_000);
    let many: serde_json::Map<String, Value> = (0..3_000).map(|n| (format!("f{n}"), json!(n))).collect();
    let mut deep = json!("bottom");
    for _ in 0..100 {
        deep = json!({ "d": deep });
    }
    let events = vec![
        event(1, json!({"process": {"command_line": long, "pid": "not a number"}})),
        event(2, json!({"winlog": {"event_data": many}})),
        event(
            3,
            json!({"odd": deep, "": {"": "empty"}, "a.b": "dots", "nul\u{0}": "x"}),
        ),
        event(
            4,
            json!({"source": {"ip": "not an address"}, "message": {"an": "object"}}),
        ),
        event(5, json!({"destination": {"port": u64::MAX}, "user": {"name": ""}})),
    ];
    let index = filled(backend, events.clone()).await;
    assert_eq!(found(&index, "*").await, [1, 2, 3, 4, 5]);
    assert_eq!(found(&index, "a.b:dots").await, [3]);
    assert_eq!(found(&index, "user.name:\"\"").await, [5]);
    let ids: Vec<EventId> = (1..=5).map(id).collect();
    assert_eq!(
        index.get(&tenant(), &ids).await.expect("an answer"),
        events,
        "as they came"
    );
}

pub async fn bytes_on_disk_grow(backend: &dyn Backend) {
    let index = backend.open().await;
    let before = index.bytes_on_disk().await.expect("an answer");
    let events = (0..500).map(|n| event(n, json!({"user": {"name": format!("user {n}")}})));
    index.add(&tenant(), EncodedEvent::all(events)).await.expect("added");
    index.commit().await.expect("committed");
    assert!(index.bytes_on_disk().await.expect("an answer") > before + 1_000);
}

pub async fn fields_are_listed_most_used_first(backend: &dyn Backend) {
    let events = (0..10).map(|n| match n {
        0 => event(n, json!({"user": {"name": "alice"}, "file": {"name": "rare.txt"}})),
        _ => event(n, json!({"user": {"name": "bob"}})),
    });
    let index = filled(backend, events.collect()).await;
    let fields = index.fields(&tenant()).await.expect("an answer");
    let place = |name: &str| fields.iter().position(|field| field.name == name);
    assert!(place("user.name") < place("file.name"));
    assert!(place("@timestamp").is_some());
    let user = &fields[place("user.name").expect("listed")];
    assert!(!user.description.is_empty());
    assert!(user.examples.contains(&"bob".to_owned()));
}

pub async fn older_events_are_forgotten_and_may_come_again(backend: &dyn Backend) {
    let index = backend.open().await;
    index.delete_before(&tenant(), at(6)).await.expect("nothing to forget");
    let events: Vec<_> = (0..10).map(|n| event(n, json!({}))).collect();
    for tenant in [tenant(), other_tenant()] {
        index.add(&tenant, EncodedEvent::all(&events)).await.expect("added");
    }
    index.commit().await.expect("committed");
    index.delete_before(&tenant(), at(6)).await.expect("forgotten");
    assert_eq!(found(&index, "*").await, [6, 7, 8, 9]);
    let theirs = index.search(&other_tenant(), spec("*")).await.expect("an answer");
    assert_eq!(theirs.total, 10, "another tenant's are kept");
    let again = index.add(&tenant(), EncodedEvent::all(&events)).await.expect("added");
    assert_eq!((again.indexed, again.duplicates.len()), (6, 4));
}
