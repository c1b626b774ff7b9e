//! Marks beside an alert: what said so, and that it was simulated.

use leptos::prelude::*;
use watchfloor_shared::alert::DetectionSource;

pub const fn word(source: DetectionSource) -> &'static str {
    match source {
        DetectionSource::Sigma => "Sigma rule",
        DetectionSource::Model => "Graph model",
        DetectionSource::Intel => "Threat intel",
    }
}

#[component]
pub fn SourceTag(source: DetectionSource) -> impl IntoView {
    let short = match source {
        DetectionSource::Sigma => "Σ",
        DetectionSource::Model => "GNN",
        DetectionSource::Intel => "IoC",
    };
    view! { <span class="tag" title=word(source)>{short}</span> }
}

/// `short` where the row has no room for the word.
#[component]
pub fn SimulatedBadge(#[prop(optional)] short: bool) -> impl IntoView {
    let (class, text) = if short {
        ("badge-sim short", "Sim")
    } else {
        ("badge-sim", "Simulated")
    };
    view! { <span class=class title="Made by the simulator, not by anyone's machine">{text}</span> }
}
