//! Severity: a shape and a colour, with the word beside it or for those who cannot see it.

use leptos::prelude::*;
use watchfloor_shared::alert::Severity;

pub const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}

/// Inside a grid of 12.
pub const fn shape(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "M6 .2 11.8 6 6 11.8.2 6ZM5.25 3.2v3.4h1.5V3.2ZM5.25 7.6v1.4h1.5V7.6Z",
        Severity::High => "M6 .8 11.7 11H.3Z",
        Severity::Medium => "M1.5 1.5h9v9h-9Z",
        Severity::Low => "M6 1a5 5 0 1 0 0 10A5 5 0 1 0 6 1ZM6 3a3 3 0 1 1 0 6A3 3 0 1 1 6 3Z",
    }
}

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
