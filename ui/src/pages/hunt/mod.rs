//! Hunt.

use leptos::prelude::*;

#[component]
pub fn HuntPage() -> impl IntoView {
    view! { <div class="pagehead"><h1>"Hunt"</h1></div> }
}
