//! `_bulk`: every item is answered for itself.

use super::{
    actions::{self, Item, Verb},
    answer,
};
use crate::{
    api::{
        context::Called,
        describe::Describe,
        ingest::{describe_body, intake, place, whole},
        problem::{Answer, ApiError},
        state::AppState,
    },
    ingest::{Added, BatchOrigin, Door, members::ordered, position::Positions},
};
use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Serialize;
use std::{borrow::Cow, time::Duration};
use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_64;

const NO_INDEX: &str = "watchfloor";
const RETRY_AFTER: Duration = Duration::from_secs(5);

pub fn describe() -> Describe {
    describe_body("Send documents as Elasticsearch's bulk API takes them")
        .detail(
            "Actions `index` and `create`; `update` and `delete` are refused, because telemetry is not changed. The API key is \
             the password of Basic authentication (any user name), or comes as `ApiKey` or `Bearer`. Each item has its own \
             status; 201 means that the disk has it. Sending the same request again doubles nothing.",
        )
        .raw_body(&["application/x-ndjson", "application/json"], "Actions and documents, a line each")
        .answers_shape("Each item's outcome", serde_json::json!({ "type": "object" }))
}

pub fn describe_for_index() -> Describe {
    describe().path(
        "index",
        "Named in answers where an action names none; it decides nothing",
    )
}

pub async fn handle(state: State<AppState>, called: Called, headers: HeaderMap, body: Body) -> Answer<Response> {
    run(&state, &called, &headers, body, NO_INDEX).await
}

pub async fn handle_for_index(
    state: State<AppState>,
    Path(index): Path<String>,
    called: Called,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    run(&state, &called, &headers, body, &index).await
}

async fn run(state: &AppState, called: &Called, headers: &HeaderMap, body: Body, index: &str) -> Answer<Response> {
    let began = Instant::now();
    let Some(_place) = place(state).await else {
        return Err(ApiError::rate_limited(RETRY_AFTER));
    };
    let body = whole(state, headers, body).await?;
    let items = match actions::parse(&body) {
        Ok(items) => items,
        Err(malformed) => return Ok(refused(&malformed.to_string())),
    };
    let fates = take(state, called, &items).await?;
    let outcomes: Vec<Outcome<'_>> = items
        .iter()
        .zip(&fates)
        .map(|(item, fate)| Outcome::new(item, *fate, index))
        .collect();
    let report = Report {
        took: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        errors: fates.iter().any(|fate| *fate != Fate::Taken),
        items: outcomes,
    };
    Ok(answer(StatusCode::OK, report))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Taken,
    TooLarge,
    /// Telemetry is added, never changed.
    NotAddition,
}

/// Puts what can be taken on the disk. On an error the sender sends all of it again, which doubles nothing.
async fn take(state: &AppState, called: &Called, items: &[Item]) -> Answer<Vec<Fate>> {
    let mut positions = Positions::repeats();
    let mut intake = intake(state, called, Door::Elasticsearch, BatchOrigin::default());
    let mut fates = Vec::with_capacity(items.len());
    for item in items {
        if matches!(item.verb, Verb::Update | Verb::Delete) {
            fates.push(Fate::NotAddition);
            continue;
        }
        let document = ordered(item.document.clone());
        let position = match &item.id {
            Some(id) => xxh3_64(id.as_bytes()),
            None => positions.of_line(&document),
        };
        fates.push(match intake.add(document, position).await? {
            Added::Taken => Fate::Taken,
            Added::TooLong => Fate::TooLarge,
        });
    }
    intake.flush().await?;
    Ok(fates)
}

#[derive(Serialize)]
struct Report<'a> {
    took: u64,
    errors: bool,
    items: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome<'a> {
    Index(Detail<'a>),
    Create(Detail<'a>),
    Update(Detail<'a>),
    Delete(Detail<'a>),
}

#[derive(Serialize)]
struct Detail<'a> {
    #[serde(rename = "_index")]
    index: &'a str,
    #[serde(rename = "_id")]
    id: Cow<'a, str>,
    status: u16,
    #[serde(flatten)]
    result: Outcoming,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Outcoming {
    Created {
        #[serde(rename = "_version")]
        version: u8,
        result: &'static str,
        #[serde(rename = "_shards")]
        shards: Shards,
        #[serde(rename = "_seq_no")]
        sequence: u8,
        #[serde(rename = "_primary_term")]
        term: u8,
    },
    Refused {
        error: Cause,
    },
}

#[derive(Serialize)]
struct Shards {
    total: u8,
    successful: u8,
    failed: u8,
}

#[derive(Serialize)]
struct Cause {
    r#type: &'static str,
    reason: &'static str,
}

impl<'a> Outcome<'a> {
    fn new(item: &'a Item, fate: Fate, index: &'a str) -> Self {
        let (status, result) = match fate {
            Fate::Taken => (
                201,
                Outcoming::Created {
                    version: 1,
                    result: "created",
                    shards: Shards {
                        total: 1,
                        successful: 1,
                        failed: 0,
                    },
                    sequence: 0,
                    term: 1,
                },
            ),
            Fate::TooLarge => (
                413,
                Outcoming::Refused {
                    error: Cause {
                        r#type: "document_too_large_exception",
                        reason: "a document has at most 1 MiB; its beginning is among the dead letters",
                    },
                },
            ),
            Fate::NotAddition => (
                400,
                Outcoming::Refused {
                    error: Cause {
                        r#type: "action_request_validation_exception",
                        reason: "telemetry is added, not changed: use index or create",
                    },
                },
            ),
        };
        let id = match &item.id {
            Some(id) => Cow::Borrowed(id.as_str()),
            None => Cow::Owned(format!("{:016x}", xxh3_64(&item.document))),
        };
        let detail = Detail {
            index: item.index.as_deref().unwrap_or(index),
            id,
            status,
            result,
        };
        match item.verb {
            Verb::Index => Self::Index(detail),
            Verb::Create => Self::Create(detail),
            Verb::Update => Self::Update(detail),
            Verb::Delete => Self::Delete(detail),
        }
    }
}

/// As Elasticsearch words it: clients read these fields.
fn refused(reason: &str) -> Response {
    let cause = serde_json::json!({ "type": "illegal_argument_exception", "reason": reason });
    let body = serde_json::json!({
        "error": { "root_cause": [cause], "type": "illegal_argument_exception", "reason": reason }, "status": 400,
    });
    answer(StatusCode::BAD_REQUEST, body)
}
