//! The plain surface that other tools use: bare arrays and objects, no envelope. A browser that asks for a page at one of
//! these addresses gets the console.

pub mod alert;
pub mod alerts;
pub mod endpoints;
pub mod feedback;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// A bare array has no place for the rest of a page: the number of all and the next cursor are headers.
fn page_headers(total: i64, next: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("x-total-count"), HeaderValue::from(total));
    if let Some(value) = next.and_then(|next| HeaderValue::from_str(next).ok()) {
        headers.insert(HeaderName::from_static("x-next-cursor"), value);
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    headers
}
