//! `POST /api/v1/wall/pairings`: a screen asks for a code to show.

use crate::{
    api::{
        Peer, cookie,
        describe::Describe,
        problem::{Answer, ApiError},
        state::AppState,
    },
    doors::places::network,
    store::identity::walls,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, header},
};
use watchfloor_shared::{problem::ErrorCode, wall::WallPairing};

pub fn describe() -> Describe {
    Describe::new("wall", "Begin a screen's pairing")
        .detail("Sets the cookie by which the screen alone learns that its code was typed.")
        .answers::<WallPairing>("The code to show")
        .fails(&[ErrorCode::RateLimited])
}

pub async fn handle(
    State(state): State<AppState>,
    peer: Peer,
) -> Answer<([(HeaderName, HeaderValue); 1], Json<WallPairing>)> {
    let taken = state.pairings.take(&network(peer.address));
    taken.map_err(ApiError::rate_limited)?;
    let Some(begun) = walls::begin(&state.db).await? else {
        return Err(ApiError::unavailable("Many screens wait to be paired at the moment."));
    };
    let cookie = cookie::PAIRING.set(&begun.secret, state.tls);
    let cookie = cookie.ok_or_else(|| ApiError::internal("a secret that fits no header"))?;
    let pairing = WallPairing {
        code: begun.code,
        expires_at: begun.expires,
        now: state.clock.now(),
    };
    Ok(([(header::SET_COOKIE, cookie)], Json(pairing)))
}
