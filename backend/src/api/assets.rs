//! The console: files of `ui/dist`, embedded at build time.

use super::{etag, problem::ApiError};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;
use watchfloor_shared::problem::ErrorCode;

#[derive(RustEmbed)]
#[folder = "../ui/dist"]
struct Bundle;

/// Shown by a server that was built without its console.
const NOT_BUILT: &str = include_str!("console_not_built.html");

/// First segments of the console's pages; each answers with the same document, which reads the address itself.
const PAGES: [&str; 14] = [
    "",
    "alerts",
    "hunt",
    "endpoints",
    "map",
    "pipeline",
    "rules",
    "inventory",
    "sensors",
    "sign-in",
    "settings",
    "setup",
    "overview",
    "wall",
];

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// Whether a browser asks for a page rather than a program for data.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
    accepts
        .flat_map(|value| value.split(','))
        .any(|range| range.split(';').next().unwrap_or_default().trim() == "text/html")
}

/// A file of the console.
pub fn bytes(path: &str) -> Option<Cow<'static, [u8]>> {
    Bundle::get(path).map(|file| file.data)
}

/// Everything that is not a route: the console's files and pages, otherwise a problem.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    let is_data = matches!(first, "api" | "ingest");
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let code = match !is_data && (PAGES.contains(&first) || Bundle::get(path).is_some()) {
            true => ErrorCode::MethodNotAllowed,
            false => ErrorCode::NotFound,
        };
        return ApiError::new(code, "Nothing here takes this method.").into_response();
    }
    if is_data {
        return ApiError::not_found().into_response();
    }
    if !path.is_empty() && path != "index.html" && !path.ends_with(".br") {
        let pinned = request.uri().query().and_then(version_of);
        if let Some(response) = file(path, pinned, request.headers()) {
            return response;
        }
    }
    if PAGES.contains(&first) || path == "index.html" {
        return index(request.headers());
    }
    if wants_page(request.headers()) {
        let mut page = index(request.headers());
        *page.status_mut() = StatusCode::NOT_FOUND;
        return page;
    }
    ApiError::not_found().into_response()
}

/// The console's document.
pub fn index(headers: &HeaderMap) -> Response {
    file("index.html", None, headers).unwrap_or_else(|| {
        let page = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            ),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (page, NOT_BUILT).into_response()
    })
}

fn version_of(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("v="))
}

fn file(path: &str, pinned: Option<&str>, headers: &HeaderMap) -> Option<Response> {
    let plain = Bundle::get(path)?;
    let hash = hex(&plain.metadata.sha256_hash());
    let packed = match takes_brotli(headers) {
        true => Bundle::get(&format!("{path}.br")),
        false => None,
    };
    let tag = format!("\"{}{}\"", &hash[..32], if packed.is_some() { "-br" } else { "" });
    let tag = HeaderValue::from_str(&tag).ok()?;
    // A file asked for by its own content's hash never changes under that address.
    let is_pinned = pinned.is_some_and(|version| version.len() >= 8 && hash.starts_with(version));
    let mut response = match etag::is_known(headers, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => content(path, &plain, packed.as_ref()),
    };
    let out = response.headers_mut();
    out.insert(header::ETAG, tag);
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding, accept"));
    out.insert(header::CACHE_CONTROL, if is_pinned { IMMUTABLE } else { REVALIDATE });
    Some(response)
}

fn content(path: &str, plain: &EmbeddedFile, packed: Option<&EmbeddedFile>) -> Response {
    let data = packed.unwrap_or(plain).data.clone();
    let mut response = Body::from(data.into_owned()).into_response();
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let text = match kind.type_() == mime_guess::mime::TEXT {
        true => format!("{kind}; charset=utf-8"),
        false => kind.to_string(),
    };
    let out = response.headers_mut();
    out.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    if packed.is_some() {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    values
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            parts.next() == Some("br") && !parts.any(|q| matches!(q, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_program_gets_data_and_a_browser_a_page() {
        assert!(wants_page(&headers(
            header::ACCEPT,
            "text/html,application/xhtml+xml,*/*;q=0.8"
        )));
        assert!(!wants_page(&headers(header::ACCEPT, "application/json")));
        assert!(!wants_page(&headers(header::ACCEPT, "*/*")));
        assert!(!wants_page(&HeaderMap::new()));
    }

    #[test]
    fn brotli_is_sent_only_to_those_who_take_it() {
        assert!(takes_brotli(&headers(header::ACCEPT_ENCODING, "gzip, br")));
        assert!(!takes_brotli(&headers(header::ACCEPT_ENCODING, "gzip, br;q=0")));
        assert!(!takes_brotli(&headers(header::ACCEPT_ENCODING, "gzip")));
    }

    #[tokio::test]
    async fn an_unknown_data_address_is_a_problem_and_a_page_is_a_page() {
        let get = |path: &str| {
            Request::builder()
                .uri(path)
                .header("accept", "text/html")
                .body(Body::empty())
                .unwrap()
        };
        let missing = serve(get("/api/v1/nonsense")).await;
        assert_eq!(missing.status(), 404);
        assert_eq!(missing.headers()[header::CONTENT_TYPE], "application/problem+json");
        for page in ["/", "/alerts/0011", "/hunt?q=x", "/setup?token=t"] {
            let response = serve(get(page)).await;
            assert_eq!(response.status(), 200, "{page}");
            assert!(
                response.headers()[header::CONTENT_TYPE]
                    .to_str()
                    .unwrap()
                    .starts_with("text/html")
            );
        }
        assert_eq!(serve(get("/no-such-page")).await.status(), 404);
    }
}
