//! Detection rules.

use super::{Fault, exchange, wire::read_value};
use serde::Deserialize;
use serde_json::Value;
use watchfloor_shared::{
    RuleId,
    alert::{Severity, Technique},
    rule::RuleSummary,
};

pub async fn list() -> Result<Vec<RuleSummary>, Fault> {
    let all = exchange::get_raw("/api/v1/rules").await?;
    match all {
        Value::Array(all) => all.into_iter().map(one).collect(),
        _ => Err(Fault::Malformed("rules are no list".to_owned())),
    }
}

/// A rule without its state, which lies flat among the other members and is read on its own as in an alert.
#[derive(Deserialize)]
struct Beside {
    id: RuleId,
    title: String,
    level: String,
    severity: Severity,
    logsource: String,
    techniques: Vec<Technique>,
    path: String,
    pack: String,
    correlation: bool,
    alerts: i64,
}

fn one(whole: Value) -> Result<RuleSummary, Fault> {
    let state = read_value(whole.clone())?;
    let beside: Beside = read_value(whole)?;
    Ok(RuleSummary {
        id: beside.id,
        title: beside.title,
        level: beside.level,
        severity: beside.severity,
        logsource: beside.logsource,
        techniques: beside.techniques,
        path: beside.path,
        pack: beside.pack,
        correlation: beside.correlation,
        state,
        alerts: beside.alerts,
    })
}
