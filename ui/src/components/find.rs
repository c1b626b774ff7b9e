//! The field that narrows a page's list. Its words live in the address, as `q`.

use crate::url::use_address;
use leptos::{html, prelude::*};

#[component]
pub fn Find(
    label: &'static str,
    placeholder: &'static str,
    words: Memo<String>,
    node_ref: NodeRef<html::Input>,
) -> impl IntoView {
    let address = use_address();
    let typed = move |text: String| address.change(|query| query.set("q", Some(text).filter(|t| !t.is_empty())));
    view! {
        <input type="search" class="field find" aria-label=label placeholder=placeholder
            node_ref=node_ref
            prop:value=move || words.get()
            on:input=move |event| typed(event_target_value(&event))/>
    }
}
