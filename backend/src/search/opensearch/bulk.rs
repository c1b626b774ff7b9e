//! Events into one tenant's index, by bulk requests of bounded size.
//!
//! Invariant: each event is created once, whoever tries and however often: its id is the document's. An event that the index has no
//! room for now is sent again; what is sent again and is there by then is not a duplicate.

use super::{
    client::{Answer, Body, Cause, Client},
    document::{Encoder, Form},
};
use crate::search::{EncodedEvent, IndexOutcome, SearchError, ids};
use reqwest::{Method, StatusCode};
use rustc_hash::FxHashSet;
use serde::Deserialize;
use std::{collections::VecDeque, time::Duration};
use watchfloor_shared::Timestamp;

/// How often what the cluster is too busy for is sent again before the caller is told.
const TRIES_MAX: u32 = 4;
const PAUSE_LEAST: Duration = Duration::from_millis(100);
const PAUSE_MOST: Duration = Duration::from_secs(5);
/// Ids whose fate an error left open. Beyond that many, events that are sent again may count as duplicates.
const OPEN_MAX: usize = 400_000;
const ONLY_WHAT_COUNTS: (&str, &str) = ("filter_path", "errors,error,status,items.*.status,items.*.error");

/// What is known of a tenant's index while events go there.
#[derive(Default)]
pub struct Writing {
    /// The index is there, as ours.
    pub is_made: bool,
    /// Events were sent since the last refresh.
    pub is_dirty: bool,
    encoder: Encoder,
    /// Ids of events that were created since the last refresh.
    created: FxHashSet<u128>,
    /// Of events that were sent, perhaps created, before an error had the caller read them again.
    open: FxHashSet<u128>,
}

impl Writing {
    /// All that was created is found by searches.
    pub fn refreshed(&mut self) {
        self.created.clear();
        self.is_dirty = false;
    }

    /// The caller will send again what it sent since the last refresh.
    pub fn failed(&mut self) {
        self.open.extend(self.created.drain());
        if self.open.len() > OPEN_MAX {
            self.open.clear();
        }
    }
}

/// One call's work.
pub struct Bulk<'a> {
    pub client: &'a Client,
    pub index: &'a str,
    pub writing: &'a mut Writing,
    pub events: &'a [EncodedEvent],
    pub received: Timestamp,
    pub bytes_max: usize,
    pub wait_max: Duration,
}

struct Item {
    position: usize,
    id: u128,
    form: Form,
}

/// What one item's answer asks for.
enum Fate {
    Created,
    ThereAlready,
    /// Another form may do, or none.
    Unfit(String),
    Busy(String),
    Failed(SearchError),
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BulkAnswer {
    items: Vec<ItemAnswer>,
}

#[derive(Deserialize)]
struct ItemAnswer {
    create: Created,
}

#[derive(Deserialize)]
struct Created {
    status: u16,
    error: Option<Cause>,
}

impl Bulk<'_> {
    pub async fn run(mut self) -> Result<IndexOutcome, SearchError> {
        self.writing.is_dirty = true;
        let mut outcome = IndexOutcome::default();
        let mut waiting = self.items(&mut outcome);
        let mut tries = 0;
        let mut bytes_max = self.bytes_max;
        while !waiting.is_empty() {
            let (body, sent) = self.body(&mut waiting, bytes_max, &mut outcome);
            if sent.is_empty() {
                continue;
            }
            let answer = self.send(body, &sent).await?;
            if answer.status == StatusCode::PAYLOAD_TOO_LARGE {
                bytes_max /= 2;
                self.too_large(sent, &mut waiting, &mut outcome);
                continue;
            }
            match self.settle(&answer, sent, &mut waiting, &mut outcome)? {
                None => tries = 0,
                Some(why) if tries >= TRIES_MAX => {
                    return Err(SearchError::Backend(format!("OpenSearch is too busy: {why}")));
                }
                Some(_) => {
                    tokio::time::sleep(PAUSE_LEAST.saturating_mul(1 << tries).min(PAUSE_MOST)).await;
                    tries += 1;
                }
            }
        }
        outcome.duplicates.sort_unstable();
        outcome.refused.sort_unstable();
        Ok(outcome)
    }

    /// The first of each id; what has no id is refused.
    fn items(&self, outcome: &mut IndexOutcome) -> VecDeque<Item> {
        let mut seen = FxHashSet::default();
        let mut items = VecDeque::with_capacity(self.events.len());
        for (position, event) in self.events.iter().enumerate() {
            let Some(id) = ids::parse(event.id.as_str()) else {
                outcome.refused.push((position, ids::refusal(&event.id)));
                continue;
            };
            match seen.insert(id) {
                true => items.push_back(Item {
                    position,
                    id,
                    form: Form::Natural,
                }),
                false => outcome.duplicates.push(position),
            }
        }
        items
    }

    /// As many as a body takes, and one at least.
    fn body(
        &mut self,
        waiting: &mut VecDeque<Item>,
        bytes_max: usize,
        outcome: &mut IndexOutcome,
    ) -> (Vec<u8>, Vec<Item>) {
        let (mut body, mut sent) = (Vec::new(), Vec::new());
        while let Some(item) = waiting.pop_front() {
            let Some(event) = self.events.get(item.position) else {
                continue;
            };
            let start = body.len();
            // An id is 32 hexadecimal digits: nothing in it needs escaping.
            body.extend_from_slice(format!("{{\"create\":{{\"_id\":\"{}\"}}}}\n", event.id).as_bytes());
            let encoder = &mut self.writing.encoder;
            if let Err(error) = encoder.document(event, item.form, self.received, &mut body) {
                body.truncate(start);
                outcome.refused.push((item.position, error.to_string()));
                continue;
            }
            body.push(b'\n');
            if body.len() > bytes_max && !sent.is_empty() {
                body.truncate(start);
                waiting.push_front(item);
                break;
            }
            sent.push(item);
        }
        (body, sent)
    }

    async fn send(&mut self, body: Vec<u8>, sent: &[Item]) -> Result<Answer, SearchError> {
        let path = format!("{}/_bulk", self.index);
        let body = Body::Bulk(body.into());
        let answer = self
            .client
            .ask(Method::POST, &path, &[ONLY_WHAT_COUNTS], body, self.wait_max)
            .await;
        if answer.as_ref().map_or(true, |answer| answer.is_second) {
            // They may have been created, and nobody said so.
            self.writing.open.extend(sent.iter().map(|item| item.id));
        }
        answer.map_err(|error| match error {
            SearchError::Timeout => SearchError::Backend("OpenSearch took too long to write".to_owned()),
            other => other,
        })
    }

    fn too_large(&self, mut sent: Vec<Item>, waiting: &mut VecDeque<Item>, outcome: &mut IndexOutcome) {
        match sent.as_slice() {
            [only] => outcome
                .refused
                .push((only.position, "it is larger than OpenSearch takes".to_owned())),
            _ => {
                while let Some(item) = sent.pop() {
                    waiting.push_front(item);
                }
            }
        }
    }

    /// Says why, where the cluster was too busy for some.
    fn settle(
        &mut self,
        answer: &Answer,
        sent: Vec<Item>,
        waiting: &mut VecDeque<Item>,
        outcome: &mut IndexOutcome,
    ) -> Result<Option<String>, SearchError> {
        if is_busy(answer.status) && !answer.cause().is_disk_full() {
            waiting.extend(sent);
            return Ok(Some(answer.cause().words()));
        }
        if !answer.status.is_success() {
            return Err(answer.refused());
        }
        let items = BulkAnswer::deserialize(&answer.body).unwrap_or_default().items;
        if items.len() != sent.len() {
            return Err(SearchError::Backend(format!(
                "OpenSearch answered for {} of {} events",
                items.len(),
                sent.len()
            )));
        }
        let mut busy = None;
        let mut failed = None;
        for (mut item, answer) in sent.into_iter().zip(items) {
            match fate(answer.create) {
                Fate::Created => self.count(&item, outcome),
                Fate::ThereAlready if self.writing.open.contains(&item.id) => self.count(&item, outcome),
                Fate::ThereAlready => outcome.duplicates.push(item.position),
                Fate::Unfit(why) => match item.form.next() {
                    Some(form) => {
                        item.form = form;
                        waiting.push_back(item);
                    }
                    None => outcome.refused.push((item.position, why)),
                },
                Fate::Busy(why) => {
                    busy.get_or_insert(why);
                    waiting.push_back(item);
                }
                Fate::Failed(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(busy), Err)
    }

    fn count(&mut self, item: &Item, outcome: &mut IndexOutcome) {
        self.writing.open.remove(&item.id);
        self.writing.created.insert(item.id);
        outcome.indexed += 1;
    }
}

fn is_busy(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

fn fate(created: Created) -> Fate {
    let status = StatusCode::from_u16(created.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let cause = created.error.unwrap_or_default();
    match status {
        status if status.is_success() => Fate::Created,
        StatusCode::CONFLICT => Fate::ThereAlready,
        _ if cause.is_disk_full() => Fate::Failed(SearchError::DiskFull),
        StatusCode::BAD_REQUEST => Fate::Unfit(cause.words()),
        // New columns wait for the cluster's manager.
        status if is_busy(status) || cause.kind == "mapper_exception" => Fate::Busy(cause.words()),
        status => Fate::Failed(SearchError::Backend(format!(
            "OpenSearch answers {}: {}",
            status.as_u16(),
            cause.words()
        ))),
    }
}
