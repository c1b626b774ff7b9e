//! Keys of senders.

use super::{Fault, exchange};
use crate::url;
use watchfloor_shared::identity::{ApiKey, IssuedApiKey, NewApiKey};

/// Newest first.
pub async fn list() -> Result<Vec<ApiKey>, Fault> {
    exchange::get("/api/v1/keys").await
}

pub async fn issue(new: &NewApiKey) -> Result<IssuedApiKey, Fault> {
    exchange::post("/api/v1/keys", new).await
}

pub async fn revoke(id: &str) -> Result<(), Fault> {
    exchange::delete(&format!("/api/v1/keys/{}", url::encode(id))).await
}
