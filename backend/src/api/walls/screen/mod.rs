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
use watchfloor_shared::{
    TenantId, Timestamp,
    wall::{SCENE_SECONDS, WallState},
};

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

/// Whose turn it is, for as long as each of the wall's scenes is shown once.
fn on_turn(wall: &PairedWall, now: Timestamp) -> (&TenantId, &str) {
    let scenes = i64::try_from(wall.settings.scenes.len()).unwrap_or(1).max(1);
    let all = i64::try_from(wall.also.len() + 1).unwrap_or(1);
    let turn = now.seconds().div_euclid(SCENE_SECONDS * scenes).rem_euclid(all);
    let beside = usize::try_from(turn - 1).ok().and_then(|turn| wall.also.get(turn));
    beside.map_or((&wall.tenant, &wall.organization), |beside| (&beside.id, &beside.name))
}

fn told(state: &AppState, wall: &PairedWall) -> WallState {
    let now = state.clock.now();
    WallState {
        organization: on_turn(wall, now).1.to_owned(),
        organizations: wall.also.len() + 1,
        settings: wall.settings.clone(),
        credits: state.geo.credits(),
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchfloor_shared::wall::{WallDimming, WallOrganization, WallScene, WallSettings, WallShows, WallTheme};

    #[test]
    fn each_organization_has_every_scene_once_before_the_next() {
        let beside = |name: &str| WallOrganization {
            id: name.parse().unwrap(),
            name: name.to_owned(),
        };
        let mut wall = PairedWall {
            tenant: "own".parse().unwrap(),
            organization: "own".to_owned(),
            also: vec![beside("first"), beside("second")],
            id: String::new(),
            settings: WallSettings {
                name: String::new(),
                scenes: vec![WallScene::Map, WallScene::Pipeline],
                shows: WallShows::default(),
                theme: WallTheme::default(),
                dimming: WallDimming::default(),
            },
        };
        let at = |wall: &PairedWall, second: i64| on_turn(wall, Timestamp::from_millis(second * 1_000)).1.to_owned();
        let seen: Vec<String> = [0, 39, 40, 79, 80, 119, 120].map(|second| at(&wall, second)).into();
        assert_eq!(seen, ["own", "own", "first", "first", "second", "second", "own"]);
        wall.also.clear();
        assert_eq!(at(&wall, 40), "own");
    }
}
