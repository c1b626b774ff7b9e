//! `GET /api/v1/rules`: every loaded rule, whether it runs, and what it raised here.

use super::{context::CallContext, describe::Describe, problem::Answer, state::AppState};
use crate::store;
use axum::{Json, extract::State};
use std::collections::HashMap;
use watchfloor_shared::rule::RuleSummary;

pub fn describe() -> Describe {
    Describe::new("rules", "Every rule, whether it runs, and what it raised here")
        .answers_many::<RuleSummary>("All rules of the server with this tenant's counts")
}

pub async fn handle(State(state): State<AppState>, mut call: CallContext) -> Answer<Json<Vec<RuleSummary>>> {
    let hits: HashMap<_, _> = store::rules::hits(&mut call.tx).await?.into_iter().collect();
    call.commit().await?;
    let mut rules = state.rules.summaries();
    for rule in &mut rules {
        rule.alerts = hits.get(&rule.id).copied().unwrap_or(0);
    }
    Ok(Json(rules))
}
