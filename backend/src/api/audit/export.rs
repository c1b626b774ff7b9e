//! `GET /api/v1/audit/export`: all of it, as it is kept, for those who verify it elsewhere.

use crate::{
    api::{
        context::Called,
        describe::Describe,
        problem::{Answer, ApiError},
        state::AppState,
    },
    audit::Exported,
    store::{Database, StoreError, audit},
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderName, header},
};
use futures::{Stream, stream};
use watchfloor_shared::{TenantId, audit::AuditHead};

pub fn describe() -> Describe {
    Describe::new("audit", "Export the log")
        .detail(
            "One JSON object a line, oldest first, each with the text that is hashed; the last line has the head. \
             `watchfloor audit verify FILE` verifies it without this server.",
        )
        .answers_text(
            "application/x-ndjson",
            "{\"tenant\":…,\"number\":1,\"at_ns\":…,\"action\":…,\"record\":…,\"hash\":…}",
        )
}

pub async fn handle(State(state): State<AppState>, called: Called) -> Answer<([(HeaderName, String); 2], Body)> {
    let tenant = called.tenant().clone();
    let mut tx = state.db.tenant(&tenant).await?;
    let newest = audit::newest(&mut tx).await?;
    tx.commit().await.map_err(ApiError::from)?;
    let disposition = format!("attachment; filename=\"audit-{tenant}-{}.ndjson\"", newest.number);
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, Body::from_stream(lines(state.db.clone(), tenant, newest))))
}

/// A page at a time, each in a transaction of its own: a slow reader holds none open.
fn lines(db: Database, tenant: TenantId, newest: AuditHead) -> impl Stream<Item = Result<Bytes, StoreError>> {
    stream::try_unfold(Some(0), move |after| {
        let (db, tenant, newest) = (db.clone(), tenant.clone(), newest.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let mut tx = db.tenant(&tenant).await?;
            let page = audit::after(&mut tx, after, audit::PAGE_MAX).await?;
            tx.commit().await?;
            let mut text = String::new();
            let known = page.iter().filter(|entry| entry.number <= newest.number);
            for entry in known {
                push(&mut text, &Exported::entry(&tenant, entry));
            }
            let next = page
                .last()
                .map(|entry| entry.number)
                .filter(|last| *last < newest.number);
            if next.is_none() {
                push(&mut text, &Exported::End { tenant, head: newest });
            }
            Ok(Some((Bytes::from(text), next)))
        }
    })
}

fn push(text: &mut String, line: &Exported) {
    text.push_str(&serde_json::to_string(line).unwrap_or_default());
    text.push('\n');
}
