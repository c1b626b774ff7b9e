//! `GET /api/v1/wall/pairing`: whether somebody typed the screen's code; who did gave it its credential.

use super::SECRET_BYTES_MAX;
use crate::{
    api::{
        cookie,
        describe::Describe,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::identity::walls::{self, Pairing},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::AppendHeaders,
};
use watchfloor_shared::wall::{PairingState, PairingStatus};

type Cookies = AppendHeaders<Vec<(HeaderName, HeaderValue)>>;

pub fn describe() -> Describe {
    Describe::new("wall", "Whether the screen is paired")
        .detail("`paired` is said once, with the wall's cookie. A screen without the cookie of its pairing hears `expired`.")
        .answers::<PairingStatus>("What became of its code")
}

pub async fn handle(State(state): State<AppState>, headers: HeaderMap) -> Answer<(Cookies, Json<PairingStatus>)> {
    let presented = cookie::PAIRING.token(&headers);
    let pairing = match presented.filter(|secret| secret.reveal().len() <= SECRET_BYTES_MAX) {
        Some(secret) => walls::collect(&state.db, secret.reveal()).await?,
        None => Pairing::Over,
    };
    let mut cookies = Vec::new();
    let told = match pairing {
        Pairing::Pending => PairingState::Pending,
        Pairing::Over => PairingState::Expired,
        Pairing::Paired(credential) => {
            let wall = cookie::WALL.set(&credential, state.tls);
            cookies.push(wall.ok_or_else(|| ApiError::internal("a credential that fits no header"))?);
            cookies.extend(cookie::PAIRING.clear(state.tls));
            PairingState::Paired
        }
    };
    let cookies = cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie));
    Ok((AppendHeaders(cookies.collect()), Json(PairingStatus { state: told })))
}
