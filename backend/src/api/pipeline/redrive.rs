//! `POST /api/v1/pipeline/dead-letters/redrive`: sends dead letters through the pipeline again.

use crate::api::{
    context::Called,
    describe::Describe,
    extract::Body,
    problem::{Answer, ApiError},
    state::AppState,
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchfloor_engine::verdict::DeadReason;
use watchfloor_shared::problem::ErrorCode;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Redrive {
    /// Only those of this reason; all without it.
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Redriven {
    redriven: u64,
}

pub fn describe() -> Describe {
    Describe::new("pipeline", "Send dead letters through the pipeline again")
        .detail("After a rule, a parser or a disk was mended. What fails again becomes a dead letter again.")
        .body::<Redrive>()
        .answers::<Redriven>("How many were sent")
        .fails(&[ErrorCode::InvalidRequest])
}

pub async fn handle(
    State(state): State<AppState>,
    called: Called,
    Body(redrive): Body<Redrive>,
) -> Answer<Json<Redriven>> {
    let known = |reason: &str| DeadReason::ALL.iter().any(|known| known.as_str() == reason);
    if redrive.reason.as_deref().is_some_and(|reason| !known(reason)) {
        return Err(ApiError::invalid(
            "There is no such reason; the list of dead letters names them.",
        ));
    }
    let redriven = state
        .pipeline
        .redrive(called.tenant(), redrive.reason.as_deref())
        .await?;
    called.note(serde_json::json!({"reason": redrive.reason, "redriven": redriven}));
    tracing::info!(user = called.caller.actor(), redriven, "dead letters were sent again");
    Ok(Json(Redriven { redriven }))
}
