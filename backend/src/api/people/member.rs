//! `PATCH` and `DELETE /api/v1/people/{id}`: another role, and the end.

use super::administrator;
use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        extract::{Body, Id},
        problem::Answer,
        state::AppState,
    },
    store::identity::{
        factors,
        people::{self, PeopleError},
    },
};
use axum::{extract::State, http::StatusCode};
use serde_json::json;
use watchfloor_shared::{UserId, identity::Role, people::PersonChange, problem::ErrorCode};

pub fn describe_change() -> Describe {
    Describe::new("people", "Give a person another role")
        .detail("It counts from their next request on. Owners alone decide about owners, and one owner stays.")
        .path("id", "The person's id")
        .body::<PersonChange>()
        .answers_nothing("They have it")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::NotFound, ErrorCode::Conflict])
}

pub async fn change(mut call: CallContext, Id(id): Id, Body(change): Body<PersonChange>) -> Answer<StatusCode> {
    let by = administrator(&call.caller)?;
    let (id, whom) = (UserId::new(id), people::list(&mut call.tx).await?);
    people::set_role(&mut call.tx, &id, change.role, by.role).await?;
    let before = whom.iter().find(|person| person.id == id);
    call.note(json!({"person": before.map(|person| &person.email), "was": before.map(|person| person.role), "role": change.role}));
    call.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn describe_reset_factor() -> Describe {
    Describe::new("people", "Remove the second factor of a person who lost theirs")
        .detail("Owners alone of an owner; and only of people who are in no other organization.")
        .path("id", "The person's id")
        .answers_nothing("Their sign-ins ask for the password alone")
        .fails(&[ErrorCode::NotFound, ErrorCode::Conflict])
}

pub async fn reset_factor(mut call: CallContext, Id(id): Id) -> Answer<StatusCode> {
    let by = administrator(&call.caller)?;
    let (id, whom) = (UserId::new(id), people::list(&mut call.tx).await?);
    let whom = whom.iter().find(|person| person.id == id);
    if whom.is_some_and(|whom| whom.role == Role::Owner) && by.role != Role::Owner {
        return Err(PeopleError::OwnersAlone.into());
    }
    factors::reset(&mut call.tx, &id).await??;
    call.note(json!({"person": whom.map(|person| &person.email)}));
    call.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn describe_remove() -> Describe {
    Describe::new("people", "Remove a person")
        .detail("Their sessions here end at once. What they did stays in the histories and in the audit log.")
        .path("id", "The person's id")
        .answers_nothing("They come in no more")
        .fails(&[ErrorCode::NotFound, ErrorCode::Conflict])
}

pub async fn remove(State(state): State<AppState>, mut call: CallContext, Id(id): Id) -> Answer<StatusCode> {
    let by = administrator(&call.caller)?;
    let (id, whom) = (UserId::new(id), people::list(&mut call.tx).await?);
    people::remove(&mut call.tx, &id, by.role).await?;
    call.note(json!({"person": whom.iter().find(|person| person.id == id).map(|person| &person.email)}));
    let caller = call.commit().await?;
    state.live.session_ended(caller.tenant());
    Ok(StatusCode::NO_CONTENT)
}
