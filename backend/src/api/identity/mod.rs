//! Coming in, going out, and who one is.

mod attempt;
pub mod link;
pub mod me;
pub mod setup;
pub mod setup_state;
pub mod sign_in;
pub mod sign_out;

use super::{
    cookie,
    describe::Describe,
    problem::{Answer, ApiError},
    state::AppState,
};
use crate::store::{
    Secret,
    identity::{Member, sessions},
};
use axum::{
    Json,
    http::{HeaderMap, HeaderValue, header},
};
use std::time::Duration;
use tokio::{sync::SemaphorePermit, time::timeout};
use watchfloor_shared::{
    identity::{Me, Permission, Role},
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

fn me(state: &AppState, member: &Member) -> Me {
    Me {
        id: member.user.clone(),
        name: member.name.clone(),
        email: member.email.clone(),
        role: member.role,
        tenant_id: member.tenant.clone(),
        tenant_name: member.tenant_name.clone(),
        permissions: permissions(member.role),
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        credits: state.geo.credits(),
    }
}

fn permissions(role: Role) -> Vec<Permission> {
    Permission::ALL.into_iter().filter(|p| role.may(*p)).collect()
}

/// The session that the browser had ends: nobody who knew its cookie comes along.
async fn welcome(state: &AppState, headers: &HeaderMap, member: &Member, token: &Secret) -> Answer<Welcome> {
    if let Some(old) = cookie::SESSION.token(headers) {
        sessions::revoke(&state.db, old.reveal()).await?;
    }
    let cookie = cookie::SESSION.set(token, state.tls);
    let cookie = cookie.ok_or_else(|| ApiError::internal("a token that fits no header"))?;
    Ok(([(header::SET_COOKIE, cookie)], Json(me(state, member))))
}

async fn turn_at_hashing(state: &AppState) -> Answer<SemaphorePermit<'_>> {
    match timeout(HASHING_WAIT_MAX, state.hashing.acquire()).await {
        Ok(Ok(permit)) => Ok(permit),
        _ => Err(ApiError::unavailable("Many people sign in at the moment.")),
    }
}
