//! The bar for a selection, and the note that a false positive needs.

use super::{actions::Actions, list::AlertList, text};
use crate::components::{Button, Look, number};
use leptos::{ev::KeyboardEvent, html, prelude::*};
use watchfloor_shared::alert::AlertStatus;

#[component]
pub fn BulkBar(list: AlertList) -> impl IntoView {
    let actions: Actions = expect_context();
    let count = Memo::new(move |_| list.checked.with(std::collections::HashSet::len));
    let act = move |status: AlertStatus| move |_| actions.set_status(status, actions.targets());
    view! {
        <Show when=move || count.get() != 0 && actions.noting.with(Option::is_none)>
            <div class="bulkbar" role="toolbar" aria-label="Selected alerts">
                <span class="count"><span class="check some" aria-hidden="true"></span>
                    {move || format!("{} selected", number::count(i64::try_from(count.get()).unwrap_or(0)))}
                </span>
                <Button look=Look::Small key="a" press=act(AlertStatus::Acknowledged)>"Acknowledge"</Button>
                <Button look=Look::Small key="i" press=act(AlertStatus::Investigating)>"Investigate"</Button>
                <Button look=Look::Small key="r" press=act(AlertStatus::Resolved)>"Resolve"</Button>
                <Button look=Look::Small key="f" press=act(AlertStatus::FalsePositive)>"False positive"</Button>
                <Button look=Look::SmallGhost key="Esc" press=move |_| list.checked.update(|c| c.clear())>"Clear"</Button>
            </div>
        </Show>
    }
}

#[component]
pub fn NoteBar() -> impl IntoView {
    let actions: Actions = expect_context();
    let field = NodeRef::<html::Textarea>::new();
    let note = RwSignal::new(String::new());
    let missing = RwSignal::new(false);
    Effect::new(move |_| {
        if let (true, Some(field)) = (actions.noting.with(Option::is_some), field.get()) {
            let _ = field.focus();
        }
    });
    let cancel = move || {
        note.set(String::new());
        missing.set(false);
        actions.noting.set(None);
    };
    let save = move || {
        let text = note.get_untracked().trim().to_owned();
        if text.is_empty() {
            missing.set(true);
            return;
        }
        let targets = actions.noting.get_untracked().unwrap_or_default();
        cancel();
        actions.mark_false_positive(text, targets);
    };
    let keydown = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            event.prevent_default();
            cancel();
        }
        "Enter" if !event.shift_key() => {
            event.prevent_default();
            save();
        }
        _ => {}
    };
    let title = move || {
        let n = actions.noting.with(|n| n.as_ref().map_or(0, Vec::len));
        format!(
            "{} as false positive",
            number::counted(i64::try_from(n).unwrap_or(0), "alert", "alerts")
        )
    };
    view! {
        <Show when=move || actions.noting.with(Option::is_some)>
            <div class="notebar" role="group" aria-label="Note for a false positive">
                <label class="field-label" for="fp-note">{title}". "{text::NOTE_FIRST}</label>
                <div class="notebar-line">
                    <textarea id="fp-note" class="note-field" class:missing=move || missing.get() node_ref=field rows="2" maxlength="4000" aria-invalid=move || missing.get().to_string()
                        on:input=move |e| { note.set(event_target_value(&e)); missing.set(false); } on:keydown=keydown></textarea>
                    <Button look=Look::Primary key="Enter" press=move |_| save()>"False positive"</Button>
                    <Button look=Look::Ghost key="Esc" press=move |_| cancel()>"Cancel"</Button>
                </div>
            </div>
        </Show>
    }
}
