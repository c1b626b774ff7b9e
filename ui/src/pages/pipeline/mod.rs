//! Pipeline.

use leptos::prelude::*;

#[component]
pub fn PipelinePage() -> impl IntoView {
    view! { <div class="pagehead"><h1>"Pipeline"</h1></div> }
}
