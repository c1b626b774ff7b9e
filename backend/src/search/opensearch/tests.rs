//! Against a cluster of the test's own, which answers what the test says: what a real one does not do when asked.

use super::*;
use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::StatusCode as Status,
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{collections::BTreeSet, net::SocketAddr};
use watchfloor_shared::search::Order;

type Said = Option<(u16, Value)>;
/// Method and path, body.
type Script = Box<dyn Fn(&str, &str) -> Said + Send + Sync>;

#[derive(Clone)]
struct Stub(Arc<Cluster>);

struct Cluster {
    script: Script,
    ids: Mutex<BTreeSet<String>>,
    asked: Mutex<Vec<(String, String)>>,
}

impl Stub {
    /// Says what the script does, and else what a cluster without faults does.
    async fn that(script: impl Fn(&str, &str) -> Said + Send + Sync + 'static) -> (Self, SocketAddr) {
        let stub = Stub(Arc::new(Cluster {
            script: Box::new(script),
            ids: Mutex::default(),
            asked: Mutex::default(),
        }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(stub.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (stub, address)
    }

    /// Bodies of the requests to this path.
    fn asked(&self, path: &str) -> Vec<String> {
        let asked = self.0.asked.lock().unwrap();
        let to = asked.iter().filter(|(what, _)| what.contains(path));
        to.map(|(_, body)| body.clone()).collect()
    }

    fn create(&self, body: &str) -> Value {
        let mut there = self.0.ids.lock().unwrap();
        let items = ids_of(body).into_iter().map(|id| match there.insert(id) {
            true => item(201, "", ""),
            false => item(409, "version_conflict_engine_exception", "it is there"),
        });
        json!({"errors": false, "items": items.collect::<Vec<_>>()})
    }
}

async fn answer(State(stub): State<Stub>, request: Request) -> Response {
    let what = format!("{} {}", request.method(), request.uri().path());
    let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    stub.0.asked.lock().unwrap().push((what.clone(), body.clone()));
    let (status, said) = (stub.0.script)(&what, &body).unwrap_or_else(|| match what.as_str() {
        "GET /" => (
            200,
            json!({"version": {"distribution": "opensearch", "number": "2.19.4"}}),
        ),
        what if what.ends_with("_bulk") => (200, stub.create(&body)),
        what if what.ends_with("_refresh") => (200, json!({"_shards": {"failed": 0}})),
        what if what.ends_with("_count") => (200, json!({"count": 0})),
        what if what.starts_with("GET ") => (404, json!({"error": {"type": "x", "reason": "no such"}})),
        _ => (200, json!({"acknowledged": true})),
    });
    (Status::from_u16(status).unwrap(), said.to_string()).into_response()
}

fn ids_of(body: &str) -> Vec<String> {
    let actions = body
        .lines()
        .step_by(2)
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    actions
        .map(|action| action["create"]["_id"].as_str().unwrap().to_owned())
        .collect()
}

fn item(status: u16, kind: &str, reason: &str) -> Value {
    match status {
        201 => json!({"create": {"status": 201}}),
        _ => json!({"create": {"status": status, "error": {"type": kind, "reason": reason}}}),
    }
}

fn items(each: impl Iterator<Item = Value>) -> Said {
    Some((200, json!({"errors": true, "items": each.collect::<Vec<_>>()})))
}

fn config(addresses: &[SocketAddr]) -> OpenSearchConfig {
    OpenSearchConfig {
        urls: addresses.iter().map(|address| format!("http://{address}")).collect(),
        ..OpenSearchConfig::default()
    }
}

async fn open(address: SocketAddr) -> OpenSearchIndex {
    OpenSearchIndex::open(&config(&[address]), Clock::system())
        .await
        .unwrap()
}

fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

fn events(numbers: std::ops::Range<u32>) -> Vec<EncodedEvent> {
    let event = |n: u32| EncodedEvent {
        id: EventId::new(format!("{n:032x}")),
        timestamp: Timestamp::from_millis(i64::from(n)),
        json: json!({
            "@timestamp": Timestamp::from_millis(i64::from(n)).to_string(),
            "event": {"id": format!("{n:032x}")},
            "user": {"name": "Alice"},
        })
        .to_string()
        .into(),
    };
    numbers.map(event).collect()
}

/// Answers the first so many calls.
fn first(times: usize, said: impl Fn(&str) -> Said) -> impl Fn(&str) -> Said {
    let left = std::sync::atomic::AtomicUsize::new(times);
    use std::sync::atomic::Ordering::SeqCst;
    move |body| match left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)) {
        Ok(_) => said(body),
        Err(_) => None,
    }
}

#[tokio::test]
async fn what_the_cluster_is_too_busy_for_is_sent_again_and_alone() {
    let busy = first(2, |body| {
        let all = ids_of(body);
        items(all.iter().enumerate().map(|(n, _)| match n {
            0 => item(429, "rejected_execution_exception", "queue is full"),
            _ => item(201, "", ""),
        }))
    });
    let (stub, address) = Stub::that(move |what, body| what.ends_with("_bulk").then(|| busy(body)).flatten()).await;
    let outcome = open(address).await.add(&tenant(), events(0..3)).await.unwrap();
    assert_eq!(
        (outcome.indexed, outcome.duplicates.len(), outcome.refused.len()),
        (3, 0, 0)
    );
    let sent: Vec<usize> = stub.asked("_bulk").iter().map(|body| ids_of(body).len()).collect();
    assert_eq!(sent, [3, 1, 1]);
}

#[tokio::test]
async fn a_cluster_that_stays_busy_is_an_error_and_what_was_taken_counts_once_when_it_comes_again() {
    let busy = first(5, |body| {
        let all = ids_of(body);
        items(all.iter().map(|id| match id.ends_with('1') {
            true => item(503, "unavailable_shards_exception", "primary shard is not active"),
            false => item(201, "", ""),
        }))
    });
    let taken = std::sync::atomic::AtomicBool::new(false);
    let script = move |what: &str, body: &str| {
        let said = what.ends_with("_bulk").then(|| busy(body)).flatten();
        if said.is_some() || !what.ends_with("_bulk") {
            return said;
        }
        // What was created before the error is there now.
        let again = !taken.swap(true, std::sync::atomic::Ordering::SeqCst);
        let there = |id: &String| match again && !id.ends_with('1') {
            true => item(409, "version_conflict_engine_exception", "it is there"),
            false => item(201, "", ""),
        };
        items(ids_of(body).iter().map(there))
    };
    let (_, address) = Stub::that(script).await;
    let index = open(address).await;
    let said = index.add(&tenant(), events(0..3)).await.unwrap_err().to_string();
    assert!(said.contains("too busy") && said.contains("primary shard"), "{said}");
    let outcome = index.add(&tenant(), events(0..3)).await.unwrap();
    assert_eq!(
        (outcome.indexed, outcome.duplicates.len()),
        (3, 0),
        "each is counted once"
    );
}

#[tokio::test]
async fn an_event_that_does_not_fit_is_wrapped_then_bare_then_refused_with_the_reason() {
    let unfit = |what: &str, body: &str| {
        let answers = body.lines().skip(1).step_by(2).map(|document| {
            let document: Value = serde_json::from_str(document).unwrap();
            let ours = &document["watchfloor_index"];
            let wrapped = ours["source"].is_object();
            let fits = match ours["time"].as_i64().unwrap() / 1_000_000 {
                0 => true,
                1 => wrapped,
                2 => wrapped && ours["more"].is_null(),
                _ => false,
            };
            match fits {
                true => item(201, "", ""),
                false => item(400, "mapper_parsing_exception", "failed to parse field [user]"),
            }
        });
        what.ends_with("_bulk").then(|| items(answers)).flatten()
    };
    let (stub, address) = Stub::that(unfit).await;
    let outcome = open(address).await.add(&tenant(), events(0..4)).await.unwrap();
    assert_eq!(outcome.indexed, 3);
    assert_eq!(outcome.refused.len(), 1);
    assert!(
        outcome.refused[0].0 == 3 && outcome.refused[0].1.contains("[user]"),
        "{outcome:?}"
    );
    let sent: Vec<usize> = stub.asked("_bulk").iter().map(|body| ids_of(body).len()).collect();
    assert_eq!(sent, [4, 3, 2]);
}

#[tokio::test]
async fn bodies_are_bounded_and_halved_where_the_cluster_takes_less() {
    let script = |what: &str, body: &str| {
        (what.ends_with("_bulk") && body.len() > 2_000).then(|| {
            (
                413,
                json!({"error": {"type": "too_large", "reason": "entity too large"}}),
            )
        })
    };
    let (stub, address) = Stub::that(script).await;
    let mut few = events(0..40);
    let huge = format!(
        "{{\"event\":{{\"id\":\"{:032x}\"}},\"message\":\"{}\"}}",
        99,
        "x".repeat(9_000)
    );
    few.push(EncodedEvent {
        id: EventId::new(format!("{:032x}", 99)),
        timestamp: Timestamp::EPOCH,
        json: huge.into(),
    });
    let outcome = open(address).await.add(&tenant(), few).await.unwrap();
    assert_eq!((outcome.indexed, outcome.refused.len()), (40, 1));
    assert_eq!(outcome.refused[0].0, 40);
    assert!(stub.asked("_bulk").len() > 10);
}

#[tokio::test]
async fn a_full_disk_a_missing_index_and_a_bad_answer_are_errors_and_nothing_is_refused() {
    let full = item(
        429,
        "cluster_block_exception",
        "index blocked: [disk usage exceeded flood-stage watermark]",
    );
    let gone = item(404, "index_not_found_exception", "no such index");
    for (said, expected) in [
        (items([full].into_iter()), "the disk is full"),
        (items([gone].into_iter()), "no such index"),
        (items(std::iter::empty()), "answered for 0 of 1"),
        (Some((500, json!({"error": "boom"}))), "500"),
        (Some((401, json!({}))), "does not know the account"),
    ] {
        let (_, address) = Stub::that(move |what, _| what.ends_with("_bulk").then(|| said.clone()).flatten()).await;
        let error = open(address).await.add(&tenant(), events(0..1)).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn an_unanswered_refresh_commits_nothing_and_the_next_one_does() {
    let fails = first(1, |_| Some((200, json!({"_shards": {"total": 2, "failed": 1}}))));
    let (stub, address) = Stub::that(move |what, body| what.ends_with("_refresh").then(|| fails(body)).flatten()).await;
    let index = open(address).await;
    index.add(&tenant(), events(0..2)).await.unwrap();
    assert!(index.commit().await.is_err());
    let again = index.add(&tenant(), events(0..2)).await.unwrap();
    assert_eq!(
        (again.indexed, again.duplicates.len()),
        (2, 0),
        "they were never committed"
    );
    index.commit().await.unwrap();
    index.commit().await.unwrap();
    assert_eq!(stub.asked("_refresh").len(), 2, "nothing to do is nothing asked");
    let copies = index.add(&tenant(), events(0..2)).await.unwrap();
    assert_eq!((copies.indexed, copies.duplicates.len()), (0, 2));
}

#[tokio::test]
async fn a_node_that_is_away_is_passed_over() {
    let gone = SocketAddr::from(([127, 0, 0, 1], 1));
    let (stub, address) = Stub::that(|_, _| None).await;
    let index = OpenSearchIndex::open(&config(&[gone, address]), Clock::system())
        .await
        .unwrap();
    assert_eq!(index.add(&tenant(), events(0..2)).await.unwrap().indexed, 2);
    assert_eq!(stub.asked("_bulk").len(), 1);
}

#[tokio::test]
async fn other_products_older_servers_and_strangers_templates_are_refused() {
    for (path, said, expected) in [
        (
            "GET /",
            json!({"version": {"number": "8.1.0"}}),
            "OpenSearch 2 or later",
        ),
        (
            "GET /",
            json!({"version": {"distribution": "opensearch", "number": "1.3.0"}}),
            "OpenSearch 2 or later",
        ),
        (
            "GET /_index_template/mataelang-sensor-events",
            json!({"index_templates": [{"index_template": {}}]}),
            "was not made by Watchfloor",
        ),
    ] {
        let (_, address) = Stub::that(move |what, _| (what == path).then(|| (200, said.clone()))).await;
        let refused = OpenSearchIndex::open(&config(&[address]), Clock::system()).await;
        let said = refused.err().unwrap().to_string();
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn a_search_that_was_cut_short_is_a_timeout_and_one_that_cannot_be_is_invalid() {
    let spec = || SearchSpec {
        query: watchfloor_engine::query::parse("*", None).unwrap(),
        from: None,
        to: None,
        limit: 10,
        order: Order::NewestFirst,
        search_after: None,
        aggregations: Vec::new(),
    };
    let refused = json!({"error": {"type": "search_phase_execution_exception", "reason": "all shards failed",
        "root_cause": [{"type": "too_complex_to_determinize", "reason": "too many states"}]}});
    for (status, said, is_right) in [
        (
            200,
            json!({"timed_out": true}),
            (|error| matches!(error, SearchError::Timeout)) as fn(&_) -> bool,
        ),
        (
            400,
            refused,
            |error| matches!(error, SearchError::InvalidQuery(why) if why.contains("too many states")),
        ),
        (503, json!({"error": "x"}), |error| {
            matches!(error, SearchError::Backend(_))
        }),
    ] {
        let script = move |what: &str, _: &str| what.ends_with("_search").then(|| (status, said.clone()));
        let (_, address) = Stub::that(script).await;
        let error = open(address).await.search(&tenant(), spec()).await.unwrap_err();
        assert!(is_right(&error), "{error:?}");
    }
}

/// A node that answers the first request of each connection and breaks it at the second.
async fn forgetful() -> SocketAddr {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4_096];
                let first = connection.read(&mut request).await.unwrap_or(0);
                if first > 0 && connection.write_all(ANSWER).await.is_ok() {
                    // A byte of the next one, and no more.
                    let _ = connection.read(&mut request[..1]).await;
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn a_kept_connection_that_breaks_is_made_anew() {
    let client = Client::new(&config(&[forgetful().await])).unwrap();
    for is_second in [false, true, true] {
        let asked = client.ask(Method::GET, "_any", &[], Body::Nothing, Duration::from_secs(10));
        let answer = asked.await.unwrap();
        assert_eq!((answer.status, answer.is_second), (StatusCode::OK, is_second));
    }
}
