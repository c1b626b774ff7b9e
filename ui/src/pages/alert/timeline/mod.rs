//! The course of time around the alert: lanes by process, user or host, zoom, a chosen stretch, and gaps drawn as gaps.

mod lanes;
mod plot;

use super::case::{Case, choose_brush};
use crate::{
    api::{self, Fetched, fetch},
    components::{FaultNotice, Segments, event_table::exact_time, number, pending, time},
    layout::timeline::{SPAN_MIN, Span},
    state::{Zone, use_preferences},
    url::use_address,
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use plot::{Plot, PlotModel};
use watchfloor_shared::{
    AlertId, Timestamp,
    timeline::{Gap, LaneBy, Timeline},
};

/// After the last turn of the wheel, finer marks are asked for.
const SETTLE_MS: u32 = 250;

fn lane_by(name: Option<&str>) -> LaneBy {
    match name {
        Some("user") => LaneBy::User,
        Some("host") => LaneBy::Host,
        _ => LaneBy::Process,
    }
}

type Key = (AlertId, LaneBy, Option<Span>);

#[component]
pub fn TimelinePanel(case: Case) -> impl IntoView {
    let address = use_address();
    let by = Memo::new(move |_| address.query.with(|q| lane_by(q.get("by"))));
    // The stretch for which finer marks were asked; none at first, so that the server chooses the whole.
    let detail = RwSignal::new(None::<Span>);
    let fetched = fetch(
        move || Some((case.id.get(), by.get(), detail.get())),
        |(id, by, span): Key| async move {
            let at = |nanos: Option<i64>| nanos.map(Timestamp::from_nanos);
            api::alerts::timeline(&id, by, at(span.map(|s| s.from)), at(span.map(|s| s.to))).await
        },
    );
    let bounds = RwSignal::new(None::<Span>);
    follow(case, fetched, bounds, detail);
    let turns = StoredValue::new(0_u32);
    let look = move |span: Span| {
        case.span.set(Some(span));
        let turn = turns.get_value().wrapping_add(1);
        turns.set_value(turn);
        spawn_local(async move {
            TimeoutFuture::new(SETTLE_MS).await;
            if turns.try_get_value() == Some(turn) {
                detail.try_set((bounds.try_get_untracked().flatten() != Some(span)).then_some(span));
            }
        });
    };
    let model = PlotModel {
        timeline: fetched.value,
        bounds,
        span: case.span,
        brush: case.brush,
        look: Callback::new(look),
        choose: Callback::new(move |brush: Option<Span>| choose_brush(address, brush)),
        open: Callback::new(move |id: watchfloor_shared::EventId| {
            address.change(|query| {
                query.set("tab", Some("events".to_owned()));
                query.set("of", Some("endpoint".to_owned()));
                query.set("open", Some(id.to_string()));
            });
        }),
        hovered: RwSignal::new(None),
    };
    view! {
        <section class="timeline" aria-label="Timeline">
            <div class="panelhead">
                <h2>"Timeline"</h2>
                <LanesBy by />
                <Shown model />
                <span class="grow"></span>
                <Said model />
            </div>
            <FaultNotice fault=fetched.fault again=move || fetched.again() />
            {pending(fetched)}
            <Plot model />
        </section>
    }
}

/// Another alert starts without a stretch; the first answer says which stretch is the whole.
fn follow(case: Case, fetched: Fetched<Timeline>, bounds: RwSignal<Option<Span>>, detail: RwSignal<Option<Span>>) {
    let of = StoredValue::new(None::<AlertId>);
    Effect::new(move |_| {
        let id = case.id.get();
        if of.get_value().as_ref() != Some(&id) {
            of.set_value(Some(id));
            bounds.set(None);
            case.span.set(None);
            detail.set(None);
            fetched.value.set(None);
        }
    });
    Effect::new(move |_| {
        let whole = fetched
            .value
            .with(|t| t.as_ref().map(|t| Span::new(t.from.nanos(), t.to.nanos())));
        if let Some(whole) = whole.filter(|_| bounds.get_untracked().is_none()) {
            bounds.set(Some(whole));
            case.span.set(Some(whole));
        }
    });
}

#[component]
fn LanesBy(by: Memo<LaneBy>) -> impl IntoView {
    let address = use_address();
    let choose = move |by: LaneBy| {
        let name = match by {
            LaneBy::Process => None,
            LaneBy::User => Some("user"),
            LaneBy::Host => Some("host"),
        };
        address.change(|query| query.set("by", name.map(str::to_owned)));
    };
    view! {
        <Segments
            label="Lanes by"
            options=vec![(LaneBy::Process, "Process"), (LaneBy::User, "User"), (LaneBy::Host, "Host")]
            chosen=by
            choose
        />
    }
}

/// The stretch in sight or chosen, and the ways to change it without a pointer.
#[component]
fn Shown(model: PlotModel) -> impl IntoView {
    let zone = use_preferences().zone;
    let zoomed = move || model.span.get() != model.bounds.get();
    let zoom = move |factor: f64| {
        let (Some(span), Some(bounds)) = (model.span.get_untracked(), model.bounds.get_untracked()) else {
            return;
        };
        let middle = model
            .brush
            .get_untracked()
            .map_or(span.from + span.length() / 2, |b| b.from + b.length() / 2);
        model.look.run(span.zoom(factor, middle, bounds));
    };
    let stretch = move || model.brush.get().map(|brush| words(brush, zone.get()));
    view! {
        <span class="seg" role="group" aria-label="Zoom in time">
            <button type="button" aria-label="Longer stretch" on:click=move |_| zoom(2.0)>"−"</button>
            <button type="button" aria-label="Shorter stretch" on:click=move |_| zoom(0.5)>"+"</button>
        </span>
        {move || stretch().map(|text| view! {
            <span class="chip">
                <span class="v mono">{text}</span>
                <button type="button" class="zoom-to" title="Zoom to it"
                    on:click=move |_| if let Some(brush) = model.brush.get_untracked() { model.look.run(Span::new(brush.from, brush.to.max(brush.from + SPAN_MIN))) }>
                    "zoom"
                </button>
                <button type="button" class="x" aria-label="Clear the stretch" on:click=move |_| model.choose.run(None)>"×"</button>
            </span>
        })}
        <Show when=zoomed>
            <button type="button" class="btn small ghost"
                on:click=move |_| if let Some(bounds) = model.bounds.get_untracked() { model.look.run(bounds) }>
                "Whole"
            </button>
        </Show>
    }
}

fn words(span: Span, zone: Zone) -> String {
    let write = |at: i64| {
        let at = Timestamp::from_nanos(at);
        if span.length() < 10_000_000_000 {
            exact_time(at, zone, false)
        } else {
            time::clock_time(at, zone)
        }
    };
    format!("{} – {}", write(span.from), write(span.to))
}

/// What is under the pointer, else the gaps, else how much of all is drawn.
#[component]
fn Said(model: PlotModel) -> impl IntoView {
    let zone = use_preferences().zone;
    let gap = move |gap: &Gap| {
        let at = |at: Timestamp| time::clock_time(at, zone.get());
        format!("No telemetry {} to {}: {}", at(gap.from), at(gap.to), gap.reason)
    };
    let gaps = move || {
        let span = model.span.get()?;
        let inside = |gap: &&Gap| gap.to.nanos() > span.from && gap.from.nanos() < span.to;
        model.timeline.with(|t| {
            let gaps: Vec<&Gap> = t.as_ref()?.gaps.iter().filter(inside).collect();
            let more = gaps.len().saturating_sub(1);
            let text = gap(gaps.first()?);
            Some(if more > 0 {
                format!("{text}, and {more} more")
            } else {
                text
            })
        })
    };
    let capped = move || model.timeline.with(|t| t.as_ref().and_then(cap));
    move || {
        if let Some(text) = model.hovered.get() {
            return view! { <span class="quiet mono cut">{text}</span> }.into_any();
        }
        if let Some(text) = gaps() {
            return view! {
                <span class="gapkey cut">
                    <svg width="24" height="12" aria-hidden="true"><rect class="gap" width="24" height="12" /></svg>
                    {text}
                </span>
            }
            .into_any();
        }
        view! { <span class="quiet">{capped()}</span> }.into_any()
    }
}

fn cap(timeline: &Timeline) -> Option<String> {
    let total = number::counted(timeline.total, "event", "events");
    (timeline.total > 0).then(|| match timeline.shown < timeline.total {
        true => format!("{} of {total} drawn", number::count(timeline.shown)),
        false => total,
    })
}
