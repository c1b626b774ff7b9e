//! What a sensor was told, by whom, and what became of it; rules for it; diagnostics.

use super::words::{command_class, command_state_word, command_words};
use crate::{
    api::{self, Fetched},
    components::{Age, Block, Button, Look, Toasts, use_toasts},
};
use leptos::{ev, prelude::*, task::spawn_local};
use watchfloor_shared::control::{CommandState, NewCommand, QueuedCommand, SensorCaptures, SensorCommand};

/// The others can be had from the API.
const SHOWN: usize = 12;

/// Has a sensor told something, and says how that went.
pub fn tell(
    id: String,
    command: SensorCommand,
    told: Fetched<Vec<QueuedCommand>>,
    toasts: Toasts,
    done: impl Fn() + 'static,
) {
    spawn_local(async move {
        let new = NewCommand {
            command,
            expires_hours: None,
        };
        match api::fleet::tell(&id, &new).await {
            Ok(queued) => {
                toasts.say(format!(
                    "{}: the sensor is told as soon as it is there.",
                    queued.command.words()
                ));
                done();
            }
            Err(fault) => toasts.fault(fault.sentence()),
        }
        told.again();
    });
}

#[component]
pub fn Commands(id: String, told: Fetched<Vec<QueuedCommand>>) -> impl IntoView {
    let toasts = use_toasts();
    let ask = {
        let id = id.clone();
        move |command: SensorCommand| tell(id.clone(), command, told, toasts, || ())
    };
    let (diagnose, check) = (ask.clone(), ask);
    let rows = move || {
        let queued = told.value.get().unwrap_or_default();
        let none = queued
            .is_empty()
            .then(|| view! { <p class="quiet">"It was not told anything yet."</p> });
        let rows = queued
            .into_iter()
            .take(SHOWN)
            .map(|queued| view! { <Row id=id.clone() queued told/> });
        view! { {none}<ul class="told">{rows.collect_view()}</ul> }
    };
    view! {
        <Block title="Commands">
            <div class="row-flex">
                <Button look=Look::Small press=move |_| diagnose(SensorCommand::Diagnostics)>"Collect diagnostics"</Button>
                <Button look=Look::Small press=move |_| check(SensorCommand::UpgradeCheck)>"Check the version"</Button>
            </div>
            {rows}
        </Block>
    }
}

#[component]
fn Row(id: String, queued: QueuedCommand, told: Fetched<Vec<QueuedCommand>>) -> impl IntoView {
    let toasts = use_toasts();
    let number = queued.number;
    let cancel = move |_| {
        let id = id.clone();
        spawn_local(async move {
            match api::fleet::cancel_command(&id, number).await {
                Ok(()) => toasts.say("Taken back."),
                Err(fault) => toasts.fault(fault.sentence()),
            }
            told.again();
        });
    };
    let cancel = (queued.state == CommandState::Queued)
        .then(|| view! { <Button look=Look::SmallGhost press=cancel>"Take back"</Button> });
    let reason = queued
        .reason
        .clone()
        .map(|reason| view! { <p class="why-not">{reason}</p> });
    let detail = queued.detail.clone().map(|detail| {
        view! { <details><summary>"What it answered"</summary><pre class="answer mono" tabindex="0">{detail}</pre></details> }
    });
    view! {
        <li>
            <div class="told-head">
                <span class="num quiet">{queued.number}</span>
                <span class="cut" title=command_words(&queued.command)>{command_words(&queued.command)}</span>
                <span class=command_class(queued.state)><i aria-hidden="true"></i>{command_state_word(queued.state)}</span>
                {cancel}
            </div>
            <p class="quiet">{format!("by {}, ", queued.by)}<Age at=queued.created words=true/></p>
            {reason}
            {detail}
        </li>
    }
}

/// Rules take the place of those before when Suricata itself takes them.
#[component]
pub fn Rules(id: String, captures: Memo<Option<SensorCaptures>>, told: Fetched<Vec<QueuedCommand>>) -> impl IntoView {
    let toasts = use_toasts();
    let opens = RwSignal::new(false);
    let (version, text) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let now = move || match captures.get().and_then(|captures| captures.rules_version) {
        Some(version) => view! { <p>"In use: "<span class="mono">{version}</span></p> }.into_any(),
        None => view! { <p class="quiet">"None yet: captures record traffic and raise no alerts."</p> }.into_any(),
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let command = SensorCommand::Rules {
            version: version.get_untracked(),
            text: text.get_untracked(),
        };
        tell(id.clone(), command, told, toasts, move || opens.set(false));
    };
    let form = move || {
        if !opens.get() {
            return view! { <Button look=Look::Small press=move |_| opens.set(true)>"Push rules"</Button> }.into_any();
        }
        let submit = submit.clone();
        view! {
            <form class="enrol-form" on:submit=submit>
                <label><span class="field-label">"Version, one word"</span>
                    <input class="field" required maxlength="64" pattern="\\S+" autocomplete="off" spellcheck="false" placeholder="2026-11-22"
                        prop:value=move || version.get() on:input=move |event| version.set(event_target_value(&event))/></label>
                <label><span class="field-label">"Suricata rules; they take the place of all before"</span>
                    <textarea class="note-field mono" required rows="6" spellcheck="false"
                        prop:value=move || text.get() on:input=move |event| text.set(event_target_value(&event))></textarea></label>
                <div class="row-flex">
                    <button type="submit" class="btn small primary">"Push"</button>
                    <Button look=Look::SmallGhost press=move |_| opens.set(false)>"Cancel"</Button>
                </div>
            </form>
        }
        .into_any()
    };
    view! { <Block title="Rules">{now}{form}</Block> }
}
