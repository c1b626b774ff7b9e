//! The models that judge windows.

use super::{Fault, exchange};
use watchfloor_shared::model::ModelSummary;

pub async fn list() -> Result<Vec<ModelSummary>, Fault> {
    exchange::get("/api/v1/models").await
}
