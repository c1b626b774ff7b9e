//! The query bar: coloured as it is read, completed from the schema, the place of an error underlined.

use super::{
    completion::{Choice, Completion, CompletionList},
    query::{self, TokenKind, tokens},
    state::Hunt,
};
use crate::components::{Glyph, Icon};
use leptos::{ev, html, prelude::*};

/// The text as it is being written.
#[derive(Clone, Copy)]
struct Draft {
    text: RwSignal<String>,
    /// Byte offset.
    caret: RwSignal<usize>,
    /// Completions are offered.
    open: RwSignal<bool>,
    scrolled_px: RwSignal<i32>,
    input: NodeRef<html::Input>,
}

impl Draft {
    fn follow(hunt: Hunt) -> Self {
        let draft = Self {
            text: RwSignal::new(hunt.text.get_untracked()),
            caret: RwSignal::new(0),
            open: RwSignal::new(false),
            scrolled_px: RwSignal::new(0),
            input: NodeRef::new(),
        };
        // The address moved: back, a facet, a link.
        Effect::new(move |_| draft.text.set(hunt.text.get()));
        Effect::new(move |_| {
            hunt.focus.track();
            if let Some(input) = draft.input.get() {
                let _ = input.focus();
            }
        });
        draft
    }

    fn read(self) {
        if let Some(input) = self.input.get_untracked() {
            let value = input.value();
            let units = input.selection_start().ok().flatten().unwrap_or(0);
            self.caret.set(byte_offset(&value, units));
            self.text.set(value);
            self.scrolled_px.set(input.scroll_left());
        }
    }

    fn complete(self, choice: &Choice) {
        let (value, at) = choice.apply(&self.text.get_untracked());
        self.text.set(value.clone());
        self.caret.set(at);
        if let Some(input) = self.input.get_untracked() {
            input.set_value(&value);
            let units = utf16_offset(&value, at);
            let _ = input.set_selection_range(units, units);
            let _ = input.focus();
        }
        self.open.set(true);
    }
}

#[component]
pub fn QueryBar(hunt: Hunt) -> impl IntoView {
    let draft = Draft::follow(hunt);
    let completion = Completion::follow(hunt, draft.text, draft.caret, draft.open);
    let take = move |choice: &Choice| draft.complete(choice);
    let run = move || {
        draft.open.set(false);
        let value = draft.text.get_untracked();
        super::completion::remember(&value);
        hunt.run(&value);
    };
    let key = move |event: ev::KeyboardEvent| keys(&event, draft.open, completion, &take, &run);
    let error = move || {
        let (_, why) = hunt.query_error()?;
        (draft.text.get() == hunt.text.get()).then(|| view! { <p class="query-error" role="alert">{why}</p> })
    };
    view! {
        <form class="query" role="search" on:submit=move |event| { event.prevent_default(); run() }>
            <div class="field">
                <Icon glyph=Glyph::Hunt />
                <QueryText hunt draft completion key />
            </div>
            <button type="submit" class="btn primary">"Run " <kbd>"Enter"</kbd></button>
            <Show when=move || draft.open.get()>
                <CompletionList completion take />
            </Show>
        </form>
        {error}
    }
}

/// The field, and the same text in colours behind it.
#[component]
fn QueryText(
    hunt: Hunt,
    draft: Draft,
    completion: Completion,
    key: impl Fn(ev::KeyboardEvent) + 'static,
) -> impl IntoView {
    let coloured = move || {
        let wrong_at = hunt.query_error().map(|(at, _)| at);
        draft
            .text
            .with(|text| colours(text, hunt.text.get() == *text, wrong_at))
    };
    view! {
        <div class="query-text">
            <div class="query-colours" aria-hidden="true">
                <div style:transform=move || format!("translateX(-{}px)", draft.scrolled_px.get())>{coloured}</div>
            </div>
            <input
                node_ref=draft.input
                type="text"
                spellcheck="false"
                autocomplete="off"
                autocapitalize="off"
                aria-label="Query"
                placeholder="process.name:powershell.exe and not user.name:SYSTEM"
                role="combobox"
                aria-expanded=move || (draft.open.get() && completion.any()).to_string()
                aria-controls="completions"
                aria-autocomplete="list"
                prop:value=move || draft.text.get()
                on:input=move |_| { draft.read(); draft.open.set(true) }
                on:keyup=move |_| draft.read()
                on:click=move |_| { draft.read(); draft.open.set(true) }
                on:scroll=move |_| draft.read()
                on:blur=move |_| draft.open.set(false)
                on:keydown=key
            />
        </div>
    }
}

fn keys(
    event: &ev::KeyboardEvent,
    open: RwSignal<bool>,
    completion: Completion,
    take: &impl Fn(&Choice),
    run: &impl Fn(),
) {
    let listed = open.get_untracked() && completion.any_untracked();
    match event.key().as_str() {
        "ArrowDown" if listed => completion.step(1),
        "ArrowUp" if listed => completion.step(-1),
        "Tab" if listed && !event.shift_key() => match completion.chosen() {
            Some(choice) => take(&choice),
            None => return,
        },
        "Enter" => match completion.chosen().filter(|_| listed && completion.moved()) {
            Some(choice) => take(&choice),
            None => run(),
        },
        "Escape" if listed => open.set(false),
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}

/// The text in colours; from the place of the error on it is underlined to the end of the word.
fn colours(text: &str, ran: bool, error: Option<usize>) -> Vec<AnyView> {
    let wrong = error.filter(|_| ran);
    let piece = |token: query::Token| {
        let class = match token.kind {
            TokenKind::Field => "q-field",
            TokenKind::Sign | TokenKind::Blank => "q-op",
            TokenKind::Value => "q-val",
        };
        let at = token.at.clone();
        let is_wrong = wrong.is_some_and(|place| at.contains(&place) || (place >= text.len() && at.end == text.len()));
        let piece = text.get(at).unwrap_or_default().to_owned();
        view! { <span class=class class:wrong=is_wrong>{piece}</span> }.into_any()
    };
    tokens(text).into_iter().map(piece).collect()
}

/// The browser counts in UTF-16 units.
fn byte_offset(text: &str, units: u32) -> usize {
    let mut left = units as usize;
    for (at, c) in text.char_indices() {
        if left == 0 {
            return at;
        }
        left = left.saturating_sub(c.len_utf16());
    }
    text.len()
}

fn utf16_offset(text: &str, bytes: usize) -> u32 {
    let before = text.get(..bytes).unwrap_or(text);
    u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_is_found_behind_letters_of_any_width() {
        let text = "ü𝄞a";
        for (units, bytes) in [(0, 0), (1, 2), (3, 6), (4, 7)] {
            assert_eq!(byte_offset(text, units), bytes);
            assert_eq!(utf16_offset(text, bytes), units);
        }
    }
}
