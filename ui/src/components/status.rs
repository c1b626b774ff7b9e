//! Status of an alert: neutral, a shape per state.

use leptos::prelude::*;
use watchfloor_shared::alert::AlertStatus;

pub const fn word(status: AlertStatus) -> &'static str {
    match status {
        AlertStatus::Open => "Open",
        AlertStatus::Acknowledged => "Acknowledged",
        AlertStatus::Investigating => "Investigating",
        AlertStatus::Resolved => "Resolved",
        AlertStatus::FalsePositive => "False positive",
    }
}

const fn drawing(status: AlertStatus) -> &'static str {
    match status {
        AlertStatus::Open => r#"<circle cx="6" cy="6" r="4.5"/>"#,
        AlertStatus::Acknowledged => r#"<circle cx="6" cy="6" r="4.5"/><circle class="f" cx="6" cy="6" r="1.8"/>"#,
        AlertStatus::Investigating => {
            r#"<circle cx="6" cy="6" r="4.5"/><path class="f" d="M6 1.5a4.5 4.5 0 0 1 0 9Z"/>"#
        }
        AlertStatus::Resolved => r#"<circle cx="6" cy="6" r="4.5"/><path d="m3.8 6.2 1.6 1.6 2.9-3.3"/>"#,
        AlertStatus::FalsePositive => r#"<circle cx="6" cy="6" r="4.5"/><path d="M2.9 9.1 9.1 2.9"/>"#,
    }
}

/// The shape alone; the word is there for screen readers and as a tip.
#[component]
pub fn StatusMark(status: AlertStatus, #[prop(optional)] worded: bool) -> impl IntoView {
    view! {
        <span class=format!("status status-{}", status.as_str()) title=word(status)>
            <svg aria-hidden="true" viewBox="0 0 12 12" inner_html=drawing(status)></svg>
            <span class=if worded { "" } else { "visually-hidden" }>{word(status)}</span>
        </span>
    }
}
