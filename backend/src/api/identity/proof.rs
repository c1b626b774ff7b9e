//! Whether somebody is who they say: by their password, and by their second factor where they have one.

use super::turn_at_hashing;
use crate::{
    api::{
        problem::{Answer, ApiError},
        state::AppState,
    },
    identity::totp::{Key, Typed},
    store::{
        Secret,
        identity::{Member, Verified, factors, verify_password},
    },
};
use watchfloor_shared::{UserId, problem::ErrorCode};

/// What was found of a claim.
pub(super) enum Proof {
    Whole(Member),
    /// The password is right; a code is asked for and none was given.
    Half,
    /// With the person whose address it is, if it is anybody's.
    None(Option<Member>),
}

/// Checks the password first: nothing about a second factor is said to whoever does not know it.
pub(super) async fn prove(state: &AppState, email: &str, password: &Secret, code: Option<&str>) -> Answer<Proof> {
    let turn = turn_at_hashing(state).await?;
    let verified = verify_password(&state.db, email, password).await?;
    drop(turn);
    let member = match verified {
        Verified::Right(member) => member,
        Verified::Wrong(known) => return Ok(Proof::None(known)),
    };
    let Some(sealed) = factors::sealed(&state.db, &member.user).await? else {
        return Ok(Proof::Whole(member));
    };
    let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
        return Ok(Proof::Half);
    };
    match knows_code(state, &member.user, &sealed, code).await? {
        true => Ok(Proof::Whole(member)),
        false => Ok(Proof::None(Some(member))),
    }
}

async fn knows_code(state: &AppState, person: &UserId, sealed: &[u8], code: &str) -> Answer<bool> {
    match Typed::parse(code) {
        Some(Typed::Time(code)) => match open(state, person, sealed)?.step(&code, state.clock.now()) {
            Some(step) => Ok(factors::use_step(&state.db, person, step).await?),
            None => Ok(false),
        },
        Some(Typed::Recovery(hash)) => Ok(factors::use_recovery_code(&state.db, person, &hash).await?),
        None => Ok(false),
    }
}

/// The key of a person's factor, out of what is kept of it.
pub(super) fn open(state: &AppState, person: &UserId, sealed: &[u8]) -> Answer<Key> {
    let opened = state.sealer.open(&kept_as(person), sealed);
    opened.map(Key::from_bytes).map_err(ApiError::internal)
}

pub(super) fn kept_as(person: &UserId) -> String {
    format!("totp of {person}")
}

pub(super) fn code_needed() -> ApiError {
    ApiError::new(
        ErrorCode::SecondFactorRequired,
        "Type the code of your authenticator app, or a recovery code.",
    )
}

pub(super) fn wrong() -> ApiError {
    ApiError::new(
        ErrorCode::Unauthenticated,
        "The e-mail address, the password or the code is wrong.",
    )
}
