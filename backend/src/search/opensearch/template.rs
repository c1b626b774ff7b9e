//! How events lie in OpenSearch: one index per tenant, all made from one index template.
//!
//! | field | what | for |
//! |---|---|---|
//! | the event's own, where ECS knows it | `keyword`, `ip`, `long`, `date_nanos`, `text` | other tools; counts by value |
//! | `received_opensearch_at` | when it was written, UTC, microseconds | other tools |
//! | `watchfloor_index.time`, `watchfloor_index.at` | when it happened in nanoseconds, and as a date | ranges, order; histogram |
//! | `watchfloor_index.names` | the names of the fields that it has | existence, the list of fields |
//! | `watchfloor_index.keys` | every value under its name, in lower case ([`super::keys`]) | every query of a field |
//! | `message`, `watchfloor_index.words` | words with positions: the message, and every text that it does not hold | words and phrases |
//! | `watchfloor_index.more.*` | values of fields that ECS does not know, or that do not fit its type | counts by value |
//! | `watchfloor_index.source` | the whole event, only where it cannot lie beside these as it is | hits |
//!
//! Invariant: a sender makes no more columns than [`FIELDS_MAX`], and no event is refused for its names or types.

use super::{
    client::{Body, Client},
    config::OpenSearchConfig,
};
use crate::search::{SearchError, flatten::KEYWORD_BYTES_MAX, words::WORD_BYTES_MAX};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};
use watchfloor_engine::query::schema::{self, KEYWORD_FOLDERS};
use watchfloor_shared::search::FieldKind;

/// Version of this layout; written into the template and every index.
pub const FORMAT: u32 = 1;
/// Columns of one index, those of the template included.
const FIELDS_MAX: u32 = 6_000;
/// Of two templates for an index the higher one counts.
const PRIORITY: u32 = 500;
const WORDS: &str = "watchfloor_words";

pub const TIME: &str = "watchfloor_index.time";
pub const AT: &str = "watchfloor_index.at";
pub const NAMES: &str = "watchfloor_index.names";
pub const KEYS: &str = "watchfloor_index.keys";
pub const WORDS_FIELD: &str = "watchfloor_index.words";
pub const MORE: &str = "watchfloor_index.more";
pub const MESSAGE: &str = "message";
pub const ID: &str = "event.id";
pub const RECEIVED: &str = "received_opensearch_at";

/// Makes the template, or brings it up to date. Does the same however often it is called.
///
/// # Errors
/// When nobody or another product is there, or a newer Watchfloor made the template.
pub async fn bootstrap(client: &Client, config: &OpenSearchConfig, wait_max: Duration) -> Result<(), SearchError> {
    let server = client.done(Method::GET, "", &[], Body::Nothing, wait_max).await?;
    let text = |pointer: &str| server.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (distribution, version) = (text("/version/distribution"), text("/version/number"));
    let major: Option<u32> = version.split('.').next().and_then(|major| major.parse().ok());
    if distribution != "opensearch" || major.is_none_or(|major| major < 2) {
        return Err(SearchError::Backend(format!(
            "OpenSearch 2 or later is needed; there is {distribution:?} {version:?}"
        )));
    }
    let name = config.index_prefix.trim_end_matches(['-', '.', '_']);
    let path = format!("_index_template/{name}");
    let found = client.ask(Method::GET, &path, &[], Body::Nothing, wait_max).await?;
    if found.status != StatusCode::NOT_FOUND {
        let found = found.ok()?;
        let meta = found.pointer("/index_templates/0/index_template/_meta");
        check_format(meta, &format!("the index template {name}"))?;
    }
    let body = Body::json(&template(config));
    let made = client.done(Method::PUT, &path, &[], body, wait_max).await?;
    match made["acknowledged"] == Value::Bool(true) {
        true => Ok(()),
        false => Err(SearchError::Backend(format!(
            "not every node took the index template {name} in time"
        ))),
    }
}

/// Makes a tenant's index where it is missing.
///
/// # Errors
/// When there is one that this version cannot use.
pub async fn make_index(client: &Client, index: &str, wait_max: Duration) -> Result<(), SearchError> {
    let mapping = format!("{index}/_mapping");
    let found = client.ask(Method::GET, &mapping, &[], Body::Nothing, wait_max).await?;
    if found.status == StatusCode::NOT_FOUND {
        let made = client.ask(Method::PUT, index, &[], Body::Nothing, wait_max).await?;
        return match made.status.is_success() || made.cause().kind == "resource_already_exists_exception" {
            true => Ok(()),
            false => Err(made.refused()),
        };
    }
    let found = found.ok()?;
    let mappings = found.as_object().and_then(|indexes| indexes.values().next());
    let meta = mappings.and_then(|index| index.pointer("/mappings/_meta"));
    check_format(meta, &format!("the index {index}"))
}

fn check_format(meta: Option<&Value>, what: &str) -> Result<(), SearchError> {
    let format = meta.and_then(|meta| meta["watchfloor_format"].as_u64());
    match format.map(|format| u32::try_from(format).unwrap_or(u32::MAX)) {
        None => Err(SearchError::Backend(format!(
            "{what} is there and was not made by Watchfloor: set search.opensearch.index_prefix"
        ))),
        Some(found) if found > FORMAT => Err(SearchError::NewerFormat { found, known: FORMAT }),
        Some(_) => Ok(()),
    }
}

pub fn template(config: &OpenSearchConfig) -> Value {
    json!({
        "index_patterns": [format!("{}*", config.index_prefix)],
        "priority": PRIORITY,
        "_meta": meta(),
        "template": {"settings": settings(config), "mappings": mappings()},
    })
}

fn meta() -> Value {
    json!({"watchfloor_format": FORMAT, "description": "Events, written and searched by Watchfloor"})
}

/// Nothing is seen before a commit, which refreshes; what is answered is on the disk of primary and replicas.
fn settings(config: &OpenSearchConfig) -> Value {
    json!({
        "number_of_shards": config.shards,
        "number_of_replicas": config.replicas,
        "refresh_interval": "-1",
        "translog": {"durability": "request"},
        "mapping": {"total_fields": {"limit": FIELDS_MAX}},
        "analysis": {
            "tokenizer": {"watchfloor_words": {"type": "pattern", "pattern": "[^\\p{IsAlphabetic}\\p{N}_]+"}},
            "filter": {"watchfloor_short": {"type": "length", "min": 1, "max": WORD_BYTES_MAX}},
            "analyzer": {WORDS: {
                "type": "custom", "tokenizer": "watchfloor_words", "filter": ["lowercase", "watchfloor_short"],
            }},
        },
    })
}

fn mappings() -> Value {
    let mut tree = Tree::default();
    for field in schema::fields() {
        if let Some(Value::Object(mapping)) = typed(field.name, field.kind) {
            *tree.at(field.name) = mapping;
        }
    }
    for folder in KEYWORD_FOLDERS {
        let mapping = tree.at(folder.trim_end_matches('.'));
        mapping.insert("type".to_owned(), "object".into());
        mapping.insert("dynamic".to_owned(), Value::Bool(true));
    }
    let mut properties = tree.properties();
    properties.insert(RECEIVED.to_owned(), json!({"type": "date_nanos"}));
    properties.insert("watchfloor_index".to_owned(), own());
    json!({
        "_meta": meta(),
        "_source": {"excludes": [TIME, AT, NAMES, KEYS, WORDS_FIELD, MORE]},
        "dynamic": false,
        "date_detection": false,
        "numeric_detection": false,
        "dynamic_templates": dynamic_templates(),
        "properties": properties,
    })
}

fn own() -> Value {
    json!({
        "dynamic": false,
        "properties": {
            "time": {"type": "long"},
            "at": {"type": "date", "format": "epoch_millis", "index": false},
            "names": {"type": "keyword"},
            "keys": {"type": "keyword", "doc_values": false},
            "words": text(),
            "more": {"type": "object", "dynamic": true},
            "source": {"type": "object", "enabled": false},
        },
    })
}

fn text() -> Value {
    json!({"type": "text", "analyzer": WORDS, "norms": false})
}

fn keyword() -> Value {
    json!({"type": "keyword", "ignore_above": KEYWORD_BYTES_MAX})
}

/// A known field for other tools; none for what is kept and not searched. What does not fit its type is left out of its column.
fn typed(name: &str, kind: FieldKind) -> Option<Value> {
    let lenient = |kind: &str| json!({"type": kind, "ignore_malformed": true});
    match kind {
        _ if name == "event.original" => None,
        FieldKind::Keyword | FieldKind::Boolean => Some(keyword()),
        FieldKind::Text => Some(text()),
        FieldKind::Long => Some(lenient("long")),
        FieldKind::Ip => Some(lenient("ip")),
        FieldKind::Date => Some(lenient("date_nanos")),
    }
}

fn dynamic_templates() -> Value {
    let mut templates = vec![json!({"more": {
        "path_match": format!("{MORE}.*"),
        "match_mapping_type": "string",
        "mapping": {"type": "keyword", "index": false},
    }})];
    for folder in KEYWORD_FOLDERS {
        for found in ["string", "long", "double", "boolean"] {
            templates.push(json!({format!("{folder}{found}"): {
                "path_match": format!("{folder}*"),
                "match_mapping_type": found,
                "mapping": keyword(),
            }}));
        }
    }
    Value::Array(templates)
}

/// Mappings of fields by the parts of their names.
#[derive(Default)]
struct Tree {
    mapping: Map<String, Value>,
    inner: BTreeMap<&'static str, Tree>,
}

impl Tree {
    fn at(&mut self, name: &'static str) -> &mut Map<String, Value> {
        let parts = name.split('.');
        &mut parts
            .fold(self, |tree, part| tree.inner.entry(part).or_default())
            .mapping
    }

    fn properties(self) -> Map<String, Value> {
        let field = |(name, tree): (&str, Tree)| (name.to_owned(), Value::Object(tree.json()));
        self.inner.into_iter().map(field).collect()
    }

    fn json(mut self) -> Map<String, Value> {
        let mut mapping = std::mem::take(&mut self.mapping);
        if !self.inner.is_empty() {
            mapping.insert("properties".to_owned(), self.properties().into());
        }
        mapping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that is a value and a folder at once could not be mapped.
    #[test]
    fn every_known_field_has_its_type_and_is_no_folder() {
        let mappings = mappings();
        for field in schema::fields().iter().filter(|field| field.name != "event.original") {
            let pointer = format!("/properties/{}", field.name.replace('.', "/properties/"));
            let mapping = mappings.pointer(&pointer);
            let is_typed =
                mapping.is_some_and(|mapping| mapping["type"].is_string() && mapping["properties"].is_null());
            assert!(is_typed, "{}: {mapping:?}", field.name);
        }
        assert_eq!(
            mappings["properties"]["winlog"]["properties"]["event_data"]["dynamic"],
            true
        );
    }
}
