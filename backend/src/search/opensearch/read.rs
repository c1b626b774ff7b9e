//! What is read: searches, whole events, the list of fields.

use super::{
    aggregate,
    client::{Answer, Body, Client},
    document::event_of,
    template::{ID, NAMES, TIME},
    translate,
};
use crate::search::{
    SearchError, SearchSpec,
    flatten::{Flattener, Leaf},
    ids,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    ops::Bound,
    time::{Duration, Instant},
};
use watchfloor_engine::{Event, query::schema};
use watchfloor_shared::{
    EventId, Timestamp,
    search::{EventHit, FieldInfo, FieldKind, Order, SearchAfter, SearchResponse},
};

/// Newest events that the examples are taken from.
const LATEST: u32 = 200;
const EXAMPLES_MAX: usize = 3;
const EXAMPLE_BYTES_MAX: usize = 80;
const FIELDS_LISTED_MAX: u32 = 5_000;
/// A tenant without events has no index yet.
const MAY_BE_MISSING: [(&str, &str); 2] = [
    ("ignore_unavailable", "true"),
    ("allow_partial_search_results", "false"),
];

/// One tenant's index.
pub struct Reader<'a> {
    pub client: &'a Client,
    pub index: &'a str,
    /// From the call to the answer.
    pub wait_max: Duration,
}

impl Reader<'_> {
    pub async fn search(&self, spec: &SearchSpec) -> Result<SearchResponse, SearchError> {
        let began = Instant::now();
        let request = request(spec, self.wait_max)?;
        let (found, all) = tokio::try_join!(self.ask("_search", &request), self.count())?;
        let found = answer_of(found)?;
        let hits = found.pointer("/hits/hits").and_then(Value::as_array).cloned();
        let hits: Vec<EventHit> = hits.unwrap_or_default().into_iter().filter_map(hit).collect();
        let full = spec.limit > 0 && hits.len() == spec.limit;
        let next = hits.last().filter(|_| full).map(|last| SearchAfter {
            timestamp: last.timestamp,
            id: last.id.clone(),
        });
        Ok(SearchResponse {
            total: found.pointer("/hits/total/value").and_then(Value::as_i64).unwrap_or(0),
            searched: all,
            took_ms: began.elapsed().as_secs_f64() * 1_000.0,
            hits,
            next,
            aggregations: aggregate::results(&spec.aggregations, &found["aggregations"])?,
        })
    }

    /// Those that a commit made visible, in the order of the ids.
    pub async fn get(&self, ids: &[EventId]) -> Result<Vec<Event>, SearchError> {
        let ids: Vec<&str> = ids
            .iter()
            .map(EventId::as_str)
            .filter(|id| ids::parse(id).is_some())
            .collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let path = format!("{}/_mget", self.index);
        let body = Body::json(&json!({"ids": ids}));
        let realtime = [("realtime", "false")];
        let found = self
            .client
            .ask(Method::POST, &path, &realtime, body, self.wait_max)
            .await?;
        if found.status == StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        let mut found = found.ok()?;
        let docs = found["docs"].as_array_mut().map(std::mem::take).unwrap_or_default();
        let there = docs.into_iter().filter(|doc| doc["found"] == Value::Bool(true));
        there.map(|mut doc| event(event_of(doc["_source"].take()))).collect()
    }

    pub async fn fields(&self) -> Result<Vec<FieldInfo>, SearchError> {
        let request = json!({
            "size": LATEST,
            "sort": sort(Order::NewestFirst),
            "timeout": millis(self.wait_max),
            "aggs": {"names": {"terms": {"field": NAMES, "size": FIELDS_LISTED_MAX}}},
        });
        let (found, all) = tokio::try_join!(self.ask("_search", &request), self.count())?;
        let found = answer_of(found)?;
        if all == 0 {
            return Ok(Vec::new());
        }
        let hits = found.pointer("/hits/hits").and_then(Value::as_array).cloned();
        let mut seen = seen(hits.unwrap_or_default());
        let mut events: BTreeMap<String, i64> = BTreeMap::new();
        let buckets = found.pointer("/aggregations/names/buckets").and_then(Value::as_array);
        for bucket in buckets.into_iter().flatten() {
            let name = bucket["key"].as_str().unwrap_or_default().to_owned();
            events.insert(name, bucket["doc_count"].as_i64().unwrap_or(0));
        }
        events.extend(["@timestamp", "message", "event.id"].map(|name| (name.to_owned(), all)));
        let mut events: Vec<(String, i64)> = events.into_iter().collect();
        events.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let info = |(name, _): (String, i64)| {
            let seen = seen.remove(&name).unwrap_or_default();
            FieldInfo {
                kind: schema::kind(&name).or(seen.kind).unwrap_or(FieldKind::Keyword),
                description: schema::field(&name).map_or("", |field| field.description).to_owned(),
                examples: seen.examples,
                name,
            }
        };
        Ok(events.into_iter().map(info).collect())
    }

    async fn ask(&self, what: &str, request: &Value) -> Result<Answer, SearchError> {
        let path = format!("{}/{what}", self.index);
        let body = Body::json(request);
        self.client
            .ask(Method::POST, &path, &MAY_BE_MISSING, body, self.wait_max)
            .await
    }

    /// Events that are seen.
    async fn count(&self) -> Result<i64, SearchError> {
        let path = format!("{}/_count", self.index);
        let missing = [("ignore_unavailable", "true")];
        let counted = self
            .client
            .done(Method::GET, &path, &missing, Body::Nothing, self.wait_max)
            .await?;
        Ok(counted["count"].as_i64().unwrap_or(0))
    }
}

fn request(spec: &SearchSpec, wait_max: Duration) -> Result<Value, SearchError> {
    let mut parts = vec![translate::query(&spec.query)?];
    if spec.from.is_some() || spec.to.is_some() {
        let from = spec.from.map_or(Bound::Unbounded, |from| Bound::Included(from.nanos()));
        let to = spec.to.map_or(Bound::Unbounded, |to| Bound::Excluded(to.nanos()));
        parts.push(translate::time_range(from, to));
    }
    let mut request = json!({
        "size": spec.limit,
        "timeout": millis(wait_max),
        "track_total_hits": true,
        "query": {"bool": {"filter": parts}},
    });
    if spec.limit > 0 {
        request["sort"] = sort(spec.order);
        if let Some(after) = &spec.search_after {
            request["search_after"] = json!([after.timestamp.nanos(), place(after, spec.order)]);
        }
    }
    if !spec.aggregations.is_empty() {
        request["aggs"] = aggregate::request(&spec.aggregations);
    }
    Ok(request)
}

fn sort(order: Order) -> Value {
    let order = match order {
        Order::NewestFirst => "desc",
        Order::OldestFirst => "asc",
    };
    let by = |kind: &str| json!({"order": order, "unmapped_type": kind});
    json!([{TIME: by("long")}, {ID: by("keyword")}])
}

/// An id that is no event's continues behind its time.
fn place(after: &SearchAfter, order: Order) -> &str {
    match (ids::parse(after.id.as_str()), order) {
        (Some(_), _) => after.id.as_str(),
        (None, Order::OldestFirst) => "g",
        (None, Order::NewestFirst) => "",
    }
}

fn millis(wait: Duration) -> String {
    format!("{}ms", wait.as_millis())
}

/// A search's answer that is whole.
fn answer_of(answer: Answer) -> Result<Value, SearchError> {
    if !answer.status.is_success() {
        let cause = answer.cause();
        return Err(match answer.status {
            _ if cause.words().contains("too_many_buckets") || cause.words().contains("max_buckets") => {
                aggregate::too_many()
            }
            StatusCode::BAD_REQUEST => SearchError::InvalidQuery(cause.words()),
            _ => answer.refused(),
        });
    }
    let answer = answer.ok()?;
    match answer["timed_out"] == Value::Bool(true) {
        true => Err(SearchError::Timeout),
        false => Ok(answer),
    }
}

fn hit(mut hit: Value) -> Option<EventHit> {
    Some(EventHit {
        id: EventId::new(hit["_id"].as_str()?),
        timestamp: Timestamp::from_nanos(hit["sort"][0].as_i64()?),
        source: event_of(hit["_source"].take()),
    })
}

fn event(source: Value) -> Result<Event, SearchError> {
    let damaged = |why: String| SearchError::Backend(format!("a stored event is damaged: {why}"));
    match source {
        Value::Object(doc) => Event::from_doc(doc).map_err(|error| damaged(error.to_string())),
        _ => Err(damaged("it is no object".to_owned())),
    }
}

#[derive(Default)]
struct Seen {
    kind: Option<FieldKind>,
    examples: Vec<String>,
}

/// Kinds and distinct short values of the fields of these events.
fn seen(hits: Vec<Value>) -> BTreeMap<String, Seen> {
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    let mut flattener = Flattener::default();
    for mut hit in hits {
        let source = event_of(hit["_source"].take()).to_string();
        let Ok(flat) = flattener.flatten(source.as_bytes()) else {
            continue;
        };
        for (name, leaf) in &flat.values {
            let seen = seen.entry(name.to_string()).or_default();
            seen.kind.get_or_insert(match leaf {
                Leaf::Text(_) => FieldKind::Keyword,
                Leaf::Long(_) | Leaf::Float(_) => FieldKind::Long,
                Leaf::Boolean(_) => FieldKind::Boolean,
            });
            if let Leaf::Text(at) = leaf {
                let text = flat.text(at);
                let is_new = seen.examples.iter().all(|example| example != text);
                if is_new && seen.examples.len() < EXAMPLES_MAX && (1..=EXAMPLE_BYTES_MAX).contains(&text.len()) {
                    seen.examples.push(text.to_owned());
                }
            }
        }
    }
    seen
}
