//! Overview.

use leptos::prelude::*;

#[component]
pub fn OverviewPage() -> impl IntoView {
    view! { <div class="pagehead"><h1>"Overview"</h1></div> }
}
