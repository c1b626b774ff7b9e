//! Detections.

use leptos::prelude::*;

#[component]
pub fn RulesPage() -> impl IntoView {
    view! { <div class="pagehead"><h1>"Detections"</h1></div> }
}
