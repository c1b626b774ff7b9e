//! Bodies, queries and paths whose mistakes become problems.

use super::problem::ApiError;
use axum::{
    Json,
    extract::{
        FromRequest, FromRequestParts, Path, Query, Request,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::request::Parts,
};
use serde::de::DeserializeOwned;
use watchfloor_shared::problem::ErrorCode;

/// A JSON body.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => {
                Err(ApiError::new(ErrorCode::UnsupportedMediaType, "Send application/json."))
            }
            Err(JsonRejection::BytesRejection(error)) if error.status() == 413 => Err(ApiError::new(
                ErrorCode::PayloadTooLarge,
                "The body is larger than this address takes.",
            )),
            // These texts quote the sender's own body and nothing else.
            Err(error) => Err(ApiError::invalid(error.body_text())),
        }
    }
}

/// The query string.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let parsed: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        parsed
            .map(|Query(value)| Self(value))
            .map_err(|error| ApiError::invalid(error.body_text()))
    }
}

/// The id in the path. One that no object could have is answered like one that no object has.
pub struct Id(pub String);

/// An id and a number of something of it.
pub struct IdAndNumber(pub String, pub i64);

impl<S: Send + Sync> FromRequestParts<S> for IdAndNumber {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path: Result<Path<(String, i64)>, PathRejection> = Path::from_request_parts(parts, state).await;
        match path {
            Ok(Path((id, number))) if id.len() <= ID_BYTES_MAX && !id.chars().any(char::is_control) => {
                Ok(Self(id, number))
            }
            _ => Err(ApiError::not_found()),
        }
    }
}

const ID_BYTES_MAX: usize = 256;

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        match path {
            Ok(Path(id)) if id.len() <= ID_BYTES_MAX && !id.chars().any(char::is_control) => Ok(Self(id)),
            _ => Err(ApiError::not_found()),
        }
    }
}
