//! `GET /api/docs`: the OpenAPI document as a page, made of our own three files.

use super::{
    describe::Describe,
    extract::Id,
    problem::{Answer, ApiError},
};
use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Html,
};
use watchfloor_shared::problem::ErrorCode;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("docs.css");
const SCRIPT: &str = include_str!("docs.js");

pub fn describe_page() -> Describe {
    Describe::new("meta", "This document as a page").answers_text("text/html", "The page")
}

pub fn describe_file() -> Describe {
    Describe::new("meta", "Style and script of the page")
        .path("file", "docs.css or docs.js")
        .answers_text("text/plain", "The file")
        .fails(&[ErrorCode::NotFound])
}

pub async fn page() -> Html<&'static str> {
    Html(PAGE)
}

pub async fn file(Id(file): Id) -> Answer<([(HeaderName, HeaderValue); 2], &'static str)> {
    let (kind, text) = match file.as_str() {
        "docs.css" => ("text/css; charset=utf-8", STYLE),
        "docs.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return Err(ApiError::not_found()),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, text))
}
