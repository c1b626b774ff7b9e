//! `POST /api/v1/session/link`: signs in by a one-time link that the server printed.

use super::{Welcome, address, welcome};
use crate::{
    api::{
        describe::Describe,
        extract::Body,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::identity::one_time_links,
};
use axum::{
    Extension,
    extract::{ConnectInfo, State},
    http::HeaderMap,
};
use std::net::SocketAddr;
use watchfloor_shared::{
    identity::{LinkSignIn, Me},
    problem::ErrorCode,
};

pub fn describe() -> Describe {
    Describe::new("identity", "Sign in by a one-time link")
        .body::<LinkSignIn>()
        .answers::<Me>("The person, with the session's cookie")
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
    Body(link): Body<LinkSignIn>,
) -> Answer<Welcome> {
    let address = address(peer.as_deref());
    state.sign_ins.take(address, "link").map_err(ApiError::rate_limited)?;
    let Some(signed_in) = one_time_links::redeem(&state.db, &link.token).await? else {
        let detail = "The link is wrong, was used already or is too old.";
        return Err(ApiError::new(ErrorCode::Unauthenticated, detail));
    };
    state.sign_ins.give_back(address, "link");
    welcome(&state, &headers, &signed_in.member, &signed_in.token).await
}
