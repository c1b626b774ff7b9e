//! Versions as ETags.

use super::problem::ApiError;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use watchfloor_shared::problem::ErrorCode;

pub fn of_version(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// `If-Match`, without which nothing is changed. `None` is `*`: any version.
pub struct IfMatch(pub Option<i64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            return Err(ApiError::new(
                ErrorCode::PreconditionRequired,
                "Send the ETag of what you looked at as If-Match, or * for any version.",
            ));
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match version.and_then(|digits| digits.parse().ok()) {
            Some(version) => Ok(Self(Some(version))),
            // A tag that this server never gave, or a weak one, matches nothing.
            None => Err(ApiError::new(
                ErrorCode::PreconditionFailed,
                "If-Match is not an ETag of this alert.",
            )),
        }
    }
}

/// Whether `If-None-Match` names this tag.
pub fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tag = tag.to_str().unwrap_or_default();
    let values = headers.get_all(header::IF_NONE_MATCH).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|candidate| candidate.trim())
        .any(|candidate| candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_tag_may_be_one_of_several_and_weak() {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"6\", W/\"7\""));
        assert!(is_known(&headers, &of_version(7)) && is_known(&headers, &of_version(6)));
        assert!(!is_known(&headers, &of_version(8)));
    }
}
