//! Detection rules.

use crate::{RuleId, alert::Severity, alert::Technique};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "state", content = "because")]
pub enum RuleState {
    Active,
    /// Not run, and why.
    Unsupported(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleSummary {
    pub id: RuleId,
    pub title: String,
    pub level: String,
    pub severity: Severity,
    pub logsource: String,
    pub techniques: Vec<Technique>,
    /// Path below its rule folder.
    pub path: String,
    /// `starter` for the rules that ship, otherwise the folder's name.
    pub pack: String,
    pub correlation: bool,
    #[serde(flatten)]
    pub state: RuleState,
    /// Alerts it has raised in this tenant.
    pub alerts: i64,
}
