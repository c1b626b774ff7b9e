//! The rows on the screen.

use super::{
    columns::{Column, Columns},
    list::{AlertList, RowView},
    sections::Section,
    shown::Shown,
};
use crate::{
    components::{
        Age, Glyph, Icon, SeverityMark, SimulatedBadge, SourceTag, StatusMark, VirtualList, number, severity::word,
        time,
    },
    state::{use_clock, use_preferences},
    url::use_address,
    words::{initials, lower},
};
use leptos::{ev::MouseEvent, prelude::*};
use std::sync::Arc;
use watchfloor_shared::alert::{AlertSort, AlertSummary};

#[component]
pub fn AlertTable(list: AlertList, columns: Memo<Columns>, open: Callback<usize>) -> impl IntoView {
    let density = use_preferences().density;
    let row_px = Signal::derive(move || density.get().row_px());
    let rows = Signal::derive(move || list.sections.with(super::sections::Sections::rows));
    view! {
        <section class="list" aria-label="Alert list" on:pointerenter=move |_| list.hovered.set(true) on:pointerleave=move |_| list.hovered.set(false)>
            <div class="grid" class:chosen=move || columns.get().chosen style:--tracks=move || columns.get().tracks().unwrap_or_default() role="grid" aria-rowcount=move || rows.get() aria-multiselectable="true" aria-label="Alerts">
                <Head list=list columns=columns/>
                <VirtualList label="Rows" rows=rows row_px=row_px current=list.current
                    row=move |i| view! { <AlertRow list=list columns=columns index=i open=open/> }.into_any()
                    seen=Callback::new(move |range| list.see(range))/>
            </div>
            <NewPill list=list/>
        </section>
    }
}

#[component]
fn Head(list: AlertList, columns: Memo<Columns>) -> impl IntoView {
    let address = use_address();
    let oldest = Memo::new(move |_| list.choice.with(|c| c.sort == AlertSort::Oldest));
    let turn = move |_| {
        address.change(|q| {
            let next = if oldest.get_untracked() {
                None
            } else {
                Some("oldest".to_owned())
            };
            q.set("sort", next);
        })
    };
    let some = move || list.checked.with(|c| !c.is_empty());
    let toggle = move |_| {
        if list.checked.with_untracked(|c| c.is_empty()) {
            check_all(list)
        } else {
            list.checked.update(|c| c.clear())
        }
    };
    let headings = move || {
        let columns = columns.get();
        let plain = |column: Column, class: &'static str, text: &'static str| {
            columns
                .shows(column)
                .then(|| view! { <span role="columnheader" class=class>{text}</span> })
        };
        let age = columns.shows(Column::Age).then(|| {
            view! {
                <span role="columnheader" class="num" aria-sort=move || if oldest.get() { "ascending" } else { "descending" }>
                    <button type="button" class="sorted" on:click=turn>"Age "{move || if oldest.get() { "↑" } else { "↓" }}</button>
                </span>
            }
        });
        view! {
            {plain(Column::Technique, "wide", "Technique")}
            {plain(Column::Host, "", "Host")}
            {plain(Column::User, "", "User")}
            {plain(Column::By, "", "By")}
            {plain(Column::Seen, "num", "Seen")}
            {age}
            {plain(Column::Owner, "wide", "Owner")}
        }
    };
    view! {
        <div class="thead cols-alerts" role="row">
            <span role="columnheader"><button type="button" class="check" class:some=some role="checkbox"
                aria-checked=move || if some() { "mixed" } else { "false" } aria-label="Select all loaded rows" on:click=toggle></button></span>
            <span role="columnheader"><span class="visually-hidden">"Severity"</span></span>
            <span role="columnheader"><span class="visually-hidden">"Status"</span></span>
            <span role="columnheader">"Alert and evidence"</span>
            {headings}
        </div>
    }
}

/// All rows that are loaded: what is not on this machine is not chosen silently.
pub fn check_all(list: AlertList) {
    let rows = list.sections.with_untracked(super::sections::Sections::rows);
    let ids = (0..rows)
        .filter_map(|row| untrack(|| list.alert_at(row)))
        .map(|a| a.id.clone());
    let ids: Vec<_> = ids.take(1_000).collect();
    list.checked.update(|c| c.extend(ids));
}

#[component]
fn AlertRow(list: AlertList, columns: Memo<Columns>, index: usize, open: Callback<usize>) -> impl IntoView {
    let row = Memo::new(move |_| list.row(index));
    move || {
        match row.get() {
        RowView::Heading(section) => view! { <Heading list=list section=*section/> }.into_any(),
        RowView::Alert(alert) => view! { <Line list=list columns=columns.get() index=index alert=alert open=open/> }.into_any(),
        RowView::Rest(count) => view! {
            <div class="tr rest" role="row"><span role="gridcell">
                {format!("{} more in smaller groups. Group by severity to see every one.", number::counted(i64::try_from(count).unwrap_or(0), "alert", "alerts"))}
            </span></div>
        }
        .into_any(),
        RowView::Blank => view! { <div class="tr blank" role="row"><span role="gridcell" class="quiet">"…"</span></div> }.into_any(),
    }
    }
}

#[component]
fn Heading(list: AlertList, section: Section) -> impl IntoView {
    let clock = use_clock();
    let oldest = section.oldest_open;
    let age = move || oldest.map(|at| format!("oldest open {}", time::age_words(clock.now(), at)));
    let (key, folded) = (section.key.clone(), section.folded);
    let machine = section.severity.is_none() && section.key == section.label;
    view! {
        <div class="tgroup" role="row"><span role="gridcell" class="tgroup-cell">
            <button type="button" aria-expanded=(!folded).to_string() on:click=move |_| list.fold(&key)>
                <Icon glyph=if folded { Glyph::ChevronRight } else { Glyph::ChevronDown } small=true/>
                {match section.severity {
                    Some(severity) => view! { <SeverityMark severity=severity worded=true/> }.into_any(),
                    None => view! { <span class:mono=machine>{section.label}</span> }.into_any(),
                }}
                <span class="num">{number::count(i64::try_from(section.count).unwrap_or(0))}</span>
            </button>
            <span class="right">{age}</span>
        </span></div>
    }
}

/// `ws-0417` of `ws-0417.corp.example`.
pub fn short_host(id: &str) -> String {
    id.split('.').next().unwrap_or(id).to_owned()
}

/// `m.keller` of `corp\m.keller`.
pub fn short_user(user: &str) -> String {
    user.rsplit('\\').next().unwrap_or(user).to_owned()
}

fn technique(alert: &AlertSummary) -> String {
    alert
        .techniques
        .first()
        .map(|t| format!("{} {}", t.id, t.name))
        .unwrap_or_default()
}

#[component]
fn Line(
    list: AlertList,
    columns: Columns,
    index: usize,
    alert: Arc<AlertSummary>,
    open: Callback<usize>,
) -> impl IntoView {
    let shown: Shown = expect_context();
    let id = alert.id.clone();
    Effect::new(move |_| shown.drawn(&id));
    let id = alert.id.clone();
    let checked = Memo::new(move |_| list.checked.with(|c| c.contains(&id)));
    let current = Memo::new(move |_| list.current.get() == Some(index));
    let check = move |event: MouseEvent| {
        event.stop_propagation();
        toggle(list, index, event.shift_key());
    };
    let age_at = if list.choice.with_untracked(|c| c.sort == AlertSort::Oldest) {
        alert.first_seen
    } else {
        alert.last_seen
    };
    let host = alert.endpoint_id.to_string();
    let user = alert.user.clone().unwrap_or_default();
    let others = alert.related_endpoints.len();
    let related = (others > 0).then(|| {
        let others = number::counted(i64::try_from(others).unwrap_or(0), "other host", "other hosts");
        view! { <span class="quiet" title=format!("Alerts on {others} within the correlation window")>{format!(" +{}", alert.related_endpoints.len())}</span> }
    });
    let owner = alert
        .assignee
        .clone()
        .map(|name| view! { <span class="avatar" title=name.clone()>{initials(&name)}</span> });
    let shows = |column: Column| columns.shows(column);
    let label = format!("Select {}", alert.title);
    view! {
        <div class="tr cols-alerts" role="row" aria-rowindex=index + 1 aria-selected=move || checked.get().to_string() class:checked=checked class:current=current class:done=alert.status.is_closed()
            on:click=move |_| open.run(index)>
            <span role="gridcell"><button type="button" class="check" class:on=checked role="checkbox" aria-checked=move || checked.get().to_string() aria-label=label on:click=check>
                {move || checked.get().then(|| view! { <Icon glyph=Glyph::Check/> })}
            </button></span>
            <span role="gridcell"><SeverityMark severity=alert.severity/></span>
            <span role="gridcell"><StatusMark status=alert.status/></span>
            <span role="gridcell" class="title">
                {alert.simulated.then(|| view! { <SimulatedBadge short=true/> })}
                {alert.title.clone()}
                <span class="because">{alert.evidence.clone()}</span>
            </span>
            {shows(Column::Technique).then(|| view! { <span role="gridcell" class="mono cut wide quiet" title=technique(&alert)>{technique(&alert)}</span> })}
            {shows(Column::Host).then(|| view! { <span role="gridcell" class="mono cut" title=host.clone()>{short_host(&host)}{related}</span> })}
            {shows(Column::User).then(|| view! { <span role="gridcell" class="mono cut quiet" title=user.clone()>{short_user(&user)}</span> })}
            {shows(Column::By).then(|| view! { <span role="gridcell"><SourceTag source=alert.source/></span> })}
            {shows(Column::Seen).then(|| view! { <span role="gridcell" class="num">{(alert.count > 1).then(|| format!("×{}", number::count(alert.count)))}</span> })}
            {shows(Column::Age).then(|| view! { <span role="gridcell" class="num quiet"><Age at=age_at/></span> })}
            {shows(Column::Owner).then(|| view! { <span role="gridcell" class="wide">{owner}</span> })}
        </div>
    }
}

/// Checks one row; with `extend`, all loaded rows from the current one to it.
pub fn toggle(list: AlertList, index: usize, extend: bool) {
    let from = list.current.get_untracked().filter(|_| extend).unwrap_or(index);
    let rows = from.min(index)..=from.max(index);
    let ids: Vec<_> = rows
        .filter_map(|row| untrack(|| list.alert_at(row)))
        .map(|a| a.id.clone())
        .collect();
    list.checked.update(|checked| match ids.as_slice() {
        [id] if !extend => {
            if !checked.remove(id) {
                checked.insert(id.clone());
            }
        }
        ids => checked.extend(ids.iter().cloned()),
    });
    list.current.set(Some(index));
}

/// New rows wait here and move nothing.
#[component]
fn NewPill(list: AlertList) -> impl IntoView {
    let zone = use_preferences().zone;
    let text = move || {
        list.waiting.with(|w| {
            let worst = w
                .worst()
                .map(|(s, n)| format!("{} {}", n, lower(word(s))))
                .unwrap_or_default();
            let since = w.since.map(|at| time::clock_time(at, zone.get())).unwrap_or_default();
            (
                number::count(i64::try_from(w.count()).unwrap_or(0)),
                format!("{worst}, since {since}"),
            )
        })
    };
    let some = Memo::new(move |_| list.waiting.with(|w| w.count() > 0));
    let take = move |_| {
        list.current.set(None);
        list.reload();
    };
    view! {
        <div role="status" aria-live="polite">
            <Show when=move || some.get()>
                <button type="button" class="newpill" on:click=take>
                    <Icon glyph=Glyph::Up/>
                    {move || format!("{} new", text().0)}
                    <span class="quiet">{move || text().1}</span>
                    <kbd>"."</kbd>
                </button>
            </Show>
        </div>
    }
}
