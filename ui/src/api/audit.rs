//! The audit log.

use super::{Fault, exchange};
use crate::url::Query;
use watchfloor_shared::audit::{AuditPage, AuditVerification};

/// All of it, as a file that is verified elsewhere.
pub const EXPORT: &str = "/api/v1/audit/export";

/// Newest first; `before`: where the page before ended.
pub async fn list(words: &str, before: Option<i64>) -> Result<AuditPage, Fault> {
    let mut query = Query::default();
    query.set("q", Some(words.to_owned()).filter(|words| !words.trim().is_empty()));
    query.set("before", before.map(|number| number.to_string()));
    exchange::get(&format!("/api/v1/audit{query}")).await
}

pub async fn verify() -> Result<AuditVerification, Fault> {
    exchange::get("/api/v1/audit/verification").await
}
