//! The right column: the decision, the facts, the way of the alert through the product, related endpoints, history; or the
//! process that is looked at.

use super::{case::Case, decide::Decide, inspect::ProcessInspector};
use crate::{
    components::{At, Block, Glyph, Icon, SeverityMark, number, pending, status, time},
    pages::hunt::query,
    state::use_clock,
    url::Query,
    words::{initials, lower},
};
use leptos::prelude::*;
use std::time::Duration;
use watchfloor_shared::{
    Timestamp,
    alert::{AlertDetail, AlertStatus, AlertSummary, AlertTimes, HistoryAction, HistoryEntry, RelatedEndpoint},
};

#[component]
pub fn Side(case: Case) -> impl IntoView {
    let detail = case.detail.value;
    let related = move || {
        detail
            .with(|d| d.as_ref().map(|d| d.related.clone()))
            .filter(|r| !r.is_empty())
    };
    view! {
        <aside class="obj-side" aria-label="Decision and facts">
            <Decide case />
            <div class="side-body" tabindex="0" role="region" aria-label="Facts">
                <Show when=move || case.inspecting.get()>
                    <ProcessInspector case />
                </Show>
                <Show when=move || !case.inspecting.get()>
                    {pending(case.detail)}
                    <Show when=move || case.with_summary(|_| ()).is_some()>
                    <div class="block">{move || case.with_summary(facts)}</div>
                    {move || related().map(|related| view! { <Related related /> })}
                    <Block title="History" aside="append-only">
                        <ol class="history">
                            {move || detail.with(|d| d.as_ref().map(|d| d.history.iter().map(entry).collect_view()))}
                        </ol>
                    </Block>
                    <Block title="Way to the screen" aside="since the first event">
                        {move || case.with_summary(|alert| way(alert.times))}
                    </Block>
                    <GoOn case />
                    </Show>
                </Show>
            </div>
        </aside>
    }
}

fn facts(alert: &AlertSummary) -> impl IntoView + use<> {
    let endpoint = format!("/endpoints/{}", crate::url::encode(alert.endpoint_id.as_str()));
    let user = alert
        .user
        .clone()
        .map(|user| view! { <dt>"User"</dt><dd><span class="mono">{user}</span></dd> });
    let process = alert.process_name.clone();
    let process = process.map(|name| view! { <dt>"Process"</dt><dd><span class="mono">{name}</span></dd> });
    let technique = |technique: &watchfloor_shared::alert::Technique| {
        let address = format!("/alerts?technique={}", crate::url::encode(&technique.id));
        let tactics = technique.tactics.join(", ");
        view! {
            <dt>"Technique"</dt>
            <dd title=format!("{} ({tactics})", technique.name)>
                <a class="mono" href=address>{technique.id.clone()}</a> <span class="quiet">{technique.name.clone()}</span>
            </dd>
        }
    };
    view! {
        <dl class="facts">
            <dt>"Host"</dt>
            <dd><a class="mono" href=endpoint>{alert.endpoint_id.to_string()}</a></dd>
            {user}
            {process}
            {alert.techniques.iter().map(technique).collect_view()}
            <dt>"First, last"</dt>
            <dd><At at=alert.first_seen dated=true /> " – " <At at=alert.last_seen /></dd>
            <dt>"Seen"</dt>
            <dd><span class="mono">{number::count(alert.count)}</span> <span class="quiet">{if alert.count == 1 { "time" } else { "times" }}</span></dd>
        </dl>
    }
}

#[component]
fn Related(related: Vec<RelatedEndpoint>) -> impl IntoView {
    let row = |endpoint: RelatedEndpoint| {
        let address = format!("/alerts?endpoint={}", crate::url::encode(endpoint.endpoint_id.as_str()));
        let why = if endpoint.shared.is_empty() {
            "at the same time".to_owned()
        } else {
            endpoint.shared.join(", ")
        };
        view! {
            <li>
                <a class="mono strong cut" href=address title=endpoint.endpoint_id.to_string()>{endpoint.endpoint_id.to_string()}</a>
                <span class="cut" title=why.clone()>{why.clone()}</span>
                <span class="row-flex"><SeverityMark severity=endpoint.severity /><span class="num">{number::count(endpoint.alerts)}</span></span>
            </li>
        }
    };
    view! {
        <Block title="Related endpoints" aside="alerts within 60 s">
            <ul class="related">{related.into_iter().map(row).collect_view()}</ul>
        </Block>
    }
}

fn status_word(name: &str) -> String {
    AlertStatus::parse(name).map_or_else(|| name.replace('_', " "), |s| lower(status::word(s)))
}

fn entry(entry: &HistoryEntry) -> impl IntoView + use<> {
    let by_product = entry.actor == "watchfloor";
    let to = entry.to.as_deref().map(status_word).unwrap_or_default();
    let text = match entry.action {
        HistoryAction::Raised => "raised it".to_owned(),
        HistoryAction::Folded => match &entry.to {
            Some(count) => format!("seen again, folded into this alert, ×{count}"),
            None => "seen again, folded into this alert".to_owned(),
        },
        HistoryAction::StatusChanged => match entry.from.as_deref().map(status_word) {
            Some(from) => format!("{from} → {to}"),
            None => to,
        },
        HistoryAction::Noted => "noted".to_owned(),
        HistoryAction::Assigned if to.is_empty() => "took the assignee away".to_owned(),
        HistoryAction::Assigned => format!("gave it to {}", entry.to.clone().unwrap_or_default()),
        HistoryAction::Undone => format!("undid it, back to {to}"),
    };
    let mark = if by_product {
        let glyph = if entry.action == HistoryAction::Folded {
            Glyph::Plus
        } else {
            Glyph::Alerts
        };
        view! { <span class="sys"><Icon glyph small=true /></span> }.into_any()
    } else {
        view! { <span class="avatar" aria-hidden="true">{initials(&entry.actor)}</span> }.into_any()
    };
    let actor = if by_product {
        "Watchfloor".to_owned()
    } else {
        entry.actor.clone()
    };
    let note = entry.note.clone().map(|note| view! { <q class="said-note">{note}</q> });
    view! {
        <li>
            {mark}
            <span><b>{actor}</b> " " {text} {note}</span>
            <At at=entry.at />
        </li>
    }
}

/// Stations of the first event with the time that each took; the bar is to scale.
fn way(times: AlertTimes) -> impl IntoView {
    let stations = [
        ("Received", Some(times.received)),
        ("Detected", Some(times.detected)),
        ("Stored", Some(times.stored)),
        ("On a screen", times.shown),
    ];
    let whole = times
        .shown
        .unwrap_or(times.stored)
        .since(times.received)
        .as_nanos()
        .max(1) as f64;
    let mut before = times.observed;
    let mut x = 0.0;
    let mut bars = Vec::new();
    let mut rows = Vec::new();
    for (at, (name, instant)) in stations.into_iter().enumerate() {
        let took = instant.map(|instant| instant.since(before));
        if let Some(took) = took.filter(|_| at > 0) {
            let width = took.as_nanos() as f64 / whole * 200.0;
            bars.push(view! { <rect class=if at % 2 == 1 { "seg-a" } else { "seg-b" } x=x y="0" width=(width - 1.0).max(0.5) height="6" /> });
            x += width;
        }
        rows.push(station(name, instant, took));
        before = instant.unwrap_or(before);
    }
    view! {
        <dl class="facts way">
            <dt>"Observed"</dt>
            <dd><At at=times.observed dated=true /></dd>
            {rows}
        </dl>
        <svg class="waybar" viewBox="0 0 200 6" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>
    }
}

fn station(name: &'static str, at: Option<Timestamp>, took: Option<Duration>) -> impl IntoView {
    let text = match took {
        Some(took) => format!("+ {}", number::duration_ms(took.as_secs_f64() * 1_000.0)),
        None => "not yet".to_owned(),
    };
    let tip = at.map(time::tip);
    view! {
        <dt>{name}</dt>
        <dd title=tip><span class="mono">{text}</span></dd>
    }
}

/// A hunt for what identifies the process on every host: its hash, else its command line.
pub fn hunt_link(case: Case) -> Option<String> {
    let loaded = case.tree.loaded.get_untracked()?;
    let node = loaded.tree.nodes.iter().find(|node| node.matched)?;
    let clause = match (&node.sha256, &node.command_line) {
        (Some(hash), _) => query::clause("process.hash.sha256", hash),
        (None, Some(line)) => query::clause("process.command_line", line),
        (None, None) => query::clause("process.name", &node.name),
    };
    Some(format!(
        "/hunt{}",
        Query::default().with("q", clause).with("range", "all")
    ))
}

/// A hunt for everything that the endpoint did around the alert.
fn endpoint_hunt(detail: &AlertDetail) -> String {
    let summary = &detail.summary;
    let minutes = Duration::from_secs(5 * 60);
    let (from, to) = (
        summary.first_seen.saturating_sub(minutes),
        summary.last_seen.saturating_add(minutes),
    );
    let query = Query::default()
        .with("q", query::clause("host.id", summary.endpoint_id.as_str()))
        .with("from", from.to_string())
        .with("to", to.to_string());
    format!("/hunt{query}")
}

#[component]
fn GoOn(case: Case) -> impl IntoView {
    let clock = use_clock();
    let detail = case.detail.value;
    let endpoint = move || case.with_summary(|alert| alert.endpoint_id.to_string());
    let same_rule =
        move || case.with_summary(|alert| format!("/alerts?rule={}", crate::url::encode(alert.rule_id.as_str())));
    let age = move || {
        let at = case.with_summary(|alert| alert.last_seen)?;
        Some(format!("last seen {} ago", time::age_words(clock.now(), at)))
    };
    let hash = move || {
        case.tree.loaded.track();
        hunt_link(case)
    };
    view! {
        <section class="block golist">
            <h3>"Go on" <span class="push">{age}</span></h3>
            <ul>
                {move || hash().map(|to| view! { <li><a href=to>"Hunt for this process on all hosts"</a><kbd>"h"</kbd></li> })}
                {move || detail.with(|d| d.as_ref().map(endpoint_hunt)).map(|to| view! {
                    <li><a href=to>"All events of the endpoint, ±5 min"</a></li>
                })}
                {move || same_rule().map(|to| view! { <li><a href=to>"All alerts of this rule"</a></li> })}
                {move || endpoint().map(|id| {
                    let to = format!("/endpoints/{}", crate::url::encode(&id));
                    view! { <li><a class="cut" href=to>"Open " <span class="mono">{id}</span></a><kbd>"o"</kbd></li> }
                })}
            </ul>
        </section>
    }
}
