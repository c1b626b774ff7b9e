//! Small drawings: a bar of a share.

use leptos::prelude::*;

/// How much of the whole, 0 to 1.
#[component]
pub fn Bar(share: f64, #[prop(optional)] fault: bool) -> impl IntoView {
    let width = format!("{:.1}", (share * 100.0).clamp(0.0, 100.0));
    view! {
        <svg class="hbarline" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect class="fill-n4" width="100" height="6"></rect>
            <rect class=if fault { "fill-fault" } else { "fill-n9" } width=width height="6"></rect>
        </svg>
    }
}
