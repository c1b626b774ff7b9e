//! A button that opens a short list. Closes on a choice, on Escape and when focus leaves it.

use super::{Glyph, Icon};
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

/// The children are `<li>` with a button or link each; any click inside closes the menu.
#[component]
pub fn Menu(
    label: &'static str,
    #[prop(into)] face: ViewFn,
    #[prop(optional)] at_end: bool,
    #[prop(optional)] small: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let leave = move |event: ev::FocusEvent| {
        let to = event.related_target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
        if !root.get().is_some_and(|root| root.contains(to.as_ref())) {
            open.set(false);
        }
    };
    let keydown = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.stop_propagation();
            open.set(false);
        }
    };
    view! {
        <div class="menu" node_ref=root on:focusout=leave on:keydown=keydown>
            <button type="button" class=if small { "btn small" } else { "btn ghost" } aria-haspopup="true" aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|o| *o = !*o)>
                <span class="visually-hidden">{label}": "</span>
                {face.run()}
                <Icon glyph=Glyph::ChevronDown small=true/>
            </button>
            <Show when=move || open.get()>
                <ul class="menu-list" class:at-end=at_end tabindex="-1" on:click=move |_| open.set(false)>{children()}</ul>
            </Show>
        </div>
    }
}
