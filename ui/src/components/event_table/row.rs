//! One event in one line.

use super::{EventTableModel, SUMMARY, exact_time, fields};
use crate::{
    components::{Glyph, Icon, time},
    state::use_preferences,
};
use leptos::prelude::*;
use std::sync::Arc;
use watchfloor_shared::search::EventHit;

/// Characters of a cell that are drawn; more is in the open row.
const CELL_MAX: usize = 400;

#[component]
pub fn Row(
    model: EventTableModel,
    hit: Arc<EventHit>,
    at: usize,
    grid: Memo<String>,
    current: RwSignal<Option<usize>>,
) -> impl IntoView {
    let zone = use_preferences().zone;
    let timestamp = hit.timestamp;
    let id = hit.id.clone();
    let is_open = {
        let id = id.clone();
        Memo::new(move |_| model.open.with(|open| open.as_ref() == Some(&id)))
    };
    let toggle = move |_| {
        current.set(Some(at));
        model.set_open.run((!is_open.get_untracked()).then(|| id.clone()));
    };
    let is_current = move || is_open.get() || current.get() == Some(at);
    let cells = move || {
        let marked = model.marked.get();
        let cell = |column: String| {
            let text = text_of(&hit, &column);
            let class = if column == SUMMARY || column == "process.command_line" {
                "cut strong"
            } else {
                "cut"
            };
            view! { <span class=class role="gridcell" title=text.clone()>{marks(&text, &marked)}</span> }
        };
        model.columns.get().into_iter().map(cell).collect_view()
    };
    view! {
        <div
            class="tr mono-row"
            class:current=is_current
            role="row"
            aria-rowindex=(at + 1).to_string()
            aria-expanded=move || is_open.get().to_string()
            style:grid-template-columns=move || grid.get()
            on:click=toggle
        >
            <span role="gridcell">
                {move || view! { <Icon glyph=if is_open.get() { Glyph::ChevronDown } else { Glyph::ChevronRight } small=true /> }}
            </span>
            <span role="gridcell">
                <time datetime=timestamp.to_string() title=time::tip(timestamp)>
                    {move || exact_time(timestamp, zone.get(), model.dated.get())}
                </time>
            </span>
            {cells}
        </div>
    }
}

fn text_of(hit: &EventHit, column: &str) -> String {
    let text = match column {
        SUMMARY => fields::summary(&hit.source),
        column => fields::get(&hit.source, column).unwrap_or_else(|| "–".to_owned()),
    };
    if text.len() > CELL_MAX {
        text.chars().take(CELL_MAX).collect()
    } else {
        text
    }
}

/// The text with the words that were looked for marked.
fn marks(text: &str, words: &[String]) -> Vec<AnyView> {
    let pieces = split(text, words).into_iter();
    pieces
        .map(|(piece, found)| {
            let piece = piece.to_owned();
            if found {
                view! { <mark class="find">{piece}</mark> }.into_any()
            } else {
                piece.into_any()
            }
        })
        .collect()
}

/// Pieces of the text, each with whether it is one of the words; words are in lower case.
fn split<'a>(text: &'a str, words: &[String]) -> Vec<(&'a str, bool)> {
    let lower = text.to_ascii_lowercase();
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at < text.len() {
        let word = words
            .iter()
            .find(|word| !word.is_empty() && lower[at..].starts_with(word.as_str()));
        match word.filter(|word| text.is_char_boundary(at + word.len())) {
            Some(word) => {
                if from < at {
                    pieces.push((&text[from..at], false));
                }
                pieces.push((&text[at..at + word.len()], true));
                at += word.len();
                from = at;
            }
            None => at += lower[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    if from < text.len() {
        pieces.push((&text[from..], false));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_words_are_marked_in_any_case_and_the_text_stays_whole() {
        let words = ["-enc".to_owned(), "ü".to_owned()];
        let pieces = split("a -ENC ü b", &words);
        assert_eq!(
            pieces,
            [("a ", false), ("-ENC", true), (" ", false), ("ü", true), (" b", false)]
        );
        assert_eq!(split("plain", &words), [("plain", false)]);
    }
}
