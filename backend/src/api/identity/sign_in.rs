//! `POST /api/v1/session`: signs in with address and password.

use super::{Welcome, came_in, origin, turn_at_hashing, way_in, welcome};
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
        identity::{Verified, sessions, verify_password},
    },
};
use axum::{extract::State, http::HeaderMap};
use watchfloor_shared::{audit::Outcome, identity::SignIn, problem::ErrorCode};

const SIGN_IN: &str = "session.sign_in";

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
    let verified = verify_password(&state.db, &account, &Secret::new(sign_in.password)).await?;
    drop(turn);
    let member = match verified {
        Verified::Right(member) => member,
        Verified::Wrong(known) => {
            tracing::info!(client.address = %peer.address, "a sign-in failed");
            // Not waited for: an address that somebody has must not take longer.
            if let Some(known) = known {
                let state = state.clone();
                tokio::spawn(async move { came_in(&state, SIGN_IN, &known, &peer, Outcome::Refused).await });
            }
            let detail = "The e-mail address or the password is wrong.";
            return Err(ApiError::new(ErrorCode::Unauthenticated, detail));
        }
    };
    attempt.succeeded().await;
    came_in(&state, SIGN_IN, &member, &peer, Outcome::Done).await?;
    let token = sessions::create(&state.db, &member, &origin(&peer, &headers)).await?;
    welcome(&state, &headers, &member, &token).await
}
