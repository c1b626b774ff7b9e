//! Nothing to show: says why, and what to do. Never a blank.

use leptos::prelude::*;

/// The children are what to do about it.
#[component]
pub fn Empty(
    #[prop(into)] title: String,
    #[prop(into)] why: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty" role="status">
            <h3>{title}</h3>
            <p>{why}</p>
            {children.map(|children| view! { <div class="row-flex">{children()}</div> })}
        </div>
    }
}
