//! What a wall screen may ask.
//!
//! Invariant: a screen is a [`WallScreen`] and never a caller. The guard makes one for the routes that ask for a screen and for
//! no other; no handler outside of this folder takes one, and those in it take nothing else.

pub mod begin;
pub mod live;
mod numbers;
pub mod pairing;
pub mod state;

use crate::{
    api::{
        cookie,
        problem::{Answer, ApiError},
        state::AppState,
    },
    identity::token,
    store::{
        Secret, StoreError,
        identity::walls::{self, PairedWall},
    },
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, request::Parts},
};
use watchfloor_shared::wall::WallState;

/// Longest secret of a screen that is looked at.
const SECRET_BYTES_MAX: usize = 256;

/// A wall that its credential proved when the request came.
#[derive(Debug, Clone)]
pub struct WallScreen {
    wall: PairedWall,
    credential: Secret,
}

impl WallScreen {
    /// For the guard alone.
    pub(in crate::api) async fn of(state: &AppState, request: &Parts) -> Answer<Self> {
        let presented = cookie::WALL.token(&request.headers);
        let Some(credential) = presented.filter(|secret| secret.reveal().len() <= SECRET_BYTES_MAX) else {
            return Err(ApiError::unauthenticated());
        };
        let Some(wall) = walls::lookup(&state.db, credential.reveal()).await? else {
            return Err(ApiError::unauthenticated());
        };
        let taken = state.requests.take(&token::hash(credential.reveal()));
        taken.map_err(ApiError::rate_limited)?;
        Ok(Self { wall, credential })
    }

    pub fn tenant(&self) -> &str {
        self.wall.tenant.as_str()
    }

    /// The wall as it is now; none once it is revoked.
    async fn present(&self, state: &AppState) -> Result<Option<PairedWall>, StoreError> {
        walls::lookup(&state.db, self.credential.reveal()).await
    }

    /// The cookie once more, so that a screen that is used never loses it.
    fn renewed(&self, state: &AppState) -> Answer<HeaderValue> {
        let cookie = cookie::WALL.set(&self.credential, state.tls);
        cookie.ok_or_else(|| ApiError::internal("a credential that fits no header"))
    }
}

impl FromRequestParts<AppState> for WallScreen {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let screen = parts.extensions.get::<Self>().cloned();
        screen.ok_or_else(ApiError::unauthenticated)
    }
}

fn told(state: &AppState, wall: &PairedWall) -> WallState {
    WallState {
        organization: wall.organization.clone(),
        settings: wall.settings.clone(),
        credits: state.geo.credits(),
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        now: state.clock.now(),
    }
}
