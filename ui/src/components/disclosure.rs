//! A button that opens a panel of choices. It stays while one chooses, and closes on Escape and when focus leaves it.

use super::{Glyph, Icon};
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

#[component]
pub fn Disclosure(
    label: &'static str,
    glyph: Glyph,
    #[prop(optional)] narrow: bool,
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(root) = root.get_untracked() {
            let _ = root.remove_attribute("open");
        }
    };
    let leave = move |event: ev::FocusEvent| {
        let to = event.related_target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
        if !root.get_untracked().is_some_and(|root| root.contains(to.as_ref())) {
            close();
        }
    };
    let keydown = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && root.get_untracked().is_some_and(|root| root.has_attribute("open")) {
            event.stop_propagation();
            close();
        }
    };
    view! {
        <details class="disclosure" node_ref=root on:focusout=leave on:keydown=keydown>
            <summary class="btn small"><Icon glyph=glyph small=true/> {label}</summary>
            <div class="disclosed" class:narrow=narrow tabindex="-1">{children()}</div>
        </details>
    }
}
