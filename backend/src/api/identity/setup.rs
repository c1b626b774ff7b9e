//! `POST /api/v1/setup`: the first start's one-time link makes the owner's account.

use super::{Welcome, address, turn_at_hashing, welcome};
use crate::{
    api::{
        describe::Describe,
        extract::Body,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::identity::redeem_setup,
};
use axum::{
    Extension,
    extract::{ConnectInfo, State},
    http::HeaderMap,
};
use std::net::SocketAddr;
use watchfloor_shared::{identity::Me, identity::Setup, problem::ErrorCode};

pub fn describe() -> Describe {
    Describe::new("identity", "Make the owner's account")
        .detail("Works once, with the token that the first start printed; signs the owner in.")
        .body::<Setup>()
        .answers::<Me>("The owner, with the session's cookie")
        .fails(&[
            ErrorCode::InvalidRequest,
            ErrorCode::Unauthenticated,
            ErrorCode::RateLimited,
        ])
}

pub async fn handle(
    State(state): State<AppState>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Body(setup): Body<Setup>,
) -> Answer<Welcome> {
    let address = address(peer.as_deref());
    state.sign_ins.take(address, "setup").map_err(ApiError::rate_limited)?;
    let _turn = turn_at_hashing(&state).await?;
    let signed_in = redeem_setup(&state.db, &setup).await?;
    state.sign_ins.give_back(address, "setup");
    tracing::info!(tenant.id = %signed_in.member.tenant, user.id = %signed_in.member.user, "the owner's account was made");
    welcome(&state, &headers, &signed_in.member, &signed_in.token).await
}
