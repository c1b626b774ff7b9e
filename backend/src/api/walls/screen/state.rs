//! `GET /api/v1/wall`: what this screen is.

use super::{WallScreen, told};
use crate::api::{describe::Describe, problem::Answer, state::AppState};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, header},
};
use watchfloor_shared::wall::WallState;

pub fn describe() -> Describe {
    Describe::new("wall", "What this screen shows")
        .detail("Renews the screen's cookie.")
        .answers::<WallState>("The wall")
}

pub async fn handle(
    State(state): State<AppState>,
    screen: WallScreen,
) -> Answer<([(HeaderName, HeaderValue); 1], Json<WallState>)> {
    let cookie = screen.renewed(&state)?;
    Ok(([(header::SET_COOKIE, cookie)], Json(told(&state, &screen.wall))))
}
