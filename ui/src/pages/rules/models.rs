//! The models beside the rules: whether they can be believed here, and whether what they see is still what it was.

use crate::{
    api::{self, fetch},
    components::{FaultNotice, number},
};
use leptos::prelude::*;
use std::fmt::Write;
use watchfloor_shared::model::{ModelSummary, ModelVersion, SCORE_BUCKETS, VerdictRate};

const DRIFT_SLIGHT: f64 = 0.1;
const DRIFT_STRONG: f64 = 0.25;
/// Hours of the last day, whichever the server names.
const HOURS: usize = 25;
const PLOT: (f64, f64) = (200.0, 44.0);

#[component]
pub fn Models() -> impl IntoView {
    let models = fetch(|| Some(()), |()| api::models::list());
    let cards = move || {
        models.value.with(|all| {
            let all = all.as_deref().unwrap_or_default();
            all.iter()
                .map(|model| view! { <Card model=model.clone()/> })
                .collect_view()
        })
    };
    view! {
        <FaultNotice fault=models.fault again=move || models.again() />
        <section class="models" aria-label="Models">{cards}</section>
    }
}

#[component]
fn Card(model: ModelSummary) -> impl IntoView {
    let windows: i64 = model.windows.iter().map(|hour| hour.count).sum();
    let name = platform(&model.platform);
    let problem = model.problem.clone().filter(|_| model.model.is_some());
    let without = model.problem.clone().filter(|_| model.model.is_none());
    let (title, measured, threshold) = match &model.model {
        Some(version) => (
            format!("{} {}", version.name, version.version),
            Some(view! { <Measures version=version.clone()/> }),
            Some(version.threshold),
        ),
        None => ("no model".to_owned(), None, None),
    };
    let label = format!("Model of {name}");
    let facts = threshold.map(|at| format!("alerts from {}", percent(at)));
    view! {
        <article class="model" aria-label=label>
            <h2>{name} <span class="mono plainw">{title}</span> <span class="push">{facts}{versions(&model)}</span></h2>
            {problem.map(|why| view! { <p class="fault">"The newer files are not used: " {why}</p> })}
            {without.map(|why| view! { <p class="quiet">{why}</p> })}
            <dl>
                <Precision verdicts=model.verdicts.clone()/>
                <div>
                    <dt>"Windows, last day"</dt>
                    <dd><b>{number::count(windows)}</b></dd>
                    <dd><svg class="plot" viewBox=view_box() preserveAspectRatio="none" role="img" aria-label=format!("{windows} windows in the last day, by hour")>
                        <path class="fill-n9" d=bars(&hours(&model), HOURS)></path>
                    </svg></dd>
                </div>
                <div>
                    <dt>"Scores, day and week"</dt>
                    <dd>{drift(model.drift)}</dd>
                    <dd><svg class="plot" viewBox=view_box() preserveAspectRatio="none" role="img" aria-label="Windows by score, in steps of five percent">
                        <path class="fill-n9" d=bars(&heights(&model.scores), SCORE_BUCKETS)></path>
                        <path class="was" d=steps(&heights(&model.scores_before))></path>
                        {threshold.map(|at| view! { <path class="from" d=format!("M{:.1} 0V{}", at * PLOT.0, PLOT.1)></path> })}
                    </svg></dd>
                </div>
                {measured}
            </dl>
        </article>
    }
}

#[component]
fn Precision(verdicts: VerdictRate) -> impl IntoView {
    let judged = verdicts.true_positive + verdicts.false_positive;
    let (share, range) = match verdicts.precision {
        Some(share) => (
            percent(share.value),
            format!("between {} and {}", percent(share.low), percent(share.high)),
        ),
        None => ("–".to_owned(), "nobody has judged one yet".to_owned()),
    };
    let counts = format!(
        "{} judged, {} open",
        number::counted(judged, "alert", "alerts"),
        number::count(verdicts.open)
    );
    view! {
        <div>
            <dt>"True alerts here"</dt>
            <dd><b>{share}</b></dd>
            <dd class="quiet">{range}</dd>
            <dd class="quiet">{counts}</dd>
        </div>
    }
}

#[component]
fn Measures(version: ModelVersion) -> impl IntoView {
    const SHOWN: [(&str, &str); 3] = [
        ("roc_auc", "ROC-AUC"),
        ("false_positive_rate", "false alarms"),
        ("recall", "attacks found"),
    ];
    let line = |(name, words): (&str, &'static str)| {
        let measure = version.measured.iter().find(|measure| measure.name == name)?;
        let value = if name == "roc_auc" {
            format!("{:.3}", measure.value)
        } else {
            percent(measure.value)
        };
        let tip = format!(
            "{:.3}, between {:.3} and {:.3}",
            measure.value, measure.low, measure.high
        );
        Some(view! { <dd class="quiet" title=tip><span class="mono">{value}</span> " " {words}</dd> })
    };
    let lines = SHOWN.into_iter().filter_map(line).collect_view();
    view! {
        <div title=version.data.clone()>
            <dt>"On unseen campaigns"</dt>
            {lines}
        </div>
    }
}

fn platform(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn versions(model: &ModelSummary) -> Option<String> {
    let [_, before @ ..] = model.versions.as_slice() else {
        return None;
    };
    let names: Vec<&str> = before.iter().map(|used| used.version.as_str()).collect();
    (!names.is_empty()).then(|| format!(", before: {}", names.join(", ")))
}

fn drift(index: Option<f64>) -> AnyView {
    match index {
        None => view! { <b class="quiet">"too few to compare"</b> }.into_any(),
        Some(index) if index < DRIFT_SLIGHT => view! { <b>"as before"</b> }.into_any(),
        Some(index) if index < DRIFT_STRONG => view! { <b>"somewhat shifted"</b> }.into_any(),
        Some(_) => view! { <b class="fault">"another picture than before"</b> }.into_any(),
    }
}

/// `1.2 %`; whole from ten on.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 9.95 || percent == 0.0 {
        format!("{percent:.0} %")
    } else {
        format!("{percent:.1} %")
    }
}

fn view_box() -> String {
    format!("0 0 {} {}", PLOT.0, PLOT.1)
}

#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn hours(model: &ModelSummary) -> Vec<f64> {
    let counts: Vec<f64> = model.windows.iter().map(|hour| hour.count as f64).collect();
    let most = counts.iter().copied().fold(1.0, f64::max);
    counts.into_iter().map(|count| count / most).collect()
}

/// Shares on a scale on which one window in ten thousand is still seen: attacks are rare.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn heights(counts: &[i64]) -> Vec<f64> {
    let total: i64 = counts.iter().sum();
    let height = |count: &i64| {
        let share = *count as f64 / total.max(1) as f64;
        if *count > 0 {
            (1.0 + share.log10() / 4.0).clamp(0.04, 1.0)
        } else {
            0.0
        }
    };
    counts.iter().map(height).collect()
}

#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn bars(heights: &[f64], count: usize) -> String {
    let width = PLOT.0 / count.max(1) as f64;
    let mut path = String::new();
    for (at, height) in heights.iter().enumerate().filter(|(_, height)| **height > 0.0) {
        let (x, tall) = (at as f64 * width, height * PLOT.1);
        let _ = write!(
            path,
            "M{x:.1} {}h{:.1}v-{tall:.1}h-{:.1}Z",
            PLOT.1,
            width - 1.0,
            width - 1.0
        );
    }
    path
}

#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn steps(heights: &[f64]) -> String {
    if heights.iter().all(|height| *height == 0.0) {
        return String::new();
    }
    let width = PLOT.0 / heights.len().max(1) as f64;
    let mut path = format!("M0 {}", PLOT.1);
    for (at, height) in heights.iter().enumerate() {
        let _ = write!(path, "V{:.1}H{:.1}", (1.0 - height) * PLOT.1, (at + 1) as f64 * width);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_high_score_is_seen_beside_thousands_of_low_ones() {
        let heights = heights(&[9_999, 0, 1]);
        assert!(heights[0] > 0.99 && heights[1] == 0.0 && heights[2] >= 0.04);
        assert_eq!(bars(&heights, 3).matches('M').count(), 2);
    }

    #[test]
    fn shares_read_as_people_say_them() {
        let said: Vec<String> = [0.0, 0.012, 0.481, 1.0].into_iter().map(percent).collect();
        assert_eq!(said, ["0 %", "1.2 %", "48 %", "100 %"]);
    }
}
