//! Severity: a shape and a colour, with the word beside it or for those who cannot see it.

use leptos::prelude::*;
use watchfloor_shared::alert::Severity;

pub use watchfloor_shared::sign::{shape, word};

const fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "sev sev-low",
        Severity::Medium => "sev sev-medium",
        Severity::High => "sev sev-high",
        Severity::Critical => "sev sev-critical",
    }
}

/// The shape alone; the word is there for screen readers and as a tip.
#[component]
pub fn SeverityMark(severity: Severity, #[prop(optional)] worded: bool) -> impl IntoView {
    view! {
        <span class=class(severity) title=word(severity)>
            <svg aria-hidden="true" viewBox="0 0 12 12"><path fill-rule="evenodd" d=shape(severity)></path></svg>
            <span class=if worded { "" } else { "visually-hidden" }>{word(severity)}</span>
        </span>
    }
}

#[component]
pub fn SeverityBadge(severity: Severity) -> impl IntoView {
    view! {
        <span class=format!("{} badge", class(severity))>
            <svg aria-hidden="true" viewBox="0 0 12 12"><path fill-rule="evenodd" d=shape(severity)></path></svg>
            {word(severity)}
        </span>
    }
}
