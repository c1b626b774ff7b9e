//! The people of the organization, invitations, and one's own password and sessions.

use super::{Fault, exchange};
use crate::url;
use gloo_net::http::Method;
use watchfloor_shared::{
    identity::{Me, Role},
    people::{
        Acceptance, InvitationLink, Invited, IssuedInvitation, NewInvitation, NewPassword, OwnSession, People,
        PersonChange,
    },
};

pub async fn list() -> Result<People, Fault> {
    exchange::get("/api/v1/people").await
}

pub async fn set_role(id: &str, role: Role) -> Result<(), Fault> {
    exchange::change_only(Method::PATCH, &path(id), &PersonChange { role }).await
}

pub async fn remove(id: &str) -> Result<(), Fault> {
    exchange::delete(&path(id)).await
}

pub async fn reset_factor(id: &str) -> Result<(), Fault> {
    exchange::delete(&format!("{}/factor", path(id))).await
}

pub async fn invite(new: &NewInvitation) -> Result<IssuedInvitation, Fault> {
    exchange::post("/api/v1/people/invitations", new).await
}

pub async fn cancel(invitation: &str) -> Result<(), Fault> {
    exchange::delete(&format!("/api/v1/people/invitations/{}", url::encode(invitation))).await
}

pub async fn invited(token: &str) -> Result<Invited, Fault> {
    let link = InvitationLink {
        token: token.to_owned(),
    };
    exchange::post("/api/v1/invitation", &link).await
}

pub async fn accept(acceptance: &Acceptance) -> Result<Me, Fault> {
    exchange::post("/api/v1/invitation/acceptance", acceptance).await
}

pub async fn change_password(new: &NewPassword) -> Result<(), Fault> {
    exchange::change_only(Method::PUT, "/api/v1/me/password", new).await
}

pub async fn sessions() -> Result<Vec<OwnSession>, Fault> {
    exchange::get("/api/v1/me/sessions").await
}

pub async fn end_session(id: &str) -> Result<(), Fault> {
    exchange::delete(&format!("/api/v1/me/sessions/{}", url::encode(id))).await
}

pub async fn end_other_sessions() -> Result<(), Fault> {
    exchange::delete("/api/v1/me/sessions").await
}

fn path(id: &str) -> String {
    format!("/api/v1/people/{}", url::encode(id))
}
