//! `POST /api/v1/session`: signs in with address and password.

use super::{Welcome, address, turn_at_hashing, welcome};
use crate::{
    api::{
        describe::Describe,
        extract::Body,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::{
        Secret,
        identity::{sessions, verify_password},
    },
};
use axum::{
    Extension,
    extract::{ConnectInfo, State},
    http::HeaderMap,
};
use std::net::SocketAddr;
use watchfloor_shared::{
    identity::{Me, SignIn},
    problem::ErrorCode,
};

pub fn describe() -> Describe {
    Describe::new("identity", "Sign in")
        .detail("A wrong password and an unknown address look the same and take as long.")
        .body::<SignIn>()
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
    Body(sign_in): Body<SignIn>,
) -> Answer<Welcome> {
    let address = address(peer.as_deref());
    let account = sign_in.email.trim().to_lowercase();
    state.sign_ins.take(address, &account).map_err(ApiError::rate_limited)?;
    let turn = turn_at_hashing(&state).await?;
    let member = verify_password(&state.db, &account, &Secret::new(sign_in.password)).await?;
    drop(turn);
    let Some(member) = member else {
        tracing::info!(client.address = %address, "a sign-in failed");
        let detail = "The e-mail address or the password is wrong.";
        return Err(ApiError::new(ErrorCode::Unauthenticated, detail));
    };
    state.sign_ins.give_back(address, &account);
    let token = sessions::create(&state.db, &member).await?;
    welcome(&state, &headers, &member, &token).await
}
