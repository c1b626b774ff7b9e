//! `POST /feedback`: an analyst's verdict, from another tool.

use crate::{
    api::{context::CallContext, describe::Describe, extract::Body, problem::Answer, state::AppState},
    store::alerts,
};
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;
use watchfloor_shared::{
    AlertId,
    alert::{AlertChange, AlertSummary, AnalystVerdict},
    problem::ErrorCode,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    alert_id: AlertId,
    verdict: AnalystVerdict,
    #[serde(default)]
    note: Option<String>,
}

pub fn describe() -> Describe {
    Describe::new("plain", "Give a verdict on an alert")
        .detail("Sets the verdict and adds the note; the status stays as it is.")
        .body::<Feedback>()
        .answers::<AlertSummary>("As it is now")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::NotFound])
}

pub async fn handle(
    State(state): State<AppState>,
    mut call: CallContext,
    Body(feedback): Body<Feedback>,
) -> Answer<Json<AlertSummary>> {
    let change = AlertChange {
        verdict: Some(feedback.verdict),
        note: feedback.note,
        ..AlertChange::default()
    };
    let actor = call.caller.actor();
    let changed = alerts::change(&mut call.tx, &feedback.alert_id, None, &change, actor, call.now).await?;
    call.note(serde_json::json!({"alert": feedback.alert_id, "change": change}));
    let caller = call.commit().await?;
    state.live.publish(caller.tenant(), changed.clone());
    Ok(Json(changed.summary))
}
