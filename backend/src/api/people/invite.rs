//! Invitations: made, and cancelled.

use super::administrator;
use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        extract::{Body, Id},
        problem::{Answer, ApiError},
    },
    store::identity::people,
};
use axum::{Json, http::StatusCode};
use watchfloor_shared::{
    people::{IssuedInvitation, NewInvitation},
    problem::ErrorCode,
};

pub fn describe() -> Describe {
    Describe::new("people", "Invite somebody")
        .detail("The answer has the link this one time; it works for seven days and once. A second invitation of an address ends the first.")
        .body::<NewInvitation>()
        .answers::<IssuedInvitation>("The invitation, and its link")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::Conflict])
}

pub async fn handle(mut call: CallContext, Body(new): Body<NewInvitation>) -> Answer<Json<IssuedInvitation>> {
    let by = administrator(&call.caller)?;
    let (invitation, token) = people::invite(&mut call.tx, &new.email, new.role, &by, call.now).await?;
    call.note(serde_json::json!({"invitation": invitation.id, "email": invitation.email, "role": invitation.role}));
    call.commit().await?;
    Ok(Json(IssuedInvitation {
        invitation,
        path: format!("/invitation?token={}", token.reveal()),
    }))
}

pub fn describe_cancel() -> Describe {
    Describe::new("people", "Cancel an invitation")
        .path("id", "The invitation's id")
        .answers_nothing("Its link works no more")
        .fails(&[ErrorCode::NotFound])
}

pub async fn cancel(mut call: CallContext, Id(id): Id) -> Answer<StatusCode> {
    if !people::cancel(&mut call.tx, &id).await? {
        return Err(ApiError::not_found());
    }
    call.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
