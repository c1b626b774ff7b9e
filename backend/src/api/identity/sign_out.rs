//! `DELETE /api/v1/session`: ends the session with its live streams.

use crate::{
    api::{
        context::Signed,
        cookie,
        describe::Describe,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::identity::sessions,
};
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
};

pub fn describe() -> Describe {
    Describe::new("identity", "Sign out").answers_nothing("The session has ended")
}

pub async fn handle(
    State(state): State<AppState>,
    Signed(person): Signed,
) -> Answer<(StatusCode, [(header::HeaderName, HeaderValue); 1])> {
    sessions::revoke(&state.db, person.session.reveal()).await?;
    state.live.session_ended(&person.tenant);
    let cleared = cookie::SESSION.clear(state.tls);
    let cleared = cleared.ok_or_else(|| ApiError::internal("a cookie that fits no header"))?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cleared)]))
}
