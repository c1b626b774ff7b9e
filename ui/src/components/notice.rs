//! A line across the page: what is, why, what now. Faults of the instrument are hatched, never coloured like danger.

use super::{Button, Look};
use crate::api::Fault;
use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// The instrument is impaired.
    Fault,
    Simulated,
}

#[component]
pub fn Notice(kind: NoticeKind, children: Children) -> impl IntoView {
    let class = match kind {
        NoticeKind::Fault => "notice error",
        NoticeKind::Simulated => "notice sim",
    };
    view! {
        <div class=class role="status">
            {(kind == NoticeKind::Fault).then(|| view! { <span class="hatched" aria-hidden="true"></span> })}
            {children()}
        </div>
    }
}

/// Shown while `fault` holds one. What was loaded before stays below it.
#[component]
pub fn FaultNotice(
    #[prop(into)] fault: Signal<Option<Fault>>,
    again: impl Fn() + Clone + Send + Sync + 'static,
) -> impl IntoView {
    move || {
        let again = again.clone();
        fault.get().map(|fault| {
            view! {
                <Notice kind=NoticeKind::Fault>
                    <span>{fault.sentence()}</span>
                    <span class="what-now"><Button look=Look::Small press=move |_| again()>"Try now"</Button></span>
                </Notice>
            }
        })
    }
}
