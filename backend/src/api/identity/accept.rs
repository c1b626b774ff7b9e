//! `POST /api/v1/invitation` and `/acceptance`: what an invitation is for, and taking it up.

use super::{
    Welcome, came_in, origin,
    proof::{self, Proof, prove},
    turn_at_hashing, way_in, welcome,
};
use crate::{
    api::{
        Peer,
        describe::Describe,
        extract::Body,
        problem::{Answer, ApiError},
        state::AppState,
    },
    identity::token,
    store::{
        Secret,
        identity::{
            people::{self, Joining, PeopleError},
            sessions,
        },
    },
};
use axum::{Json, extract::State, http::HeaderMap};
use watchfloor_shared::{
    audit::Outcome,
    people::{Acceptance, InvitationLink, Invited},
    problem::ErrorCode,
};

const ACCEPT: &str = "invitation.accept";

/// Passwords are tried on one link; nobody's tries hold up who has another. Links themselves cannot be guessed.
fn tried(link: &str) -> String {
    let [a, b, c, d, ..] = token::hash(link);
    format!("invitation {:08x}", u32::from_be_bytes([a, b, c, d]))
}

pub fn describe_look() -> Describe {
    Describe::new("identity", "What an invitation is for")
        .detail("Wrong links are limited as wrong passwords are.")
        .body::<InvitationLink>()
        .answers::<Invited>("The organization, the address and the role")
        .fails(&[ErrorCode::NotFound, ErrorCode::RateLimited])
}

pub async fn look(
    State(state): State<AppState>,
    peer: Peer,
    Body(link): Body<InvitationLink>,
) -> Answer<Json<Invited>> {
    let attempt = peer.attempt(&state, &tried(&link.token)).await?;
    let invited = people::invited(&state.db, &link.token).await?;
    let invited = invited.ok_or_else(|| ApiError::from(PeopleError::NoInvitation))?;
    attempt.succeeded().await;
    Ok(Json(invited))
}

pub fn describe() -> Describe {
    way_in("Accept an invitation")
        .detail("Makes the account, or joins the organization with the one that the address has; signs the person in. Works once.")
        .body::<Acceptance>()
        .fails(&[ErrorCode::SecondFactorRequired])
}

pub async fn handle(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    Body(acceptance): Body<Acceptance>,
) -> Answer<Welcome> {
    let attempt = peer.attempt(&state, &tried(&acceptance.token)).await?;
    let link = &acceptance.token;
    let invited = people::invited(&state.db, link)
        .await?
        .ok_or(PeopleError::NoInvitation)?;
    let password = Secret::new(acceptance.password);
    let member = if invited.has_account {
        let known = match prove(&state, &invited.email, &password, acceptance.code.as_deref()).await? {
            Proof::Whole(known) => known,
            Proof::Half => {
                attempt.succeeded().await;
                return Err(proof::code_needed());
            }
            Proof::None(known) => {
                if let Some(known) = &known {
                    came_in(&state, ACCEPT, known, &peer, Outcome::Refused).await?;
                }
                let detail = "There is an account with this e-mail address, and that is not its password or its code.";
                return Err(ApiError::new(ErrorCode::Unauthenticated, detail));
            }
        };
        people::accept(&state.db, link, Joining::Known(&known.user)).await?
    } else {
        let _turn = turn_at_hashing(&state).await?;
        let joining = Joining::New {
            name: &acceptance.name,
            password: &password,
        };
        people::accept(&state.db, link, joining).await?
    };
    attempt.succeeded().await;
    came_in(&state, ACCEPT, &member, &peer, Outcome::Done).await?;
    let token = sessions::create(&state.db, &member, &origin(&peer, &headers)).await?;
    tracing::info!(tenant.id = %member.tenant, user.id = %member.user, "an invitation was accepted");
    welcome(&state, &headers, &member, &token).await
}
