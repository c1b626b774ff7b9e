//! `GET /readyz`: what this process' roles need answers, and each of its stages reads and goes on.

use crate::api::{
    describe::Describe,
    problem::{Answer, ApiError},
    state::AppState,
};
use axum::extract::State;

pub fn describe() -> Describe {
    Describe::new("health", "Whether this process can do its work")
        .detail("Asks the database, the bus and, where its roles use it, the index, and whether each of its stages goes on; 503 names what does not.")
        .answers_text("text/plain", "ready")
}

pub async fn handle(State(state): State<AppState>) -> Answer<&'static str> {
    let failed: Vec<_> = super::checks(&state)
        .await
        .into_iter()
        .filter(|(_, ok)| !ok)
        .map(|(name, _)| name)
        .collect();
    match failed.is_empty() {
        true => Ok("ready\n"),
        false => Err(ApiError::unavailable(format!("Not ready: {}.", failed.join(", ")))),
    }
}
