//! What senders that speak Elasticsearch's protocol find here: Beats, Logstash, Fluent Bit, Vector, rsyslog, client libraries.
//! They probe first ([`probe`]), then send documents in bulk ([`bulk`]).
//!
//! Invariant: an item is answered with 201 only when the disk has it.

mod actions;
pub mod bulk;
pub mod probe;

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// Clients ask for this version's behaviour or an older one's; those of 7 and 8 both work with it.
const VERSION: &str = "8.17.0";
/// Newer clients send nothing to a server that does not say this.
const PRODUCT: HeaderName = HeaderName::from_static("x-elastic-product");

fn answer(status: StatusCode, body: impl Serialize) -> Response {
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(PRODUCT, HeaderValue::from_static("Elasticsearch"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
