//! Buttons.

use leptos::{ev::MouseEvent, prelude::*};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    #[default]
    Plain,
    /// The one thing to do here.
    Primary,
    Ghost,
    Small,
    SmallGhost,
    /// A square for one icon; give it a `label`.
    Square,
}

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Look::Plain => "btn",
            Look::Primary => "btn primary",
            Look::Ghost => "btn ghost",
            Look::Small => "btn small",
            Look::SmallGhost => "btn small ghost",
            Look::Square => "btn icon ghost small",
        }
    }
}

/// `key` is the shortcut shown in the button; it is bound elsewhere.
#[component]
pub fn Button(
    #[prop(optional)] look: Look,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional)] key: &'static str,
    #[prop(optional, into)] disabled: Signal<bool>,
    press: impl Fn(MouseEvent) + 'static,
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class=look.class() aria-label=label.clone() title=label prop:disabled=move || disabled.get() on:click=press>
            {children()}
            {(!key.is_empty()).then(|| view! { <kbd>{key}</kbd> })}
        </button>
    }
}

/// One of a few, always visible.
#[component]
pub fn Segments<T>(
    label: &'static str,
    options: Vec<(T, &'static str)>,
    #[prop(into)] chosen: Signal<T>,
    choose: impl Fn(T) + Clone + 'static,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let buttons = options.into_iter().map(|(value, text)| {
        let choose = choose.clone();
        view! {
            <button type="button" aria-pressed=move || (chosen.get() == value).to_string() on:click=move |_| choose(value)>
                {text}
            </button>
        }
    });
    view! { <span class="seg" role="group" aria-label=label>{buttons.collect_view()}</span> }
}
