//! `POST /api/v1/setup`: the first start's one-time link makes the owner's account.

use super::{Welcome, came_in, origin, turn_at_hashing, way_in, welcome};
use crate::{
    api::{Peer, describe::Describe, extract::Body, problem::Answer, state::AppState},
    store::identity::redeem_setup,
};
use axum::{extract::State, http::HeaderMap};
use watchfloor_shared::{audit::Outcome, identity::Setup};

pub fn describe() -> Describe {
    way_in("Make the owner's account")
        .detail("Works once, with the token that the first start printed; signs the owner in.")
        .body::<Setup>()
}

pub async fn handle(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    Body(setup): Body<Setup>,
) -> Answer<Welcome> {
    let attempt = peer.attempt(&state, "setup").await?;
    let _turn = turn_at_hashing(&state).await?;
    let signed_in = redeem_setup(&state.db, &setup, &origin(&peer, &headers)).await?;
    attempt.succeeded().await;
    came_in(&state, "setup.redeem", &signed_in.member, &peer, Outcome::Done).await?;
    tracing::info!(tenant.id = %signed_in.member.tenant, user.id = %signed_in.member.user, "the owner's account was made");
    welcome(&state, &headers, &signed_in.member, &signed_in.token).await
}
