//! `GET /api/v1/models`: the models that judge windows, what was measured of them, and how they do at this tenant.

use super::{context::CallContext, describe::Describe, problem::Answer, state::AppState};
use crate::{infer::Manifest, investigate, store};
use axum::{Json, extract::State};
use serde_json::Value;
use watchfloor_engine::{
    graph::Platform,
    share::{stability, wilson},
};
use watchfloor_shared::{
    RuleId,
    model::{Measured, ModelSummary, ModelVersion, Share, VerdictRate},
};

/// Fewer windows say nothing of a distribution.
const DRIFT_WINDOWS_MIN: i64 = 200;

pub fn describe() -> Describe {
    Describe::new("rules", "The models that judge windows, and how they do here")
        .answers_many::<ModelSummary>("A model for each platform, with this tenant's verdicts and windows")
}

pub async fn handle(State(state): State<AppState>, mut call: CallContext) -> Answer<Json<Vec<ModelSummary>>> {
    let mut rates = Vec::with_capacity(Platform::ALL.len());
    for platform in Platform::ALL {
        let rule = RuleId::new(format!("model.{}", platform.as_str()));
        rates.push(rate(store::rules::verdicts(&mut call.tx, &rule).await?));
    }
    let now = call.now;
    let caller = call.commit().await?;
    let problems = state.models.problems();
    let mut found = Vec::with_capacity(Platform::ALL.len());
    for (platform, verdicts) in Platform::ALL.into_iter().zip(rates) {
        let judged = investigate::judged(state.search.as_ref(), caller.tenant(), platform, now).await?;
        let problem = problems.iter().find(|problem| problem.platform == platform);
        found.push(ModelSummary {
            platform: platform.as_str().to_owned(),
            model: state.models.current(platform).map(|model| version(&model.manifest)),
            problem: problem.map(|problem| problem.reason.clone()),
            verdicts,
            drift: drift(&judged.scores_before, &judged.scores),
            windows: judged.windows,
            scores: judged.scores,
            scores_before: judged.scores_before,
            versions: judged.versions,
        });
    }
    Ok(Json(found))
}

fn drift(before: &[i64], now: &[i64]) -> Option<f64> {
    let enough = [before, now]
        .iter()
        .all(|counts| counts.iter().sum::<i64>() >= DRIFT_WINDOWS_MIN);
    enough.then(|| stability(before, now))
}

fn rate(verdicts: store::rules::Verdicts) -> VerdictRate {
    let (hits, misses) = (verdicts.true_positive, verdicts.false_positive);
    let judged = hits + misses;
    let precision = (judged > 0).then(|| {
        let (low, high) = wilson(hits.unsigned_abs(), judged.unsigned_abs());
        Share {
            value: hits as f64 / judged as f64,
            low,
            high,
        }
    });
    VerdictRate {
        true_positive: hits,
        false_positive: misses,
        open: verdicts.open,
        precision,
    }
}

fn version(manifest: &Manifest) -> ModelVersion {
    let data = match &manifest.data {
        Value::String(words) => words.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    ModelVersion {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        sha256: manifest.sha256.clone(),
        trained_at: manifest.trained_at.clone(),
        data,
        threshold: f64::from(manifest.threshold),
        measured: measured(&manifest.metrics),
    }
}

/// The manifest's own measures on held-out campaigns; what is not of that shape is left out.
fn measured(metrics: &Value) -> Vec<Measured> {
    let Some(table) = metrics.get("cross_validation").and_then(Value::as_object) else {
        return Vec::new();
    };
    let number = |of: &Value, name: &str| of.get(name).and_then(Value::as_f64);
    let measure = |(name, of): (&String, &Value)| {
        Some(Measured {
            name: name.clone(),
            value: number(of, "value")?,
            low: number(of, "low")?,
            high: number(of, "high")?,
        })
    };
    table.iter().filter_map(measure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_share_of_no_verdicts_is_not_told_and_few_are_told_as_few() {
        let verdicts = |true_positive, false_positive| store::rules::Verdicts {
            true_positive,
            false_positive,
            open: 2,
        };
        assert_eq!(rate(verdicts(0, 0)).precision, None);
        let few = rate(verdicts(3, 1)).precision.unwrap();
        assert!(few.value == 0.75 && few.low < 0.35 && few.high > 0.9, "{few:?}");
    }

    #[test]
    fn measures_of_another_shape_are_left_out() {
        let metrics = json!({"cross_validation": {"roc_auc": {"value": 0.95, "low": 0.9, "high": 0.97}, "windows": 12, "recall": {"value": 1}}});
        let found = measured(&metrics);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_str(), found[0].high), ("roc_auc", 0.97));
        assert!(measured(&Value::Null).is_empty());
    }

    #[test]
    fn drift_of_few_windows_is_not_told() {
        assert_eq!(drift(&[500], &[100]), None);
        assert!(drift(&[500, 0], &[0, 500]).is_some_and(|index| index > 0.25));
    }
}
