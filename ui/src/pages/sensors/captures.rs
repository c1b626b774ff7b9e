//! What a sensor captures: how each capture does, and a new one on an interface that is fit for it.

use super::{
    Page,
    commands::tell,
    words::{capture_class, capture_word, fit},
};
use crate::{
    api::Fetched,
    components::{Age, Block, Button, Look, Segments, number, use_toasts},
};
use leptos::{ev, prelude::*};
use watchfloor_shared::{
    control::{Capture, CaptureMode, CaptureStatus, QueuedCommand, RunningCapture, SensorCaptures, SensorCommand},
    fleet::{FleetSensor, SensorInterface},
};

#[component]
pub fn Captures(
    page: Page,
    id: String,
    sensor: Memo<Option<FleetSensor>>,
    captures: Memo<Option<SensorCaptures>>,
    told: Fetched<Vec<QueuedCommand>>,
) -> impl IntoView {
    let starts = RwSignal::new(false);
    let rows = {
        let id = id.clone();
        move || {
            let captures = captures.get().unwrap_or_default().captures;
            let none = captures
                .is_empty()
                .then(|| view! { <p class="quiet">"Nothing is captured here."</p> });
            let rows = captures
                .into_iter()
                .map(|capture| view! { <Row page id=id.clone() capture told/> });
            view! { {none}<ul class="captures">{rows.collect_view()}</ul> }
        }
    };
    let form = move || {
        if !page.may.get() {
            return None;
        }
        let shown = if starts.get() {
            view! { <Start id=id.clone() sensor captures told done=move || starts.set(false)/> }.into_any()
        } else {
            view! { <Button look=Look::Small press=move |_| starts.set(true)>"Start a capture"</Button> }.into_any()
        };
        Some(shown)
    };
    view! { <Block title="Captures">{rows}{form}</Block> }
}

#[component]
fn Row(page: Page, id: String, capture: RunningCapture, told: Fetched<Vec<QueuedCommand>>) -> impl IntoView {
    let toasts = use_toasts();
    let restarts = (capture.restarts > 0).then(|| {
        let times = number::counted(i64::from(capture.restarts), "time", "times");
        view! { <p class="quiet">{format!("Started again by itself {times}")}</p> }
    });
    let reason = capture.reason.clone().map(|reason| match capture.state {
        CaptureStatus::Failed => view! { <p class="why-not">{reason}</p> }.into_any(),
        _ => view! { <p class="quiet">{format!("Before: {reason}")}</p> }.into_any(),
    });
    let name = capture.name.clone();
    let acts = move || {
        page.may.get().then(|| {
            let (id, name) = (id.clone(), name.clone());
            let restart = {
                let (id, name) = (id.clone(), name.clone());
                move |_| {
                    let command = SensorCommand::CaptureRestart { name: name.clone() };
                    tell(id.clone(), command, told, toasts, || ());
                }
            };
            let stop = move |_| {
                let command = SensorCommand::CaptureStop { name: name.clone() };
                tell(id.clone(), command, told, toasts, || ());
            };
            view! {
                <span class="row-flex">
                    <Button look=Look::SmallGhost press=restart>"Restart"</Button>
                    <Button look=Look::SmallGhost press=stop>"Stop"</Button>
                </span>
            }
        })
    };
    view! {
        <li>
            <div class="capture-head">
                <span class="mono strong cut" title=capture.name.clone()>{capture.name.clone()}</span>
                <span class=capture_class(capture.state)><i aria-hidden="true"></i>{capture_word(capture.state)}" "<Age at=capture.since words=true/></span>
                {acts}
            </div>
            <p class="quiet">{format!("{} as {} on ", capture.engine, capture.mode.to_uppercase())}<span class="mono">{capture.interfaces.join(", ")}</span></p>
            {reason}
            {restarts}
        </li>
    }
}

#[component]
fn Start(
    id: String,
    sensor: Memo<Option<FleetSensor>>,
    captures: Memo<Option<SensorCaptures>>,
    told: Fetched<Vec<QueuedCommand>>,
    done: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let toasts = use_toasts();
    let chosen = RwSignal::new(Vec::<String>::new());
    let mode = RwSignal::new(CaptureMode::Ids);
    let name = RwSignal::new(String::new());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let capture = Capture {
            name: name.get_untracked(),
            mode: mode.get_untracked(),
            interfaces: chosen.get_untracked(),
            ..Capture::default()
        };
        tell(id.clone(), SensorCommand::CaptureStart { capture }, told, toasts, done);
    };
    view! {
        <form class="enrol-form" on:submit=submit>
            <fieldset class="bare"><legend class="field-label">"Interfaces"</legend><Offered sensor captures chosen name/></fieldset>
            <Segments
                label="Mode"
                options=vec![(CaptureMode::Ids, "Listen (IDS)"), (CaptureMode::Ips, "Stand between two (IPS)")]
                chosen=mode
                choose=move |chosen| mode.set(chosen)
            />
            <label><span class="field-label">"Name, of a to z, digits and hyphens"</span>
                <input class="field" required maxlength="32" pattern="[a-z0-9\\-]+" autocomplete="off" spellcheck="false"
                    prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))/></label>
            <div class="row-flex">
                <button type="submit" class="btn small primary" prop:disabled=move || chosen.with(Vec::is_empty)>"Start Suricata"</button>
                <Button look=Look::SmallGhost press=move |_| done()>"Cancel"</Button>
            </div>
        </form>
    }
}

/// The sensor's interfaces, with why some of them cannot be chosen.
#[component]
fn Offered(
    sensor: Memo<Option<FleetSensor>>,
    captures: Memo<Option<SensorCaptures>>,
    chosen: RwSignal<Vec<String>>,
    name: RwSignal<String>,
) -> impl IntoView {
    // Heartbeats change figures all the time; what is chosen must not blink for that.
    let offers = Memo::new(move |_| {
        let interfaces = sensor.get().and_then(|sensor| sensor.load).unwrap_or_default();
        let captures = captures.get().unwrap_or_default().captures;
        let offer = |interface: &SensorInterface| (interface.name.clone(), fit(interface, &captures).err());
        interfaces.interfaces.iter().map(offer).collect::<Vec<_>>()
    });
    let pick = move |key: &str, picked: bool| {
        chosen.update(|chosen| {
            chosen.retain(|other| other != key);
            if picked {
                chosen.push(key.to_owned());
            }
        });
        if name.with_untracked(String::is_empty) {
            name.set(key.to_lowercase());
        }
    };
    let row = move |(key, unfit): (String, Option<String>)| {
        let (shown, held, is_unfit) = (key.clone(), key.clone(), unfit.is_some());
        view! {
            <li><label class="choice">
                <input type="checkbox" prop:disabled=is_unfit
                    prop:checked=move || chosen.with(|chosen| chosen.contains(&held))
                    on:change=move |event| pick(&key, event_target_checked(&event))/>
                <span class="mono">{shown}</span><span class="quiet">{unfit}</span>
            </label></li>
        }
    };
    move || match offers.get() {
        offers if offers.is_empty() => {
            view! { <p class="quiet">"The sensor has not said which interfaces it has."</p> }.into_any()
        }
        offers => view! { <ul class="choices">{offers.into_iter().map(row).collect_view()}</ul> }.into_any(),
    }
}
