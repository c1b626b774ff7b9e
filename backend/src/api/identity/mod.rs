//! Coming in, going out, and who one is.

pub mod accept;
mod attempt;
pub mod factor;
pub mod link;
pub mod me;
pub mod organizations;
pub mod own;
mod proof;
pub mod provider;
pub mod setup;
pub mod setup_state;
pub mod sign_in;
pub mod sign_out;

use super::{
    Peer, audit, cookie,
    describe::Describe,
    problem::{Answer, ApiError},
    state::AppState,
};
use crate::{
    audit::Act,
    store::{
        Secret, StoreError,
        identity::{
            Member,
            organizations::of_session,
            sessions::{self, Origin},
        },
    },
};
use axum::{
    Json,
    http::{HeaderMap, HeaderValue, header},
};
use std::time::Duration;
use tokio::{sync::SemaphorePermit, time::timeout};
use watchfloor_shared::{
    audit::{Actor, ActorKind, Outcome},
    identity::{Me, Permission},
    problem::ErrorCode,
};

/// The caller's page of who they are, with the cookie of their new session.
type Welcome = ([(header::HeaderName, HeaderValue); 1], Json<Me>);

/// How long a sign-in waits for its turn at hashing.
const HASHING_WAIT_MAX: Duration = Duration::from_secs(10);

/// What all ways in have in common.
fn way_in(summary: &'static str) -> Describe {
    Describe::new("identity", summary)
        .answers::<Me>("The person, with the session's cookie")
        .fails(&[
            ErrorCode::InvalidRequest,
            ErrorCode::Unauthenticated,
            ErrorCode::RateLimited,
        ])
}

async fn me(state: &AppState, member: &Member, session: &str) -> Result<Me, StoreError> {
    Ok(Me {
        id: member.user.clone(),
        name: member.name.clone(),
        email: member.email.clone(),
        role: member.role,
        tenant_id: member.tenant.clone(),
        tenant_name: member.tenant_name.clone(),
        permissions: Permission::ALL.into_iter().filter(|p| member.role.may(*p)).collect(),
        hosts: state.hosts(member),
        organizations: of_session(&state.db, session).await?,
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        credits: state.geo.credits(),
    })
}

/// The session that the browser had ends: nobody who knew its cookie comes along.
async fn welcome(state: &AppState, headers: &HeaderMap, member: &Member, token: &Secret) -> Answer<Welcome> {
    if let Some(old) = cookie::SESSION.token(headers) {
        sessions::revoke(&state.db, old.reveal()).await?;
    }
    let cookie = cookie::SESSION.set(token, state.tls);
    let cookie = cookie.ok_or_else(|| ApiError::internal("a token that fits no header"))?;
    let me = me(state, member, token.reveal()).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(me)))
}

/// Writes down who came in, or did not. A session whose beginning is not written down is not given.
async fn came_in(
    state: &AppState,
    action: &'static str,
    member: &Member,
    peer: &Peer,
    outcome: Outcome,
) -> Result<(), StoreError> {
    let kind = match outcome {
        Outcome::Done => ActorKind::Person,
        Outcome::Refused => ActorKind::Claimed,
    };
    let actor = Actor {
        kind,
        id: member.user.to_string(),
        name: member.name.clone(),
    };
    let act = Act::new(action, actor, outcome).on(&member.email).from(peer.address);
    let written = audit::record(state, &member.tenant, &act).await;
    if let Err(error) = &written {
        tracing::error!(%error, action, "the audit log could not be written");
    }
    written
}

/// Longest name of a browser that is kept.
const AGENT_CHARS_MAX: usize = 300;

fn origin(peer: &Peer, headers: &HeaderMap) -> Origin {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Origin {
        address: peer.address.to_string(),
        agent: agent.unwrap_or_default().chars().take(AGENT_CHARS_MAX).collect(),
    }
}

async fn turn_at_hashing(state: &AppState) -> Answer<SemaphorePermit<'_>> {
    match timeout(HASHING_WAIT_MAX, state.hashing.acquire()).await {
        Ok(Ok(permit)) => Ok(permit),
        _ => Err(ApiError::unavailable("Many people sign in at the moment.")),
    }
}
