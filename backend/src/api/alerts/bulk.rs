//! `POST /api/v1/alerts/bulk`: the same change to many alerts, each on its own.

use crate::{
    api::{
        context::Called,
        describe::Describe,
        extract::Body,
        problem::{Answer, ApiError, capitalized},
        state::AppState,
    },
    store::{
        StoreError, TenantTx,
        alerts::{self, ChangeError, Changed},
    },
};
use axum::{Json, extract::State};
use std::collections::BTreeSet;
use watchfloor_shared::{
    AlertId,
    alert::{BulkAction, BulkChange, BulkResult, Refusal},
    problem::ErrorCode,
};

const IDS_MAX: usize = 1_000;
/// Alerts per transaction, so that detections need not wait for the whole list.
const CHUNK: usize = 100;

pub fn describe() -> Describe {
    Describe::new("alerts", "Change many alerts")
        .detail("At most 1,000. Each is changed or refused by itself, whatever version it has.")
        .body::<BulkChange>()
        .answers::<BulkResult>("Those that changed and those that were refused, with why")
        .fails(&[ErrorCode::InvalidRequest])
}

pub async fn handle(
    State(state): State<AppState>,
    called: Called,
    Body(bulk): Body<BulkChange>,
) -> Answer<Json<BulkResult>> {
    if bulk.ids.len() > IDS_MAX {
        return Err(ApiError::invalid("At most 1,000 alerts at once."));
    }
    // One order for everyone: two lists never wait for each other in a circle.
    let ids: Vec<AlertId> = bulk.ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let mut result = BulkResult {
        done: Vec::new(),
        refused: Vec::new(),
    };
    for chunk in ids.chunks(CHUNK) {
        match change_chunk(&state, &called, chunk, &bulk.action).await {
            Ok((changed, refused)) => {
                result.refused.extend(refused);
                for changed in changed {
                    state.live.publish(called.tenant(), changed.clone());
                    result.done.push(changed.summary);
                }
            }
            // What earlier chunks did stays done, so the answer must say so.
            Err(error) if !result.done.is_empty() => {
                tracing::error!(error.cause = %error, "a bulk change stopped half-way");
                result.refused.extend(chunk.iter().map(|id| Refusal {
                    id: id.clone(),
                    reason: "The database did not answer; try again.".to_owned(),
                }));
            }
            Err(error) => return Err(error.into()),
        }
    }
    called.note(serde_json::json!({"action": bulk.action, "done": result.done.len(), "refused": result.refused.len()}));
    Ok(Json(result))
}

async fn change_chunk(
    state: &AppState,
    called: &Called,
    ids: &[AlertId],
    action: &BulkAction,
) -> Result<(Vec<Changed>, Vec<Refusal>), StoreError> {
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    let mut tx = state.db.tenant(called.tenant()).await?;
    for id in ids {
        match change_one(&mut tx, called, id, action).await {
            Ok(changed) => done.push(changed),
            Err(ChangeError::Store(error)) => return Err(error),
            Err(refusal) => refused.push(Refusal {
                id: id.clone(),
                reason: capitalized(&refusal.to_string()),
            }),
        }
    }
    tx.commit().await?;
    Ok((done, refused))
}

async fn change_one(
    tx: &mut TenantTx,
    called: &Called,
    id: &AlertId,
    action: &BulkAction,
) -> Result<Changed, ChangeError> {
    let actor = called.caller.actor();
    match action {
        BulkAction::Change(change) => alerts::change(tx, id, None, change, actor, called.now).await,
        BulkAction::Undo => alerts::undo(tx, id, None, actor, called.now).await,
    }
}
