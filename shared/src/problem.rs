//! Errors on the wire: RFC 9457 `application/problem+json`.

use serde::{Deserialize, Serialize};

/// What went wrong, for programs. The set only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    InvalidRequest,
    InvalidQuery,
    Unauthenticated,
    /// The password was right; the account asks for a code too.
    SecondFactorRequired,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Timeout,
    Conflict,
    IllegalTransition,
    PreconditionRequired,
    PreconditionFailed,
    PayloadTooLarge,
    UnsupportedMediaType,
    RateLimited,
    Unavailable,
    Internal,
}

impl ErrorCode {
    pub const fn status(self) -> u16 {
        match self {
            ErrorCode::InvalidRequest | ErrorCode::InvalidQuery => 400,
            ErrorCode::Unauthenticated | ErrorCode::SecondFactorRequired => 401,
            ErrorCode::Forbidden => 403,
            ErrorCode::NotFound => 404,
            ErrorCode::MethodNotAllowed => 405,
            ErrorCode::Timeout => 408,
            ErrorCode::Conflict | ErrorCode::IllegalTransition => 409,
            ErrorCode::PreconditionFailed => 412,
            ErrorCode::PayloadTooLarge => 413,
            ErrorCode::UnsupportedMediaType => 415,
            ErrorCode::PreconditionRequired => 428,
            ErrorCode::RateLimited => 429,
            ErrorCode::Internal => 500,
            ErrorCode::Unavailable => 503,
        }
    }
    pub const fn title(self) -> &'static str {
        match self {
            ErrorCode::InvalidRequest => "The request is not valid",
            ErrorCode::InvalidQuery => "The query does not parse",
            ErrorCode::Unauthenticated => "Sign in first",
            ErrorCode::SecondFactorRequired => "A code is needed",
            ErrorCode::Forbidden => "Your role may not do this",
            ErrorCode::NotFound => "There is no such thing here",
            ErrorCode::MethodNotAllowed => "This address takes another method",
            ErrorCode::Timeout => "The request took too long to arrive",
            ErrorCode::Conflict => "It conflicts with what is there",
            ErrorCode::IllegalTransition => "The alert cannot go to that status from its present one",
            ErrorCode::PreconditionRequired => "Say which version you change: If-Match is missing",
            ErrorCode::PreconditionFailed => "Someone changed it before you",
            ErrorCode::PayloadTooLarge => "Too large",
            ErrorCode::UnsupportedMediaType => "This content type or encoding is not understood",
            ErrorCode::RateLimited => "Too many tries, wait a little",
            ErrorCode::Internal => "Something broke on our side",
            ErrorCode::Unavailable => "Not available at the moment",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `about:blank#<code>`: the code is the type, there is nothing behind it to fetch.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    pub code: ErrorCode,
    /// For `invalid_query`: byte offset in the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// For ingest: lines of this request that were taken before it failed. Sending the whole request again doubles nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
}

impl Problem {
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        let name = serde_json::to_value(code)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned));
        Self {
            kind: format!("about:blank#{}", name.unwrap_or_default()),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            code,
            position: None,
            accepted: None,
        }
    }
}
