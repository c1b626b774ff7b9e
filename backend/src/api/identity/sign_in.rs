//! `POST /api/v1/session`: signs in with address and password, and with a code where the account asks for one.

use super::{
    Welcome, came_in, origin,
    proof::{self, Proof, prove},
    way_in, welcome,
};
use crate::{
    api::{Peer, describe::Describe, extract::Body, problem::Answer, state::AppState},
    store::{Secret, identity::sessions},
};
use axum::{extract::State, http::HeaderMap};
use watchfloor_shared::{audit::Outcome, identity::SignIn, problem::ErrorCode};

const SIGN_IN: &str = "session.sign_in";

pub fn describe() -> Describe {
    way_in("Sign in")
        .detail(
            "A wrong password and an unknown address look the same and take as long. Where the account has a second factor, the \
             right password without a code is answered `second_factor_required`: the same again with `code`.",
        )
        .body::<SignIn>()
        .fails(&[ErrorCode::SecondFactorRequired])
}

pub async fn handle(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    Body(sign_in): Body<SignIn>,
) -> Answer<Welcome> {
    let account = sign_in.email.trim().to_lowercase();
    let attempt = peer.attempt(&state, &account).await?;
    let password = Secret::new(sign_in.password);
    let member = match prove(&state, &account, &password, sign_in.code.as_deref()).await? {
        Proof::Whole(member) => member,
        Proof::Half => {
            attempt.succeeded().await;
            return Err(proof::code_needed());
        }
        Proof::None(known) => {
            tracing::info!(client.address = %peer.address, "a sign-in failed");
            // Not waited for: an address that somebody has must not take longer.
            if let Some(known) = known {
                let state = state.clone();
                tokio::spawn(async move { came_in(&state, SIGN_IN, &known, &peer, Outcome::Refused).await });
            }
            return Err(proof::wrong());
        }
    };
    attempt.succeeded().await;
    came_in(&state, SIGN_IN, &member, &peer, Outcome::Done).await?;
    let token = sessions::create(&state.db, &member, &origin(&peer, &headers)).await?;
    welcome(&state, &headers, &member, &token).await
}
