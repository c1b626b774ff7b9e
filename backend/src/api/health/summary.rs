//! `GET /health`: the same for programs that read JSON.

use crate::api::{describe::Describe, state::AppState};
use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Condition {
    Ok,
    /// Away, and done without.
    Degraded,
    Failing,
}

#[derive(Serialize, ToSchema)]
pub struct Health {
    status: Condition,
    checks: BTreeMap<&'static str, Condition>,
    version: &'static str,
}

pub fn describe() -> Describe {
    Describe::new("health", "How the server is")
        .detail(
            "200 when every check passes, else 503 with the same body. What is `degraded` is away and done without.",
        )
        .answers::<Health>("All checks and their sum")
}

pub async fn handle(State(state): State<AppState>) -> (StatusCode, Json<Health>) {
    let condition = |ok| if ok { Condition::Ok } else { Condition::Failing };
    let checks = super::checks(&state).await;
    let all = checks.iter().all(|(_, ok)| *ok);
    let checks = checks.into_iter().map(|(name, ok)| (name, condition(ok)));
    let away = super::away(&state).into_iter().map(|(name, is_away)| match is_away {
        true => (name, Condition::Degraded),
        false => (name, Condition::Ok),
    });
    let health = Health {
        status: condition(all),
        checks: checks.chain(away).collect(),
        version: env!("CARGO_PKG_VERSION"),
    };
    let status = if all {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(health))
}
