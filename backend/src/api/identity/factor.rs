//! `/api/v1/me/factor`: one's own second factor.

use super::{
    proof::{self, Proof, prove},
    turn_at_hashing,
};
use crate::{
    api::{
        Peer,
        context::Signed,
        describe::Describe,
        extract::Body,
        problem::{Answer, ApiError},
        state::AppState,
    },
    identity::totp::{Key, Typed, recovery_codes},
    store::{
        Secret,
        identity::{Verified, factors, verify_password},
    },
};
use axum::{Json, extract::State, http::StatusCode};
use watchfloor_shared::{
    factor::{FactorBegin, FactorCode, FactorOffer, FactorRemoval, FactorState, RecoveryCodes},
    problem::ErrorCode,
};

pub fn describe() -> Describe {
    Describe::new("identity", "One's own second factor").answers::<FactorState>("Since when, and the codes left")
}

pub async fn handle(State(state): State<AppState>, Signed(person): Signed) -> Answer<Json<FactorState>> {
    Ok(Json(factors::state(&state.db, person.session.reveal()).await?))
}

pub fn describe_begin() -> Describe {
    Describe::new("identity", "Begin with a second factor")
        .detail("Nothing is asked for until the first code was right; beginning again makes another secret.")
        .body::<FactorBegin>()
        .answers::<FactorOffer>("What an authenticator app is shown, this one time")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::Conflict, ErrorCode::RateLimited])
}

pub async fn begin(
    State(state): State<AppState>,
    peer: Peer,
    Signed(person): Signed,
    Body(asked): Body<FactorBegin>,
) -> Answer<Json<FactorOffer>> {
    let attempt = peer.attempt(&state, &person.email).await?;
    let turn = turn_at_hashing(&state).await?;
    let current = verify_password(&state.db, &person.email, &Secret::new(asked.password)).await?;
    drop(turn);
    if !matches!(current, Verified::Right(_)) {
        return Err(ApiError::invalid("The password is wrong."));
    }
    attempt.succeeded().await;
    let key = Key::generate();
    let sealed = state.sealer.seal(&proof::kept_as(&person.user), key.bytes());
    let sealed = sealed.map_err(ApiError::internal)?;
    match factors::begin(&state.db, person.session.reveal(), &sealed).await? {
        true => Ok(Json(key.offer(&person.email))),
        false => Err(ApiError::new(
            ErrorCode::Conflict,
            "You have a second factor already: remove it first.",
        )),
    }
}

pub fn describe_confirm() -> Describe {
    Describe::new("identity", "Confirm the second factor with its first code")
        .detail("From now on every sign-in of the person asks for a code.")
        .body::<FactorCode>()
        .answers::<RecoveryCodes>("Codes for the day the app is lost, shown this one time")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::Conflict, ErrorCode::RateLimited])
}

pub async fn confirm(
    State(state): State<AppState>,
    peer: Peer,
    Signed(person): Signed,
    Body(typed): Body<FactorCode>,
) -> Answer<Json<RecoveryCodes>> {
    let none = || {
        ApiError::new(
            ErrorCode::Conflict,
            "No second factor waits for its first code: begin again.",
        )
    };
    let attempt = peer.attempt(&state, &person.email).await?;
    let session = person.session.reveal();
    let sealed = factors::pending(&state.db, session).await?.ok_or_else(none)?;
    let key = proof::open(&state, &person.user, &sealed)?;
    let step = match Typed::parse(&typed.code) {
        Some(Typed::Time(code)) => key.step(&code, state.clock.now()),
        _ => None,
    };
    let step = step.ok_or_else(|| {
        ApiError::invalid("The code is wrong. Codes change every 30 seconds; is the clock of your device right?")
    })?;
    let (codes, hashes) = recovery_codes();
    if !factors::confirm(&state.db, session, &sealed, step, &hashes).await? {
        return Err(none());
    }
    attempt.succeeded().await;
    Ok(Json(RecoveryCodes { codes }))
}

pub fn describe_remove() -> Describe {
    Describe::new("identity", "Remove one's second factor")
        .body::<FactorRemoval>()
        .answers_nothing("Sign-ins ask for the password alone")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::NotFound, ErrorCode::RateLimited])
}

pub async fn remove(
    State(state): State<AppState>,
    peer: Peer,
    Signed(person): Signed,
    Body(asked): Body<FactorRemoval>,
) -> Answer<StatusCode> {
    let attempt = peer.attempt(&state, &person.email).await?;
    let password = Secret::new(asked.password);
    match prove(&state, &person.email, &password, Some(&asked.code)).await? {
        Proof::Whole(_) => {}
        Proof::Half | Proof::None(_) => return Err(ApiError::invalid("The password or the code is wrong.")),
    }
    attempt.succeeded().await;
    match factors::remove(&state.db, person.session.reveal()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::not_found()),
    }
}
