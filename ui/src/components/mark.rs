//! The product's mark and name.

use leptos::prelude::*;

#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 18 18" aria-hidden="true">
            <circle class="brand-ring" cx="9" cy="9" r="7.7"></circle>
            <path class="brand-ring" d="M1.8 11.5h14.4"></path>
            <path class="brand-hand" d="M9 9 13 4.6"></path>
        </svg>
        "Watchfloor"
    }
}
