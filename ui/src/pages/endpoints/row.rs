//! One endpoint in one line, the reasons of its risk beside it.

use crate::{
    components::{Age, SeverityMark, SimulatedBadge, number},
    state::use_clock,
    url::{encode, use_address},
};
use leptos::prelude::*;
use std::sync::Arc;
use watchfloor_shared::{alert::Severity, endpoint::EndpointSummary, endpoint::OpenAlerts};

/// Without an event for this long an endpoint is said to be silent.
const SILENT_AFTER_S: i64 = 24 * 3_600;

pub fn link(endpoint: &EndpointSummary) -> String {
    format!("/endpoints/{}", encode(endpoint.id.as_str()))
}

pub fn platform_word(platform: &str) -> &str {
    match platform {
        "windows" => "Windows",
        "linux" => "Linux",
        other => other,
    }
}

/// A mark and a count for each severity that is open.
pub fn open_alerts(open: OpenAlerts) -> impl IntoView {
    let worst_first = Severity::ALL
        .into_iter()
        .rev()
        .filter(move |severity| open.of(*severity) > 0);
    let part = move |severity| {
        view! { <span class="open-count"><SeverityMark severity /><span class="mono">{number::count(open.of(severity))}</span></span> }
    };
    let none = (open.total() == 0).then(|| view! { <span class="quiet">"none"</span> });
    view! { {worst_first.map(part).collect_view()} {none} }
}

/// The risk as a figure over a bar; the bar says how far from the top.
pub fn risk(value: i64) -> impl IntoView {
    let width = value.clamp(0, 100).to_string();
    let class = if value >= 60 { "risk high" } else { "risk" };
    view! {
        <span class=class>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                <rect class="track" width="100" height="4" />
                <rect class="bar" width=width height="4" />
            </svg>
            <b class="mono">{value.to_string()}</b>
        </span>
    }
}

#[component]
pub fn EndpointRow(endpoint: Arc<EndpointSummary>, at: usize, current: RwSignal<Option<usize>>) -> impl IntoView {
    let address = use_address();
    let clock = use_clock();
    let last = endpoint.last_seen;
    let silent = move || clock.now().seconds() - last.seconds() > SILENT_AFTER_S;
    let to = link(&endpoint);
    let href = to.clone();
    let because = endpoint.risk_because.join(", ");
    let simulated = endpoint.simulated.then(|| view! { <SimulatedBadge short=true /> });
    view! {
        <div
            class="tr cols-endpoints"
            class:current=move || current.get() == Some(at)
            role="row"
            aria-rowindex=(at + 1).to_string()
            on:click=move |event| {
                if !event.default_prevented() {
                    address.go(&to);
                }
            }
        >
            <span role="cell">{risk(endpoint.risk)}</span>
            <span role="cell" class="row-flex">
                <a class="mono strong cut" href=href title=endpoint.id.to_string()>{endpoint.name.clone()}</a>
                {simulated}
            </span>
            <span role="cell" class="quiet">{platform_word(&endpoint.platform).to_owned()}</span>
            <span role="cell" class="row-flex">{open_alerts(endpoint.open_alerts)}</span>
            <span role="cell" class="cut quiet" title=because.clone()>{because.clone()}</span>
            <span role="cell" class="mono cut">{endpoint.usual_user.clone().unwrap_or_else(|| "–".to_owned())}</span>
            <span role="cell" class="mono cut quiet wide">{endpoint.addresses.join(", ")}</span>
            <span role="cell" class="num">{number::count(endpoint.events)}</span>
            <span role="cell" class="num" class:fault-text=silent><Age at=last /></span>
        </div>
    }
}
