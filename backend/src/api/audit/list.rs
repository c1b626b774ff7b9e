//! `GET /api/v1/audit`.

use crate::{
    api::{
        context::CallContext,
        describe::{Describe, integer, text},
        extract::Asked,
        problem::Answer,
    },
    store::audit,
};
use axum::Json;
use serde::Deserialize;
use watchfloor_shared::{audit::AuditPage, problem::ErrorCode};

const ENTRIES: i64 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    before: Option<i64>,
    action: Option<String>,
    q: Option<String>,
    limit: Option<i64>,
}

pub fn describe() -> Describe {
    Describe::new("audit", "Who did what, newest first")
        .query(
            "before",
            "Entries with a smaller number: where the page before ended",
            integer(1, i64::MAX),
        )
        .query("action", "Only this operation, as `fleet.revoke`", text())
        .query("q", "Anywhere in what an entry says, in any case", text())
        .query("limit", "100 when absent", integer(1, audit::PAGE_MAX))
        .answers::<AuditPage>("Entries, and the newest's hash")
        .fails(&[ErrorCode::InvalidRequest])
}

pub async fn handle(mut call: CallContext, Asked(query): Asked<Query>) -> Answer<Json<AuditPage>> {
    let wanted = audit::Wanted {
        before: query.before,
        action: filled(query.action.as_ref()),
        text: filled(query.q.as_ref()),
    };
    let limit = query.limit.unwrap_or(ENTRIES).clamp(1, audit::PAGE_MAX);
    let head = audit::newest(&mut call.tx).await?;
    let entries = audit::page(&mut call.tx, &wanted, limit).await?;
    call.commit().await?;
    let is_full = i64::try_from(entries.len()).is_ok_and(|count| count == limit);
    let last = entries.last().map(|entry| entry.number);
    Ok(Json(AuditPage {
        before: last.filter(|number| is_full && *number > 1),
        entries,
        head,
    }))
}

fn filled(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}
