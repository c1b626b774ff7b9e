//! What the organization owns, who is in it and where it is.

use super::{Fault, exchange};
use serde::de::DeserializeOwned;
use watchfloor_shared::inventory::InventoryTaken;

/// Every row of a table: `assets`, `people` or `sites`.
pub async fn list<T: DeserializeOwned>(table: &'static str) -> Result<Vec<T>, Fault> {
    exchange::get(&format!("/api/v1/inventory/{table}")).await
}

/// Replaces a table by what a file holds; it is refused as a whole, with the row and the reason.
pub async fn replace(table: &'static str, media_type: &'static str, text: String) -> Result<InventoryTaken, Fault> {
    exchange::put_text(&format!("/api/v1/inventory/{table}"), media_type, text).await
}
