//! `?`: every key that works here.

use super::{Keys, shortcuts::Group};
use leptos::{ev, html, prelude::*};

const ALWAYS: [(&[&str], &str); 4] = [
    (&["Ctrl", "K"], "Jump to anything"),
    (&["?"], "This list"),
    (&["Tab"], "Next control"),
    (&["Esc"], "Close what floats, leave a field"),
];

/// A key as it stands on the cap.
pub fn cap(key: &str) -> String {
    match key {
        "ArrowDown" => "↓".to_owned(),
        "ArrowUp" => "↑".to_owned(),
        "ArrowLeft" => "←".to_owned(),
        "ArrowRight" => "→".to_owned(),
        "Escape" => "Esc".to_owned(),
        " " => "Space".to_owned(),
        key if key.len() == 1 && key.bytes().all(|b| b.is_ascii_uppercase()) => {
            format!("Shift {}", key.to_ascii_lowercase())
        }
        key => key.to_owned(),
    }
}

#[component]
pub fn Help(open: RwSignal<bool>) -> impl IntoView {
    let keys: Keys = expect_context();
    let panel = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        keys.resting.set(open.get());
        if let Some(panel) = panel.get() {
            let _ = panel.focus();
        }
    });
    let keydown = move |event: ev::KeyboardEvent| {
        if matches!(event.key().as_str(), "Escape" | "?") {
            event.prevent_default();
            open.set(false);
        }
    };
    let group = |group: Group| {
        let rows = group.shortcuts.into_iter().map(|s| {
            let caps = s.keys.iter().map(|k| view! { <kbd>{cap(k)}</kbd> }).collect_view();
            view! { <li><span>{s.label}</span><span class="keys">{caps}</span></li> }
        });
        view! { <section><h3>{group.title}</h3><ul>{rows.collect_view()}</ul></section> }
    };
    let always = move || {
        ALWAYS.map(|(caps, label)| {
        view! { <li><span>{label}</span><span class="keys">{caps.iter().map(|k| view! { <kbd>{*k}</kbd> }).collect_view()}</span></li> }
    })
    };
    view! {
        <Show when=move || open.get()>
            <div class="scrim" on:click=move |_| open.set(false)></div>
            <div class="dialog keys-help" role="dialog" aria-modal="true" aria-label="Keys" tabindex="-1" node_ref=panel on:keydown=keydown>
                <header><h2>"Keys"</h2></header>
                <div class="body">
                    {move || keys.groups.get().into_iter().rev().map(group).collect_view()}
                    <section><h3>"Everywhere"</h3><ul>{always().collect_view()}</ul></section>
                </div>
            </div>
        </Show>
    }
}
