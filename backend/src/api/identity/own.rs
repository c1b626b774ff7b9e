//! One's own password and sessions.

use super::turn_at_hashing;
use crate::{
    api::{
        Peer,
        context::{Called, Signed},
        describe::Describe,
        extract::{Body, Id},
        problem::{Answer, ApiError},
        state::AppState,
    },
    identity::password,
    store::{
        Secret,
        identity::{IdentityError, Verified, people, sessions, verify_password},
    },
};
use axum::{Json, extract::State, http::StatusCode};
use watchfloor_shared::{
    people::{NewPassword, OwnSession},
    problem::ErrorCode,
};

pub fn describe_password() -> Describe {
    Describe::new("identity", "Change one's password")
        .detail("Every other session of the person ends.")
        .body::<NewPassword>()
        .answers_nothing("The new one counts")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::RateLimited])
}

pub async fn change_password(
    State(state): State<AppState>,
    peer: Peer,
    Signed(person): Signed,
    Body(asked): Body<NewPassword>,
) -> Answer<StatusCode> {
    let new = Secret::new(asked.new);
    password::check(&new).map_err(IdentityError::from)?;
    let attempt = peer.attempt(&state, &person.email).await?;
    let turn = turn_at_hashing(&state).await?;
    let current = verify_password(&state.db, &person.email, &Secret::new(asked.current)).await?;
    if !matches!(current, Verified::Right(_)) {
        return Err(ApiError::invalid("The current password is wrong."));
    }
    let session = person.session.reveal();
    people::set_password(&state.db, session, &new).await?;
    drop(turn);
    attempt.succeeded().await;
    end(&state, session, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn describe_sessions() -> Describe {
    Describe::new("identity", "One's own sessions").answers_many::<OwnSession>("The one used last first")
}

pub async fn list(State(state): State<AppState>, Signed(person): Signed) -> Answer<Json<Vec<OwnSession>>> {
    Ok(Json(sessions::beside(&state.db, person.session.reveal()).await?))
}

pub fn describe_end() -> Describe {
    Describe::new("identity", "End one of one's own sessions")
        .path("id", "The session's id")
        .answers_nothing("It has ended")
        .fails(&[ErrorCode::NotFound])
}

pub async fn end_one(State(state): State<AppState>, Signed(person): Signed, Id(id): Id) -> Answer<StatusCode> {
    match end(&state, person.session.reveal(), Some(&id)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::not_found()),
    }
}

pub fn describe_end_others() -> Describe {
    Describe::new("identity", "End all of one's other sessions").answers_nothing("This one alone is left")
}

pub async fn end_others(State(state): State<AppState>, called: Called, Signed(person): Signed) -> Answer<StatusCode> {
    let has_ended = end(&state, person.session.reveal(), None).await?;
    called.note(serde_json::json!({ "there_were_others": has_ended }));
    Ok(StatusCode::NO_CONTENT)
}

/// Whether there was one to end.
async fn end(state: &AppState, session: &str, which: Option<&str>) -> Answer<bool> {
    let tenants = sessions::end_beside(&state.db, session, which).await?;
    tenants.iter().for_each(|tenant| state.live.session_ended(tenant));
    Ok(!tenants.is_empty())
}
