//! What a person decides about the alert, by button and by key.

use super::case::{Case, MiddleTab, choose_tab};
use crate::{
    components::{Shortcut, status, use_shortcuts},
    state::use_session,
    url::use_address,
};
use leptos::{ev, html, prelude::*};
use watchfloor_shared::{
    alert::{AlertChange, AlertStatus, AnalystVerdict},
    identity::Permission,
};

const NOTE_MAX: usize = 4_000;

fn to_status(case: Case, status: AlertStatus, done: &'static str) {
    let may = case
        .latest
        .with_untracked(|l| l.as_ref().is_some_and(|l| l.status.can_become(status)));
    if may {
        case.change(
            AlertChange {
                status: Some(status),
                ..AlertChange::default()
            },
            done,
        );
    }
}

fn note_of(case: Case) -> Option<String> {
    let note = case
        .note
        .get_untracked()
        .trim()
        .chars()
        .take(NOTE_MAX)
        .collect::<String>();
    Some(note).filter(|note| !note.is_empty())
}

fn true_positive(case: Case) {
    let open = case
        .latest
        .with_untracked(|l| l.as_ref().is_some_and(|l| l.status.can_become(AlertStatus::Resolved)));
    let change = AlertChange {
        status: open.then_some(AlertStatus::Resolved),
        verdict: Some(AnalystVerdict::TruePositive),
        note: note_of(case),
        ..AlertChange::default()
    };
    case.note.set(String::new());
    case.asks_why.set(false);
    case.change(change, "Resolved as a true positive:");
}

/// Without a note it asks for one.
fn false_positive(case: Case) {
    let Some(note) = note_of(case) else {
        case.asks_why.set(true);
        return;
    };
    let change = AlertChange {
        status: Some(AlertStatus::FalsePositive),
        verdict: Some(AnalystVerdict::FalsePositive),
        note: Some(note),
        ..AlertChange::default()
    };
    case.note.set(String::new());
    case.asks_why.set(false);
    case.change(change, "False positive:");
}

fn only_note(case: Case) {
    if let Some(note) = note_of(case) {
        case.note.set(String::new());
        case.change(
            AlertChange {
                note: Some(note),
                ..AlertChange::default()
            },
            "Noted on",
        );
    }
}

pub fn bind_keys(case: Case) {
    let address = use_address();
    let session = use_session();
    let mut keys = vec![
        Shortcut::new(&["e"], "Raw events or process tree", move |_| {
            let other = if case.tab.get_untracked() == MiddleTab::Tree {
                MiddleTab::Events
            } else {
                MiddleTab::Tree
            };
            choose_tab(address, other);
        })
        .offered(),
        Shortcut::new(&["o"], "Open the endpoint", move |_| {
            if let Some(id) = case
                .latest
                .with_untracked(|l| l.as_ref().map(|l| l.endpoint_id.to_string()))
            {
                address.go(&format!("/endpoints/{}", crate::url::encode(&id)));
            }
        })
        .offered(),
        Shortcut::new(&["h"], "Hunt for this process on all hosts", move |_| {
            if let Some(to) = super::side::hunt_link(case) {
                address.go(&to);
            }
        })
        .offered(),
    ];
    let act = move |run: fn(Case)| {
        move |_| {
            if session.may(Permission::ChangeAlerts) {
                run(case);
            }
        }
    };
    keys.extend([
        Shortcut::new(
            &["a"],
            "Acknowledge",
            act(|c| to_status(c, AlertStatus::Acknowledged, "Acknowledged")),
        )
        .hinted()
        .offered(),
        Shortcut::new(
            &["i"],
            "Investigate",
            act(|c| to_status(c, AlertStatus::Investigating, "Investigating")),
        )
        .hinted()
        .offered(),
        Shortcut::new(&["r"], "Resolve as a true positive", act(true_positive))
            .hinted()
            .offered(),
        Shortcut::new(&["f"], "False positive, with a note", act(false_positive))
            .hinted()
            .offered(),
        Shortcut::new(&["u"], "Undo my last change", act(|c| c.undo())).offered(),
    ]);
    use_shortcuts("This alert", keys);
}

#[component]
pub fn Decide(case: Case) -> impl IntoView {
    let session = use_session();
    let may = move || session.may(Permission::ChangeAlerts);
    let note = NodeRef::<html::Textarea>::new();
    Effect::new(move |_| {
        if case.asks_why.get()
            && let Some(note) = note.get()
        {
            let _ = note.focus();
        }
    });
    let key = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "Enter" if !event.shift_key() => {
            event.prevent_default();
            if case.asks_why.get_untracked() {
                false_positive(case)
            } else {
                only_note(case)
            }
        }
        "Escape" => case.asks_why.set(false),
        _ => {}
    };
    let hint = move || match case.asks_why.get() {
        true => "Why is it a false positive? Enter closes the alert with it.",
        false => "Why? A sentence for the next person and for the model. Needed for a false positive.",
    };
    let step = move |to: AlertStatus, label: &'static str, key: &'static str| {
        let offered = move || case.with_summary(|alert| alert.status.can_become(to)).unwrap_or(false);
        let press = move |_| to_status(case, to, status::word(to));
        view! {
            <button type="button" class="btn small" prop:disabled=move || !offered() on:click=press>
                {label} " " {(!key.is_empty()).then(|| view! { <kbd>{key}</kbd> })}
            </button>
        }
    };
    view! {
        <Show
            when=may
            fallback=|| view! { <p class="quiet block">"Your role reads alerts and does not change them."</p> }
        >
            <div class="block">
                <div class="decide">
                    <button type="button" class="btn primary" on:click=move |_| true_positive(case)>"True positive " <kbd>"r"</kbd></button>
                    <button type="button" class="btn" on:click=move |_| false_positive(case)>"False positive " <kbd>"f"</kbd></button>
                    <textarea
                        class="note"
                        class:asked=move || case.asks_why.get()
                        aria-label="Note"
                        placeholder=hint
                        rows="2"
                        maxlength=NOTE_MAX.to_string()
                        node_ref=note
                        prop:value=move || case.note.get()
                        on:input=move |event| case.note.set(event_target_value(&event))
                        on:keydown=key
                    ></textarea>
                    <span class="steps-of-work">
                        {step(AlertStatus::Acknowledged, "Acknowledge", "a")}
                        {step(AlertStatus::Investigating, "Investigate", "i")}
                        {step(AlertStatus::Open, "Reopen", "")}
                    </span>
                    {move || verdict(case)}
                </div>
            </div>
        </Show>
    }
}

fn verdict(case: Case) -> Option<impl IntoView> {
    let verdict = case.with_summary(|alert| alert.verdict).flatten()?;
    let text = match verdict {
        AnalystVerdict::TruePositive => "Judged a true positive.",
        AnalystVerdict::FalsePositive => "Judged a false positive.",
    };
    Some(view! { <p class="quiet verdict-said">{text}</p> })
}
