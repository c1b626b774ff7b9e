//! `POST /api/v1/session`: signs in with address and password.

use super::{Welcome, turn_at_hashing, way_in, welcome};
use crate::{
    api::{
        Peer,
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
use axum::{extract::State, http::HeaderMap};
use watchfloor_shared::{identity::SignIn, problem::ErrorCode};

pub fn describe() -> Describe {
    way_in("Sign in")
        .detail("A wrong password and an unknown address look the same and take as long.")
        .body::<SignIn>()
}

pub async fn handle(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    Body(sign_in): Body<SignIn>,
) -> Answer<Welcome> {
    let account = sign_in.email.trim().to_lowercase();
    let attempt = peer.attempt(&state, &account).await?;
    let turn = turn_at_hashing(&state).await?;
    let member = verify_password(&state.db, &account, &Secret::new(sign_in.password)).await?;
    drop(turn);
    let Some(member) = member else {
        tracing::info!(client.address = %peer.address, "a sign-in failed");
        let detail = "The e-mail address or the password is wrong.";
        return Err(ApiError::new(ErrorCode::Unauthenticated, detail));
    };
    attempt.succeeded().await;
    let token = sessions::create(&state.db, &member).await?;
    welcome(&state, &headers, &member, &token).await
}
