//! The flows of the last minute as rows, the newest first. Rows stay where they are while the pointer or the keyboard is at them.

use super::{
    model::{FlowSum, text},
    state::MapView,
};
use crate::{
    components::{Empty, Glyph, Icon, SeverityMark, SimulatedBadge, number, time},
    state::{Range, use_range},
    url::{Address, Query, use_address},
};
use leptos::{html, prelude::*};
use std::sync::Arc;
use watchfloor_shared::map::MapFlow;

const ROWS_MAX: usize = 100;

#[derive(Clone, Copy)]
pub struct Feed {
    view: MapView,
    /// Flows in the order that is shown.
    order: RwSignal<Vec<u64>>,
    /// The pointer is over the rows.
    pub over: RwSignal<bool>,
    /// The keyboard is among them.
    pub steered: RwSignal<bool>,
    list: NodeRef<html::Ol>,
    range: Range,
    address: Address,
}

impl Feed {
    pub fn new(view: MapView) -> Self {
        let feed = Self {
            view,
            order: RwSignal::new(Vec::new()),
            over: RwSignal::new(false),
            steered: RwSignal::new(false),
            list: NodeRef::new(),
            range: use_range(),
            address: use_address(),
        };
        Effect::new(move |_| {
            let newest: Vec<u64> = view
                .shown
                .with(|shown| shown.sums.iter().take(ROWS_MAX).map(|sum| sum.flow.id).collect());
            let rests = feed.over.get() || feed.steered.get();
            let order = feed.order.with_untracked(|order| match rests {
                // What is there stays in place; new rows wait.
                true if !order.is_empty() => order.clone(),
                _ => newest,
            });
            if feed.order.with_untracked(|before| *before != order) {
                feed.order.set(order);
            }
        });
        feed
    }

    /// Flows that are not among the rows yet.
    fn waiting(self) -> usize {
        let order = self.order.get();
        self.view.shown.with(|shown| {
            let rows = shown.sums.iter().take(ROWS_MAX);
            rows.filter(|sum| !order.contains(&sum.flow.id)).count()
        })
    }

    pub fn step(self, forward: bool) {
        let order = self.order.get_untracked();
        let here = self
            .view
            .chosen
            .get_untracked()
            .and_then(|id| order.iter().position(|one| *one == id));
        let next = match (here, forward) {
            (None, _) => 0,
            (Some(i), true) => (i + 1).min(order.len().saturating_sub(1)),
            (Some(i), false) => i.saturating_sub(1),
        };
        if let Some(id) = order.get(next) {
            self.choose(*id);
        }
    }

    /// Marks the row and brings it into sight.
    pub fn choose(self, flow: u64) {
        if self.order.with_untracked(|order| !order.contains(&flow)) {
            self.order.update(|order| order.insert(0, flow));
        }
        self.steered.set(true);
        self.view.chosen.set(Some(flow));
        request_animation_frame(move || {
            // By then one may have left the page.
            let list = self.list.try_get_untracked().flatten();
            let row = list.and_then(|list| list.query_selector("a.on").ok().flatten());
            if let Some(row) = row {
                let nearest = web_sys::ScrollIntoViewOptions::new();
                let _ = js_sys::Reflect::set(&nearest, &"block".into(), &"nearest".into());
                row.scroll_into_view_with_scroll_into_view_options(&nearest);
            }
        });
    }

    pub fn let_go(self) {
        self.view.chosen.set(None);
        self.steered.set(false);
    }

    pub fn open(self) {
        let chosen = self.view.chosen.get_untracked();
        let flow = chosen.and_then(|id| self.view.held.with_value(|held| held.flow(id).map(Arc::clone)));
        if let Some(target) = flow.and_then(|flow| untrack(|| self.target(&flow))) {
            self.address.go(&target);
        }
    }

    /// Its alert, otherwise its event.
    fn target(self, flow: &MapFlow) -> Option<String> {
        match (&flow.alert_id, &flow.event_id) {
            (Some(alert), _) => Some(self.range.link(&format!("/alerts/{alert}"), Query::default())),
            (None, Some(event)) => {
                let query = Query::default().with("q", format!("event.id:\"{event}\""));
                Some(self.range.link("/hunt", query))
            }
            (None, None) => None,
        }
    }
}

#[component]
pub fn Rows(feed: Feed) -> impl IntoView {
    let view = feed.view;
    let waiting = Memo::new(move |_| feed.waiting());
    let none = Memo::new(move |_| feed.order.with(Vec::is_empty));
    let leave = move |_| {
        feed.over.set(false);
        view.pointed.set(None);
    };
    view! {
        <div class="feedbody" on:pointerenter=move |_| feed.over.set(true) on:pointerleave=leave>
            {move || (waiting.get() > 0).then(|| view! {
                <button type="button" class="newpill" on:click=move |_| { feed.let_go(); feed.over.set(false); }>
                    <Icon glyph=Glyph::Up small=true/>{format!("{} new", waiting.get())}
                </button>
            })}
            {move || none.get().then(|| view! { <Nothing view/> })}
            <ol node_ref=feed.list aria-label="Flows of the last 60 seconds, the newest first">
                <For each=move || feed.order.get() key=|id| *id let(id)><Row feed id/></For>
            </ol>
        </div>
    }
}

/// The row stays the same element while what it says changes, so that it keeps the focus.
#[component]
fn Row(feed: Feed, id: u64) -> impl IntoView {
    let view = feed.view;
    // What has left the minute keeps its last words while it stands here.
    let sum = Memo::new(move |before: Option<&Option<FlowSum>>| {
        let now = view
            .shown
            .with(|shown| shown.sums.iter().find(|sum| sum.flow.id == id).cloned());
        now.or_else(|| before.cloned().flatten())
    });
    let flow = Memo::new(move |_| sum.with(|sum| sum.as_ref().map(|sum| Arc::clone(&sum.flow))));
    let with_flow = move |read: fn(&MapFlow) -> String| flow.with(|flow| flow.as_deref().map(read).unwrap_or_default());
    let target = move || flow.with(|flow| flow.as_ref().and_then(|flow| feed.target(flow)));
    let severity = Memo::new(move |_| flow.with(|flow| flow.as_ref().map(|flow| flow.severity)));
    let simulated = Memo::new(move |_| flow.with(|flow| flow.as_ref().is_some_and(|flow| flow.simulated)));
    let last = Memo::new(move |_| sum.with(|sum| sum.as_ref().map(|sum| sum.last)));
    let age = Memo::new(move |_| {
        let at = view.shown.with(|shown| shown.at);
        last.get()
            .map(|last| number::long_seconds((at.millis() - last.millis()).max(0) / 1_000))
    });
    let count = Memo::new(move |_| sum.with(|sum| sum.as_ref().map_or(0, |sum| sum.count)));
    let times = move || {
        let count = count.get();
        (count > 1).then(|| view! { <span class="push">{format!("×{}", figure(count))}</span> })
    };
    let focus = move |_| {
        feed.steered.set(true);
        view.chosen.set(Some(id));
    };
    view! {
        <li>
            <a href=target class:on=move || view.chosen.get() == Some(id) || view.pointed.get() == Some(id)
                on:pointerenter=move |_| view.pointed.set(Some(id)) on:focus=focus>
                {move || severity.get().map(|severity| view! { <SeverityMark severity/> })}
                <span class="t">
                    {move || simulated.get().then(|| view! { <SimulatedBadge short=true/>" " })}
                    {move || with_flow(|flow| flow.rule.clone())}
                </span>
                <span class="num quiet" title=move || last.get().map(time::tip)>{age}</span>
                <span class="r"><span class="cut">{move || with_flow(text::way)}</span>{times}</span>
            </a>
        </li>
    }
}

fn figure(n: u64) -> String {
    number::count(i64::try_from(n).unwrap_or(i64::MAX))
}

/// Says why there is nothing, and what to do about it.
#[component]
fn Nothing(view: MapView) -> impl IntoView {
    let clear = move |_| view.address.step(super::model::filter::clear);
    let is_filtered = move || view.filter.with(|filter| !filter.is_empty());
    let held_any = move || view.held.with_value(|held| !held.is_empty());
    move || {
        view.shown.with(|shown| shown.counts);
        if !view.is_known.get() {
            return view! { <p class="pending" role="status">"Loading"</p> }.into_any();
        }
        match (is_filtered(), held_any()) {
            (true, true) => view! {
                <Empty title="Nothing passes the filter" why="No flow of this minute does. Others may be going on.">
                    <button type="button" class="btn small" on:click=clear>"Show all"</button>
                </Empty>
            }
            .into_any(),
            (_, true) => view! {
                <Empty title="Quiet in this minute" why="Nothing was detected in these 60 seconds. The bars below the map show when it was, in the last 30 minutes."/>
            }
            .into_any(),
            (_, false) => view! {
                <Empty title="Nothing detected in 30 minutes" why="The map shows detections of Suricata, Snort and our own rules that have an address. Either it is quiet, or nothing of that kind comes in.">
                    <a class="btn small" href="/pipeline">"See what comes in"</a>
                </Empty>
            }
            .into_any(),
        }
    }
}
