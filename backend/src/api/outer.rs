//! The router and what surrounds every answer.

use super::{
    assets, guard, ingest,
    problem::ApiError,
    routes::{Route, TABLE},
    state::AppState,
};
use crate::roles::Role;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderValue, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use std::any::Any;
use tower_http::{CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer};
use watchfloor_shared::problem::ErrorCode;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// Serve it with [`doors::http`](crate::doors::http): limits go by the peer's address.
pub fn router(state: AppState) -> Router {
    let roles = state.roles.clone();
    let answered = TABLE
        .iter()
        .filter(|route| route.role().is_none_or(|role| roles.has(role)));
    let router = routed(&state, answered);
    let router = match roles.has(Role::Api) {
        true => router.fallback(assets::serve),
        false => router.fallback(|| async { ApiError::not_found() }),
    };
    surrounded(router, state)
}

/// OTLP's route alone, for the port that OpenTelemetry's senders expect.
pub fn otlp_router(state: AppState) -> Router {
    let only = TABLE.iter().filter(|route| route.name == ingest::otlp::NAME);
    let router = routed(&state, only).fallback(|| async { ApiError::not_found() });
    surrounded(router, state)
}

fn routed(state: &AppState, routes: impl IntoIterator<Item = &'static Route>) -> Router<AppState> {
    let mut router = Router::new();
    for route in routes {
        let for_guard = state.clone();
        let guard = from_fn(move |request: Request, next: Next| guard::guard(for_guard.clone(), route, request, next));
        router = router.route(route.path, (route.handler)().route_layer(guard));
    }
    router.method_not_allowed_fallback(method_not_allowed)
}

fn surrounded(router: Router<AppState>, state: AppState) -> Router {
    let tls = state.tls;
    router
        .layer(DefaultBodyLimit::max(state.limits.body_bytes_max))
        .layer(CatchPanicLayer::custom(caught))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(from_fn(move |request: Request, next: Next| {
            with_headers(tls, request, next)
        }))
        .with_state(state)
}

async fn method_not_allowed() -> ApiError {
    ApiError::new(
        ErrorCode::MethodNotAllowed,
        "The header Allow names those that it takes.",
    )
}

fn caught(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    ApiError::internal(format!("a handler panicked: {text}")).into_response()
}

async fn with_headers(tls: bool, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            header::HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        ),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if tls {
        let value = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    // A tenant's data stays out of every cache unless its handler says otherwise.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
