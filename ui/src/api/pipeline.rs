//! The pipeline as it is wired, and what it could not use.

use super::{Fault, exchange};
use serde::{Deserialize, Serialize};
use watchfloor_shared::pipeline::{DeadLetters, PipelineSnapshot};

pub async fn snapshot() -> Result<PipelineSnapshot, Fault> {
    exchange::get("/api/v1/pipeline").await
}

pub async fn dead_letters() -> Result<DeadLetters, Fault> {
    exchange::get("/api/v1/pipeline/dead-letters").await
}

#[derive(Serialize)]
struct Redrive {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Redriven {
    redriven: i64,
}

/// Sends dead letters through the pipeline again: those of one reason, or all. Answers how many.
pub async fn redrive(reason: Option<String>) -> Result<i64, Fault> {
    let answer: Redriven = exchange::post("/api/v1/pipeline/dead-letters/redrive", &Redrive { reason }).await?;
    Ok(answer.redriven)
}
