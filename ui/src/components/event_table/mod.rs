//! Events as a table of any length: columns of choice, one row open with all its fields. Used where people hunt and on an alert.

mod detail;
pub mod fields;
mod row;
mod window;

use crate::{
    components::measure::use_size,
    state::{Zone, use_preferences},
};
use detail::Detail;
use leptos::{ev, html, prelude::*};
use row::Row;
use std::sync::Arc;
use watchfloor_shared::{EventId, Timestamp, search::EventHit};
use window::Window;

/// The column that says what an event is about, whatever its kind.
pub const SUMMARY: &str = "summary";

/// What the table shows and tells. All of it belongs to the page.
#[derive(Clone, Copy)]
pub struct EventTableModel {
    pub hits: RwSignal<Vec<Arc<EventHit>>>,
    pub columns: Signal<Vec<String>>,
    pub open: Signal<Option<EventId>>,
    pub set_open: Callback<Option<EventId>>,
    /// Words to mark in the cells, in lower case.
    pub marked: Signal<Vec<String>>,
    /// Write the day beside the time of day.
    pub dated: Signal<bool>,
    /// The end is in sight: more may be loaded.
    pub more: Callback<()>,
    /// Field, value, and whether events with it are to be left out.
    pub narrow: Callback<(String, String, bool)>,
    /// Show what happened within 30 s of it.
    pub around: Callback<Arc<EventHit>>,
}

/// `14:12:38.204`, with the day in front where asked for.
pub fn exact_time(at: Timestamp, zone: Zone, dated: bool) -> String {
    use crate::components::time;
    let ms = at.millis().rem_euclid(1_000);
    let clock = format!("{}.{ms:03}", time::clock_time(at, zone));
    if dated {
        format!("{} {clock}", time::day_short(at, zone))
    } else {
        clock
    }
}

/// What stands at the head of a column.
pub fn heading(column: &str) -> String {
    match column {
        SUMMARY => "What".to_owned(),
        "host.name" => "Host".to_owned(),
        "user.name" => "User".to_owned(),
        "event.category" => "Category".to_owned(),
        "event.action" => "Action".to_owned(),
        other => other.to_owned(),
    }
}

/// Widths for CSS grid: the fold mark, the time, then each column.
fn template(columns: &[String], dated: bool) -> String {
    let mut text = format!("12px {}px", if dated { 142 } else { 92 });
    for column in columns {
        text.push_str(match column.as_str() {
            SUMMARY => " minmax(200px, 1fr)",
            "host.name" => " minmax(124px, 12%)",
            "event.category" | "event.code" => " 84px",
            "user.name" => " 112px",
            "process.command_line" | "message" => " minmax(160px, 1fr)",
            _ => " minmax(90px, 190px)",
        });
    }
    text
}

#[component]
pub fn EventTable(model: EventTableModel, label: &'static str) -> impl IntoView {
    let row_px = {
        let density = use_preferences().density;
        Signal::derive(move || density.get().row_px())
    };
    let grid = Memo::new(move |_| template(&model.columns.get(), model.dated.get()));
    view! {
        <div class="list event-table" role="treegrid" aria-label=label aria-rowcount=move || model.hits.with(Vec::len).to_string()>
            <div role="rowgroup">
                <div class="thead" role="row" style:grid-template-columns=move || grid.get()>
                    <span role="columnheader"><span class="visually-hidden">"Open"</span></span>
                    <span role="columnheader" class="sorted">"Time ↓"</span>
                    {move || {
                        let name = |column: String| view! { <span role="columnheader" class="cut" title=column.clone()>{heading(&column)}</span> };
                        model.columns.get().into_iter().map(name).collect_view()
                    }}
                </div>
            </div>
            <EventRows model row_px grid />
        </div>
    }
}

#[component]
fn EventRows(model: EventTableModel, row_px: Signal<f64>, grid: Memo<String>) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let size = use_size(node);
    let panel = NodeRef::<html::Div>::new();
    let panel_size = use_size(panel);
    let top = RwSignal::new(0.0_f64);
    let current = RwSignal::new(None::<usize>);
    let open_at = Memo::new(move |_| {
        let open = model.open.get()?;
        model.hits.with(|hits| hits.iter().position(|hit| hit.id == open))
    });
    let window = Memo::new(move |_| Window {
        rows: model.hits.with(Vec::len),
        row_px: row_px.get(),
        open: open_at.get(),
        panel_px: open_at.get().map_or(0.0, |_| panel_size.get().1),
        top: top.get(),
        height: size.get().1,
    });
    Effect::new(move |_| {
        if window.with(Window::ends) {
            model.more.run(());
        }
    });
    let drawn = move || {
        let range = window.with(Window::drawn);
        model.hits.with(|hits| {
            range
                .filter_map(|at| Some((at, Arc::clone(hits.get(at)?))))
                .collect::<Vec<_>>()
        })
    };
    let go = move |to: usize| {
        current.set(Some(to));
        if let Some(node) = node.get_untracked()
            && let Some(top) = window.with_untracked(|w| w.reveal(to))
        {
            node.set_scroll_top(top);
        }
    };
    let key = move |event: ev::KeyboardEvent| keys(model, current, &go, &event);
    let y = move |at: usize| move || window.with(|w| format!("translateY({}px)", w.y(at)));
    let detail = move || {
        let at = open_at.get()?;
        let hit = model.hits.with(|hits| hits.get(at).cloned())?;
        Some(view! {
            <div class="vlist-row opened" role="row" node_ref=panel style:transform=move || window.with(|w| format!("translateY({}px)", w.panel_y()))>
                <div role="gridcell"><Detail model hit /></div>
            </div>
        })
    };
    view! {
        <div class="vlist" node_ref=node role="rowgroup" tabindex="0" on:keydown=key
            on:scroll=move |_| if let Some(node) = node.try_get_untracked().flatten() { top.set(f64::from(node.scroll_top())) }>
            <div class="vlist-room" role="presentation" style:height=move || window.with(|w| format!("{}px", w.total()))>
                <For each=drawn key=|(at, hit)| (*at, hit.id.clone()) let((at, hit))>
                    <div class="vlist-row" role="presentation" style:transform=y(at)>
                        <Row model hit at grid current />
                    </div>
                </For>
                {detail}
            </div>
        </div>
    }
}

fn keys(model: EventTableModel, current: RwSignal<Option<usize>>, go: &impl Fn(usize), event: &ev::KeyboardEvent) {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    let rows = model.hits.with_untracked(Vec::len);
    let at = current.get_untracked();
    match event.key().as_str() {
        "j" | "ArrowDown" if rows > 0 => go(at.map_or(0, |at| (at + 1).min(rows - 1))),
        "k" | "ArrowUp" if rows > 0 => go(at.map_or(0, |at| at.saturating_sub(1))),
        "Enter" => {
            let id = at.and_then(|at| model.hits.with_untracked(|hits| hits.get(at).map(|hit| hit.id.clone())));
            let open = model.open.get_untracked();
            model.set_open.run(id.filter(|id| open.as_ref() != Some(id)));
        }
        "Escape" if model.open.get_untracked().is_some() => model.set_open.run(None),
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}
