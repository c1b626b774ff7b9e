//! Errors on the wire: problem+json outside, the cause in the log and nowhere else.
//!
//! Invariant: what a sender gets comes from [`ErrorCode`] and from texts written in this crate, never from a driver.

use crate::{
    bus::BusError,
    search::SearchError,
    store::{
        StoreError,
        alerts::ChangeError,
        identity::{IdentityError, factors::NotReset, people::PeopleError},
    },
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{error::Error, sync::Arc, time::Duration};
use watchfloor_shared::problem::{ErrorCode, Problem};

pub type Answer<T> = Result<T, ApiError>;

/// One failed request.
#[derive(Debug)]
pub struct ApiError {
    problem: Box<Problem>,
    retry_after: Option<Duration>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            problem: Box::new(Problem::new(code, detail)),
            retry_after: None,
            cause: None,
        }
    }

    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, detail)
    }

    /// The same for what does not exist and for what belongs to someone else.
    pub fn not_found() -> Self {
        Self::new(ErrorCode::NotFound, "Nothing with this address is visible to you.")
    }

    pub fn unauthenticated() -> Self {
        Self::new(
            ErrorCode::Unauthenticated,
            "This needs a signed-in session or a valid API key.",
        )
    }

    pub fn forbidden() -> Self {
        Self::new(
            ErrorCode::Forbidden,
            "Ask an owner of your organisation for the permission.",
        )
    }

    pub fn rate_limited(retry_after: Duration) -> Self {
        let error = Self::new(ErrorCode::RateLimited, "Wait as long as Retry-After says.");
        error.after(retry_after)
    }

    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::Unavailable, detail).after(Duration::from_secs(5))
    }

    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ErrorCode::Internal, "It was logged; trying again may help.").because(cause)
    }

    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    #[must_use]
    pub fn at_position(mut self, byte_offset: u32) -> Self {
        self.problem.position = Some(byte_offset);
        self
    }

    #[must_use]
    pub fn having_accepted(mut self, lines: u64) -> Self {
        self.problem.accepted = Some(lines);
        self
    }

    pub fn code(&self) -> ErrorCode {
        self.problem.code
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(error.code = ?self.problem.code, error.cause = %Chain(cause.as_ref()), "request failed");
        }
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        // For protocols that have their own words for it.
        response.extensions_mut().insert(Arc::new(*self.problem.clone()));
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.problem.code == ErrorCode::Unauthenticated {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"watchfloor\""),
            );
        }
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_millis().div_ceil(1_000).max(1);
            if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
                headers.insert(header::RETRY_AFTER, value);
            }
        }
        response
    }
}

/// An error with its sources, on one line.
struct Chain<'a>(&'a (dyn Error + Send + Sync));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::InvalidCursor => ApiError::invalid("The cursor is not one that this list gave."),
            StoreError::Conflict(_) => {
                ApiError::new(ErrorCode::Conflict, "It changed at the same moment; try again.").because(error)
            }
            StoreError::Unavailable(_) | StoreError::Timeout | StoreError::DiskFull => {
                ApiError::unavailable("The database does not answer at the moment.").because(error)
            }
            other => ApiError::internal(other),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        let code = match error {
            ChangeError::Store(error) => return error.into(),
            ChangeError::NotFound => return ApiError::not_found(),
            ChangeError::VersionConflict { .. } => ErrorCode::PreconditionFailed,
            ChangeError::Illegal { .. } => ErrorCode::IllegalTransition,
            ChangeError::NothingToUndo => ErrorCode::Conflict,
            ChangeError::NoteRequired | ChangeError::NoteTooLong | ChangeError::NothingToChange => {
                ErrorCode::InvalidRequest
            }
        };
        ApiError::new(code, capitalized(&error.to_string()))
    }
}

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        let code = match error {
            IdentityError::Store(error) => return error.into(),
            IdentityError::Hash(error) => return ApiError::internal(error),
            IdentityError::EmailTaken | IdentityError::CertificateTaken => ErrorCode::Conflict,
            IdentityError::InvalidToken => ErrorCode::Unauthenticated,
            IdentityError::Password(_)
            | IdentityError::InvalidEmail
            | IdentityError::InvalidName
            | IdentityError::Certificate(_) => ErrorCode::InvalidRequest,
        };
        ApiError::new(code, capitalized(&error.to_string()))
    }
}

impl From<PeopleError> for ApiError {
    fn from(error: PeopleError) -> Self {
        let code = match error {
            PeopleError::Store(error) => return error.into(),
            PeopleError::Identity(error) => return error.into(),
            PeopleError::Unknown => return ApiError::not_found(),
            PeopleError::NoInvitation => ErrorCode::NotFound,
            PeopleError::OwnersAlone => ErrorCode::Forbidden,
            PeopleError::LastOwner | PeopleError::MemberAlready | PeopleError::TooMany => ErrorCode::Conflict,
        };
        ApiError::new(code, capitalized(&error.to_string()))
    }
}

impl From<NotReset> for ApiError {
    fn from(error: NotReset) -> Self {
        match error {
            NotReset::Unknown | NotReset::None => ApiError::not_found(),
            NotReset::Elsewhere => ApiError::new(ErrorCode::Conflict, capitalized(&error.to_string())),
        }
    }
}

/// A sentence from an error's text.
pub fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), chars.as_str()),
        None => String::new(),
    }
}

impl From<BusError> for ApiError {
    fn from(error: BusError) -> Self {
        match error {
            BusError::DiskFull => {
                ApiError::unavailable("The disk of the server is full; nothing is lost, try again later.")
            }
            BusError::Closed => ApiError::unavailable("The server is stopping."),
            other => ApiError::internal(other),
        }
    }
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::InvalidQuery(detail) => ApiError::new(ErrorCode::InvalidQuery, detail),
            SearchError::Timeout => {
                ApiError::unavailable("The query took longer than its limit; a shorter time range helps.")
            }
            SearchError::DiskFull => ApiError::unavailable("The disk of the server is full."),
            other => ApiError::internal(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_stays_inside() {
        let error = ApiError::internal(std::io::Error::other("password=hunter2 at /var/lib/secret"));
        let body = serde_json::to_string(&error.problem).unwrap();
        assert!(!body.contains("hunter2") && body.contains("\"internal\""));
        let response = error.into_response();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }

    #[test]
    fn retry_after_is_whole_seconds_rounded_up() {
        let response = ApiError::rate_limited(Duration::from_millis(1_200)).into_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
    }
}
