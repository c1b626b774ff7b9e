//! Alerts.

use leptos::prelude::*;

#[component]
pub fn AlertsPage() -> impl IntoView {
    view! { <div class="pagehead"><h1>"Alerts"</h1></div> }
}
