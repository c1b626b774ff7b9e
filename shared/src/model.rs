//! The models that judge windows, and how well they do at this tenant.

use crate::{Timestamp, search::TimeBucket};
use serde::{Deserialize, Serialize};

/// Buckets of [`ModelSummary::scores`]: five percent each.
pub const SCORE_BUCKETS: usize = 20;

/// One platform's model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelSummary {
    /// `windows` or `linux`.
    pub platform: String,
    /// Absent where no model judges this platform.
    pub model: Option<ModelVersion>,
    /// Why the files that lie there now are not in force; the model before stays.
    pub problem: Option<String>,
    /// What analysts said of its alerts.
    pub verdicts: VerdictRate,
    /// Windows of the last day, by hour.
    pub windows: Vec<TimeBucket>,
    /// Windows of the last day by score, in steps of five percent.
    pub scores: Vec<i64>,
    /// The same of the seven days before it.
    pub scores_before: Vec<i64>,
    /// Population stability index between the two: below 0.1 alike, above 0.25 another population. Absent where either has
    /// less than 200 windows.
    pub drift: Option<f64>,
    /// Versions that judged windows in the last thirty days, most windows first.
    pub versions: Vec<VersionUse>,
}

/// What a model's manifest says of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelVersion {
    pub name: String,
    pub version: String,
    /// Of its file, in hexadecimal digits.
    pub sha256: String,
    pub trained_at: Option<String>,
    /// What it was made from, in words.
    pub data: String,
    /// Score from which a window is an alert, 0 to 1.
    pub threshold: f64,
    /// What was measured before it shipped, on campaigns that it had not seen.
    pub measured: Vec<Measured>,
}

/// A measure with the interval that holds it in 95 of 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measured {
    /// `roc_auc`, `average_precision`, `false_positive_rate`, `recall`, `calibration_error`.
    pub name: String,
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Alerts by verdict, and the share of true ones with its Wilson interval of 95 %.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerdictRate {
    pub true_positive: i64,
    pub false_positive: i64,
    /// Alerts without a verdict.
    pub open: i64,
    /// Absent without any verdict; 0 to 1.
    pub precision: Option<Share>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Share {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VersionUse {
    pub version: String,
    pub windows: i64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
}
