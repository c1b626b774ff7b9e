//! `POST /api/v1/session/link`: signs in by a one-time link that the server printed.

use super::{Welcome, came_in, origin, way_in, welcome};
use crate::{
    api::{
        Peer,
        describe::Describe,
        extract::Body,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::identity::one_time_links,
};
use axum::{extract::State, http::HeaderMap};
use watchfloor_shared::{audit::Outcome, identity::LinkSignIn, problem::ErrorCode};

pub fn describe() -> Describe {
    way_in("Sign in by a one-time link").body::<LinkSignIn>()
}

pub async fn handle(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    Body(link): Body<LinkSignIn>,
) -> Answer<Welcome> {
    let attempt = peer.attempt(&state, "link").await?;
    let Some(signed_in) = one_time_links::redeem(&state.db, &link.token, &origin(&peer, &headers)).await? else {
        let detail = "The link is wrong, was used already or is too old.";
        return Err(ApiError::new(ErrorCode::Unauthenticated, detail));
    };
    attempt.succeeded().await;
    came_in(&state, "session.link", &signed_in.member, &peer, Outcome::Done).await?;
    welcome(&state, &headers, &signed_in.member, &signed_in.token).await
}
