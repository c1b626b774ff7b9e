//! A text that is shown once, to be taken along.

use crate::components::{Button, use_toasts};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;

/// `what`, as a sentence begins: `The link`.
#[component]
pub fn Copied(text: String, what: &'static str) -> impl IntoView {
    let toasts = use_toasts();
    let copied = text.clone();
    let copy = move |_| {
        let promise = window().navigator().clipboard().write_text(&copied);
        spawn_local(async move {
            match JsFuture::from(promise).await {
                Ok(_) => toasts.say(format!("{what} is copied.")),
                Err(_) => toasts.fault("The browser would not copy it: select the text."),
            }
        });
    };
    view! {
        <div class="codeblock"><code class="shown-once">{text}</code></div>
        <div class="row-flex"><Button press=copy>"Copy"</Button></div>
    }
}
