//! The panel beside the list: what happened, why, since when, what was done. The evidence stands next to the decision.

use super::{actions::Actions, list::AlertList, table::short_host};
use crate::{
    api::{self, Fetched},
    components::{
        At, Block, Button, FaultNotice, Inspector, Look, SeverityBadge, SimulatedBadge, SourceTag, StatusMark, number,
        source,
        tabs::{Tab, Tabs},
    },
    pages::parts::{
        evidence::{AttackPath, History, Matched, Related, Sentence},
        way::Way,
    },
    state::{use_clock, use_range},
    url::{Query, use_address},
};
use leptos::prelude::*;
use std::sync::Arc;
use watchfloor_shared::{
    AlertId,
    alert::{AlertDetail, AlertStatus, AlertSummary},
    tree::ProcessTree,
};

#[component]
pub fn AlertInspector(list: AlertList, id: Memo<Option<String>>) -> impl IntoView {
    let address = use_address();
    let actions: Actions = expect_context();
    let key = move || {
        actions.changes.track();
        id.get().map(AlertId::new)
    };
    let detail = api::fetch(key, |id| async move { api::alerts::get(&id).await });
    let tree = api::fetch(
        move || id.get().map(AlertId::new),
        |id| async move { api::alerts::tree(&id).await },
    );
    // The list knows newer states than the last answer.
    let summary = Memo::new(move |_| {
        let id = AlertId::new(id.get()?);
        let fetched = || {
            detail.value.with(|d| {
                d.as_ref()
                    .filter(|d| d.summary.id == id)
                    .map(|d| Arc::new(d.summary.clone()))
            })
        };
        list.known(&id).or_else(fetched)
    });
    let close = move || {
        address.change(|q| {
            q.set("alert", None);
            q.set("tab", None);
        })
    };
    let body = move || {
        summary
            .get()
            .map(|alert| view! { <Panel alert=alert detail=detail tree=tree/> })
    };
    let head = move || summary.get().map(|alert| view! { <Head alert=alert/> });
    let foot = move || summary.get().map(|alert| view! { <Foot alert=alert/> });
    view! {
        <Inspector label="Alert" close=close head=head foot=foot>
            <FaultNotice fault=detail.fault again=move || detail.again()/>
            {body}
        </Inspector>
    }
}

#[component]
fn Head(alert: Arc<AlertSummary>) -> impl IntoView {
    let range = use_range();
    let href = format!("/alerts/{}", alert.id);
    view! {
        <div class="meta">
            <SeverityBadge severity=alert.severity/>
            <StatusMark status=alert.status worded=true/>
            {alert.simulated.then(|| view! { <SimulatedBadge/> })}
            <span class="mono quiet">{alert.id.short()}</span>
        </div>
        <h2><a href=move || range.link(&href, Query::default())>{alert.title.clone()}</a></h2>
    }
}

#[component]
fn Foot(alert: Arc<AlertSummary>) -> impl IntoView {
    let actions: Actions = expect_context();
    let offer = |status: AlertStatus| alert.status.can_become(status);
    let button = |status: AlertStatus, look: Look, key: &'static str, word: &'static str| {
        let alert = Arc::clone(&alert);
        view! { <Button look=look key=key press=move |_| actions.set_status(status, vec![Arc::clone(&alert)])>{word}</Button> }
    };
    view! {
        {offer(AlertStatus::Resolved).then(|| button(AlertStatus::Resolved, Look::Primary, "r", "Resolve"))}
        {offer(AlertStatus::FalsePositive).then(|| button(AlertStatus::FalsePositive, Look::Plain, "f", "False positive"))}
        {offer(AlertStatus::Investigating).then(|| button(AlertStatus::Investigating, Look::Plain, "i", "Investigate"))}
        {alert.status.is_closed().then(|| button(AlertStatus::Open, Look::Plain, "o", "Reopen"))}
    }
}

#[component]
fn Panel(alert: Arc<AlertSummary>, detail: Fetched<AlertDetail>, tree: Fetched<ProcessTree>) -> impl IntoView {
    let address = use_address();
    let id = alert.id.clone();
    let mine = {
        let id = id.clone();
        Memo::new(move |_| detail.value.with(|d| d.clone().filter(|d| d.summary.id == id)))
    };
    let tab = Signal::derive(move || address.query.with(|q| q.get("tab").unwrap_or("summary").to_owned()));
    let tabs = Signal::derive(move || {
        let (events, history) = mine.with(|d| {
            d.as_ref().map_or((None, None), |d| {
                (Some(d.summary.count), i64::try_from(d.history.len()).ok())
            })
        });
        let processes = tree.value.with(|t| t.as_ref().map(|t| t.total));
        vec![
            Tab::new("summary", "Summary", None),
            Tab::new("tree", "Tree", processes),
            Tab::new("events", "Events", events),
            Tab::new("history", "History", history),
        ]
    });
    let choose = move |key: &str| match key {
        // Tree and events need the whole page.
        "tree" | "events" => address.go(&format!("/alerts/{id}?tab={key}")),
        key => address.change(|q| q.set("tab", Some(key.to_owned()).filter(|k| k != "summary"))),
    };
    view! {
        <Tabs label="Parts of the alert" tabs=tabs chosen=tab choose=choose/>
        {move || match (mine.get(), tab.get().as_str()) {
            (Some(detail), "history") => view! { <Block title="History" aside="newest first"><History entries=detail.history/></Block> }.into_any(),
            (Some(detail), _) => view! { <Summary detail=detail tree=tree/> }.into_any(),
            (None, _) => view! { <Brief alert=Arc::clone(&alert)/> }.into_any(),
        }}
    }
}

/// What the row knows, until the rest has come.
#[component]
fn Brief(alert: Arc<AlertSummary>) -> impl IntoView {
    view! { <section class="block"><p class="what">{alert.evidence.clone()}</p></section><Facts alert=alert/> }
}

#[component]
fn Facts(alert: Arc<AlertSummary>) -> impl IntoView {
    let (range, clock) = (use_range(), use_clock());
    let host = alert.endpoint_id.to_string();
    let host_link = format!("/endpoints/{}", crate::url::encode(&host));
    let techniques = alert.techniques.iter().map(|t| {
        let title = format!("{}: {}", t.name, t.tactics.join(", "));
        view! { <span class="fact-line"><span class="mono">{t.id.clone()}</span>" "<span class="quiet" title=title>{t.name.clone()}</span></span> }
    }).collect_view();
    let times = if alert.count == 1 {
        "once".to_owned()
    } else {
        format!("{} times since ", number::count(alert.count))
    };
    let first = alert.first_seen;
    let long = move || crate::components::time::age_words(clock.now(), first);
    view! {
        <section class="block"><dl class="facts">
            <dt>"Host"</dt><dd><a class="mono link" href=move || range.link(&host_link, Query::default()) title=host.clone()>{short_host(&host)}</a>" "<span class="quiet">{host.split_once('.').map(|(_, domain)| domain.to_owned())}</span></dd>
            <dt>"User"</dt><dd class="mono">{alert.user.clone().unwrap_or_else(|| "not named by the event".to_owned())}</dd>
            <dt>"Seen"</dt><dd>{times}{(alert.count > 1).then(|| view! { <At at=first/> })}" "<span class="quiet">{long}" ago"</span></dd>
            <dt>"Said by"</dt><dd><SourceTag source=alert.source/>" "{source::word(alert.source)}</dd>
            <dt>"ATT&CK"</dt><dd>{techniques}</dd>
            <dt>"Owner"</dt><dd>{alert.assignee.clone().map_or_else(|| view! { <span class="quiet">"nobody yet"</span> }.into_any(), |name| name.into_any())}</dd>
        </dl></section>
    }
}

#[component]
fn Summary(detail: AlertDetail, tree: Fetched<ProcessTree>) -> impl IntoView {
    let alert = Arc::new(detail.summary.clone());
    let (rule, severity, id) = (detail.rule.title.clone(), alert.severity, alert.id.clone());
    let related = detail.related.clone();
    let times = alert.times;
    let entries = number::counted(i64::try_from(detail.history.len()).unwrap_or(0), "entry", "entries");
    let latest: Vec<_> = detail.history.iter().take(4).cloned().collect();
    view! {
        <section class="block"><Sentence phrases=detail.what_happened/></section>
        <Facts alert=Arc::clone(&alert)/>
        <Block title="Matched fields" aside=rule><Matched fields=detail.matched severity=severity/></Block>
        {move || tree.value.get().map(|tree| view! { <Block title="Attack path" aside=format!("of {}", number::counted(tree.total, "process", "processes"))><AttackPath tree=tree/></Block> })}
        {(!related.is_empty()).then(|| view! { <Block title="Related endpoints" aside="within the correlation window"><Related related=related/></Block> })}
        <Block title="Its way to you"><Way times=times/></Block>
        <Block title="History" aside=entries><History entries=latest/></Block>
        <section class="block"><a class="btn small" href=format!("/alerts/{id}")>"Open the whole alert"<kbd>"Enter"</kbd></a></section>
    }
}
