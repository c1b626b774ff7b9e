//! Endpoint.

use leptos::prelude::*;

#[component]
pub fn EndpointPage() -> impl IntoView {
    view! { <div class="pagehead"><h1>"Endpoint"</h1></div> }
}
