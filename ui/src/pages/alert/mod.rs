//! Alert.

use leptos::prelude::*;

#[component]
pub fn AlertPage() -> impl IntoView {
    view! { <div class="pagehead"><h1>"Alert"</h1></div> }
}
