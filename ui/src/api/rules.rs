//! Detection rules.

use super::{Fault, exchange};
use watchfloor_shared::rule::RuleSummary;

pub async fn list() -> Result<Vec<RuleSummary>, Fault> {
    exchange::get("/api/v1/rules").await
}
