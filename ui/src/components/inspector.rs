//! The panel on the right that shows one thing and leaves the list in place.

use super::{Button, Glyph, Icon, Look};
use leptos::prelude::*;

/// `head` stands above the title; the body scrolls; `foot` holds the actions.
#[component]
pub fn Inspector(
    label: &'static str,
    close: impl Fn() + 'static,
    #[prop(optional, into)] head: ViewFn,
    #[prop(optional, into)] foot: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    view! {
        <aside class="inspector" aria-label=label>
            <div class="insp-head">
                <div class="insp-title">{move || head.run()}</div>
                <Button look=Look::Square label="Close (Esc)" press=move |_| close()><Icon glyph=Glyph::Close/></Button>
            </div>
            <div class="insp-body" tabindex="0" role="region" aria-label="Details">{children()}</div>
            {foot.map(|foot| view! { <div class="insp-foot">{move || foot.run()}</div> })}
        </aside>
    }
}

/// A ruled part of a panel. `aside` is the quiet text at the right of its title.
#[component]
pub fn Block(title: &'static str, #[prop(optional, into)] aside: Option<String>, children: Children) -> impl IntoView {
    view! {
        <section class="block">
            <h3>{title}{aside.map(|text| view! { <span class="push">{text}</span> })}</h3>
            {children()}
        </section>
    }
}
