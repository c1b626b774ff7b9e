//! The footer tells the truth: what comes in, how late it is, what is unaccounted for. And which keys work here.

use crate::{
    components::{Credits, Keys, help::cap, number},
    live::{LiveState, use_live},
    state::use_session,
    words::lower,
};
use leptos::prelude::*;

const HINTS_MAX: usize = 5;

#[component]
pub fn Statusline(help: RwSignal<bool>) -> impl IntoView {
    let keys: Keys = expect_context();
    let hints = move || {
        let groups = keys.groups.get();
        let hinted = groups
            .iter()
            .rev()
            .flat_map(|g| &g.shortcuts)
            .filter(|s| s.hint)
            .take(HINTS_MAX);
        hinted
            .map(|s| {
                let caps = s
                    .keys
                    .iter()
                    .take(2)
                    .map(|k| view! { <kbd>{cap(k)}</kbd> })
                    .collect_view();
                view! { <span class="hint">{caps}{lower(s.label)}</span> }
            })
            .collect_view()
    };
    let session = use_session();
    let credits = Signal::derive(move || {
        session
            .me
            .with(|me| me.as_ref().map(|me| me.credits.clone()).unwrap_or_default())
    });
    view! {
        <footer class="statusline">
            <button type="button" class="hints" on:click=move |_| help.set(true)><span class="visually-hidden">"Show all keys: "</span>{hints}</button>
            <span class="credits"><Credits credits/></span>
            <Truth/>
        </footer>
    }
}

#[component]
fn Truth() -> impl IntoView {
    let live = use_live();
    let figure = move |read: fn(&watchfloor_shared::pipeline::PipelineSnapshot) -> Option<String>| {
        move || {
            live.pipeline
                .with(|p| p.as_ref().and_then(read))
                .unwrap_or_else(|| "–".to_owned())
        }
    };
    let unaccounted = move || live.pipeline.with(|p| p.as_ref().map_or(0, |p| p.unaccounted));
    let old = move || matches!(live.state(), LiveState::Stale | LiveState::Offline);
    view! {
        <span class="truth" class:old=old>
            <span title="Events per second, all doors together">"ingest "<b>{figure(|p| Some(format!("{} ev/s", number::rate(p.events_per_second))))}</b></span>
            <span title="From received to alert, 99th percentile of the last minute">"alert lag p99 "<b>{figure(|p| p.latency.received_to_alert_p99.map(number::duration_ms))}</b></span>
            <span title="From received to drawn in a browser, 99th percentile of the last minute">"alert to screen p99 "<b>{figure(|p| p.latency.received_to_screen_p99.map(number::duration_ms))}</b></span>
            <span title="Events that no stage can account for" class:fault-text=move || unaccounted() != 0>
                "unaccounted "<b>{figure(|p| Some(number::count(p.unaccounted)))}</b>
            </span>
        </span>
    }
}
