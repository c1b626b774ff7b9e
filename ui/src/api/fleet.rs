//! Sensors: who is there, codes for new ones, and their end.

use super::{Fault, exchange};
use crate::url;
use gloo_net::http::Method;
use watchfloor_shared::{
    control::{NewCommand, QueuedCommand},
    fleet::{ClaimCode, Fleet, IssuedClaimCode, NewClaimCode, SensorChange, SensorDetail},
};

pub async fn list() -> Result<Fleet, Fault> {
    exchange::get("/api/v1/fleet").await
}

pub async fn get(id: &str) -> Result<SensorDetail, Fault> {
    exchange::get(&path(id)).await
}

pub async fn change(id: &str, change: &SensorChange) -> Result<(), Fault> {
    exchange::change_only(Method::PATCH, &path(id), change).await
}

pub async fn revoke(id: &str) -> Result<(), Fault> {
    exchange::delete(&path(id)).await
}

pub async fn codes() -> Result<Vec<ClaimCode>, Fault> {
    exchange::get("/api/v1/fleet/claims").await
}

pub async fn make_code(new: &NewClaimCode) -> Result<IssuedClaimCode, Fault> {
    exchange::post("/api/v1/fleet/claims", new).await
}

pub async fn cancel_code(id: &str) -> Result<(), Fault> {
    exchange::delete(&format!("/api/v1/fleet/claims/{}", url::encode(id))).await
}

/// Newest first.
pub async fn commands(id: &str) -> Result<Vec<QueuedCommand>, Fault> {
    exchange::get(&format!("{}/commands", path(id))).await
}

pub async fn tell(id: &str, new: &NewCommand) -> Result<QueuedCommand, Fault> {
    exchange::post(&format!("{}/commands", path(id)), new).await
}

pub async fn cancel_command(id: &str, number: i64) -> Result<(), Fault> {
    exchange::delete(&format!("{}/commands/{number}", path(id))).await
}

fn path(id: &str) -> String {
    format!("/api/v1/fleet/{}", url::encode(id))
}
