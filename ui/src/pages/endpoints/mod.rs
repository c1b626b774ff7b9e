//! Endpoints.

use leptos::prelude::*;

#[component]
pub fn EndpointsPage() -> impl IntoView {
    view! { <div class="pagehead"><h1>"Endpoints"</h1></div> }
}
