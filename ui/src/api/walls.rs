//! Wall screens: what a screen asks for itself, and what administrators do with them.

use super::{Fault, exchange};
use crate::url;
use gloo_net::http::Method;
use watchfloor_shared::wall::{
    NewWall, PairingState, PairingStatus, Wall, WallChange, WallOrganization, WallPairing, WallState,
};

/// Server-sent events, each a `WallUpdate`.
pub const LIVE: &str = "/api/v1/wall/live";

/// What this screen is; a refusal without a session where it is none.
pub async fn told() -> Result<WallState, Fault> {
    exchange::get("/api/v1/wall").await
}

pub async fn begin() -> Result<WallPairing, Fault> {
    exchange::post("/api/v1/wall/pairings", &()).await
}

pub async fn pairing() -> Result<PairingState, Fault> {
    let status: PairingStatus = exchange::get("/api/v1/wall/pairing").await?;
    Ok(status.state)
}

pub async fn list() -> Result<Vec<Wall>, Fault> {
    exchange::get("/api/v1/walls").await
}

/// Those that a wall may show beside this one.
pub async fn organizations() -> Result<Vec<WallOrganization>, Fault> {
    exchange::get("/api/v1/walls/organizations").await
}

pub async fn pair(wall: &NewWall) -> Result<Wall, Fault> {
    exchange::post("/api/v1/walls", wall).await
}

pub async fn change(id: &str, change: &WallChange) -> Result<Wall, Fault> {
    exchange::change(Method::PATCH, &path(id), change, None).await
}

pub async fn revoke(id: &str) -> Result<(), Fault> {
    exchange::delete(&path(id)).await
}

fn path(id: &str) -> String {
    format!("/api/v1/walls/{}", url::encode(id))
}
