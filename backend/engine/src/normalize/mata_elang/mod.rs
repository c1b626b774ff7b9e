//! Mata Elang's sensor event: alerts of one Snort rule in one batch, what differs between them in `metrics[]`.
//!
//! Two steps make one event of many equal ones: [`unbatch`] gives each metric a record of its own before anything is counted,
//! [`Repeats`] folds the events of one sensor, rule, source and destination within a window.

mod repeats;

use super::{
    column,
    document::{Document, Head},
    identity,
    kind::Kind,
    node::{Fields, Node},
    snort,
    source::{Input, JsonSource},
    time,
};
use crate::json::{Map, Value};
use crate::{Event, verdict::DeadReason};
pub use repeats::{Counted, Repeats};
use std::borrow::Cow;
use watchfloor_shared::{EndpointId, EventId, Timestamp};

pub(super) const SOURCE: JsonSource = JsonSource {
    name: "mata_elang",
    unnamed: Some("mata-elang"),
    host,
    kind: |_, _| Kind::SensorBatch,
    read,
};

fn host<'f>(fields: &'f Fields<'_>) -> Option<&'f str> {
    ["sensor_id", "sensorId"].iter().find_map(|key| fields.text(key))
}

/// The records that a batch holds, one per metric and each complete; `None` for a record that is no batch of several. Each
/// has an identity of its own, so the position of the batch serves for all.
pub fn unbatch(raw: &[u8]) -> Option<Vec<Vec<u8>>> {
    if raw.len() > super::RECORD_BYTES_MAX {
        return None;
    }
    let mut batch: Map = serde_json::from_slice(raw).ok()?;
    let is_ours = ["snort_rule", "snort_message", "snortRule", "snortMessage"]
        .iter()
        .any(|key| batch.contains_key(key));
    let several = matches!(batch.get("metrics"), Some(Value::Array(metrics)) if metrics.len() > 1);
    if !is_ours || !several {
        return None;
    }
    let Some(Value::Array(metrics)) = batch.remove("metrics") else {
        return None;
    };
    let each = metrics.into_iter().map(|metric| {
        batch.insert("metrics", Value::Array(vec![metric]));
        serde_json::to_vec(&batch).unwrap_or_default()
    });
    Some(each.collect())
}

/// The field of a record that stands for several.
const REPEATS: &str = "watchfloor_repeats";

/// The record of an alert that stands for `count`, the last of them at `last`; what [`super::normalize`] makes of it says so.
pub fn counted(raw: &[u8], count: u64, last: Timestamp) -> Vec<u8> {
    let Ok(mut alert) = serde_json::from_slice::<Map>(raw) else {
        return raw.to_vec();
    };
    let mut repeats = Map::new();
    repeats.insert("count", count);
    repeats.insert("last", time::text(last));
    alert.insert(REPEATS, repeats);
    serde_json::to_vec(&alert).unwrap_or_else(|_| raw.to_vec())
}

fn set_repeats(document: &mut Document, repeats: &Fields<'_>, first: Timestamp) {
    document.set_some("watchfloor", "count", repeats.get("count").and_then(Node::integer));
    document.set("event", "start", time::text(first));
    document.set_some("event", "end", repeats.text("last").map(str::to_owned));
}

fn read(mut fields: Fields<'_>, input: Input<'_>) -> Result<Event, DeadReason> {
    let (endpoint, sensor) = input.context.origin.endpoint(host(&fields), SOURCE.unnamed)?;
    let mut document = input.document();
    document.take_sender(&mut fields);
    let metrics = match fields.take("metrics") {
        Some(Node::List(metrics)) => metrics,
        _ => Vec::new(),
    };
    // A batch that nobody took apart is one event that counts for all.
    if metrics.len() > 1 {
        document.set("watchfloor", "count", metrics.len());
    }
    let repeats = fields.take_object(REPEATS);
    let mut metrics = metrics.into_iter();
    let mut alert = Fields(Vec::with_capacity(fields.0.len() + 24));
    let mut envelope = Fields(Vec::new());
    let first = match metrics.next() {
        Some(Node::Object(first)) => first.0,
        _ => Vec::new(),
    };
    for (key, node) in fields.0.into_iter().chain(first) {
        let name = snake(&key);
        match name.strip_prefix("snort_") {
            Some(name) => alert.0.push((Cow::Owned(name.to_owned()), node)),
            None => envelope.0.push((Cow::Owned(name), node)),
        }
    }
    // The second of the batch is nearer to its metrics than the rule's first one.
    let integer = |node: Option<&Node<'_>>| node.and_then(Node::integer);
    let seconds = integer(envelope.get("event_seconds")).or_else(|| integer(alert.get("seconds")));
    let timestamp = snort::time_of(alert.text("timestamp"), seconds, input.context.received)?;
    if let Some(repeats) = repeats {
        set_repeats(&mut document, &repeats, timestamp);
    }
    let id = id(&endpoint, &alert, timestamp);
    snort::describe(&mut document, &mut alert);
    column::spread(&mut document, alert, &[snort::ALERT], "snort");
    column::spread(&mut document, envelope, &[], "mata_elang");
    let rest: Vec<Value> = metrics.map(Node::into_value).collect();
    if !rest.is_empty() {
        document.section("mata_elang").insert("metrics", Value::Array(rest));
    }
    snort::observer(&mut document, &sensor);
    let head = Head {
        id,
        timestamp,
        endpoint,
        host: sensor,
        module: "mata_elang",
        dataset: Cow::Borrowed("mata_elang.sensor_event"),
    };
    Ok(document.finish(head, input.context))
}

/// An alert has no number of its own; what tells it from others of its rule is its packet.
fn id(endpoint: &EndpointId, alert: &Fields<'_>, timestamp: Timestamp) -> EventId {
    let part = |key: &str| {
        let scalar = alert.get(key).and_then(|node| node.scalar().map(Cow::into_owned));
        scalar.unwrap_or_default()
    };
    identity::of_parts(
        &[
            "mata_elang",
            endpoint.as_str(),
            &part("rule"),
            &part("timestamp"),
            &part("pkt_number"),
            &part("src_ap"),
            &part("dst_ap"),
        ],
        timestamp,
    )
}

/// Protobuf's JSON writes `snortRuleSid`, its original names are `snort_rule_sid`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
