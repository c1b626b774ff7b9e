//! A filter in words, with its way out.

use super::{Glyph, Icon};
use leptos::prelude::*;

#[component]
pub fn Chip(
    #[prop(into)] name: String,
    #[prop(into)] value: String,
    #[prop(optional)] machine: bool,
    remove: impl Fn() + 'static,
) -> impl IntoView {
    let label = format!("Remove the filter {name} {value}");
    view! {
        <span class="chip">
            <span class="k">{name}</span>
            <span class=if machine { "v mono" } else { "v" }>{value}</span>
            <button type="button" class="x" aria-label=label on:click=move |_| remove()>
                <Icon glyph=Glyph::Close small=true/>
            </button>
        </span>
    }
}
