//! What senders ask before they send. Templates, policies and pipelines have no meaning here: they are said to be there, so that
//! nobody has to switch their set-up off.

use super::{VERSION, answer};
use crate::api::{context::Called, describe::Describe};
use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

fn object() -> Value {
    json!({ "type": "object" })
}

pub fn describe_info() -> Describe {
    Describe::new("ingest", "Say what an Elasticsearch client asks of a server first")
        .answers_shape("Name and version", object())
}

pub async fn info(called: Called) -> Response {
    let body = json!({
        "name": "watchfloor", "cluster_name": "watchfloor", "cluster_uuid": called.tenant().as_str(),
        "version": {
            "number": VERSION, "build_flavor": "default", "build_type": "tar", "build_hash": "unknown",
            "build_date": "1970-01-01T00:00:00Z", "build_snapshot": false, "lucene_version": "9.12.0",
            "minimum_wire_compatibility_version": "7.17.0", "minimum_index_compatibility_version": "7.0.0",
        },
        "tagline": "You Know, for Search",
    });
    answer(StatusCode::OK, body)
}

pub fn describe_license() -> Describe {
    Describe::new("ingest", "Say which features an Elasticsearch client may count on")
        .answers_shape("A basic licence", object())
}

pub async fn license(_: Called) -> Response {
    answer(StatusCode::OK, json!({ "license": license_fields() }))
}

fn license_fields() -> Value {
    json!({ "status": "active", "uid": "watchfloor", "type": "basic", "mode": "basic" })
}

pub async fn xpack(_: Called) -> Response {
    let off = json!({ "available": false, "enabled": false });
    let body = json!({
        "license": license_fields(),
        "features": { "ilm": off, "security": { "available": true, "enabled": true }, "monitoring": off },
    });
    answer(StatusCode::OK, body)
}

pub fn describe_health() -> Describe {
    Describe::new("ingest", "Say that the door is open, as Elasticsearch's cluster health")
        .answers_shape("One node, green", object())
}

pub async fn health(_: Called) -> Response {
    let body = json!({
        "cluster_name": "watchfloor", "status": "green", "timed_out": false, "number_of_nodes": 1, "number_of_data_nodes": 1,
        "active_primary_shards": 1, "active_shards": 1, "relocating_shards": 0, "initializing_shards": 0, "unassigned_shards": 0,
    });
    answer(StatusCode::OK, body)
}

pub fn describe_settings() -> Describe {
    Describe::new(
        "ingest",
        "Accept a template, policy or pipeline, which means nothing here",
    )
    .path("name", "Its name")
    .answers_shape("Acknowledged", object())
}

/// Asked for or given: either way it is there.
pub async fn settings(_: Called) -> Response {
    answer(StatusCode::OK, json!({ "acknowledged": true }))
}
