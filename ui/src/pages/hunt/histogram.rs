//! How many events matched over time. A stretch chosen on it filters facets and table; the bars stay.

use super::state::Hunt;
use crate::{
    components::{
        histogram::gaps,
        measure::use_size,
        number, scale,
        sweep::{hold, x_in},
        time,
    },
    layout::{
        brush::{Grip, drag, grip, snap},
        timeline::{Span, Tick, ticks},
    },
    state::{Zone, use_preferences},
};
use leptos::{ev, html, prelude::*};
use std::fmt::Write;
use watchfloor_shared::Timestamp;

const PLOT_PX: f64 = 70.0;
const HEIGHT_PX: f64 = 92.0;
const PAD_PX: f64 = 16.0;

type Held = RwSignal<Option<(Grip, Option<Span>)>>;

#[component]
pub fn HuntHistogram(hunt: Hunt) -> impl IntoView {
    let zone = use_preferences().zone;
    let node = NodeRef::<html::Div>::new();
    let size = use_size(node);
    let width = Memo::new(move |_| (size.get().0 - 2.0 * PAD_PX).max(1.0));
    let held: Held = RwSignal::new(None);
    let brush = move || held.get().map_or_else(|| hunt.brush.get(), |(_, brush)| brush);
    let bars = move |inside: bool| move || bars(hunt, width.get(), brush(), inside);
    let axis = move || hunt.axis.get().map(|span| axis(span, width.get(), zone.get()));
    let chosen = move || Some(brush_mark(hunt.axis.get()?, brush()?, width.get()));
    let silent = move || {
        let span = hunt.axis.get().filter(|_| hunt.text.with(String::is_empty))?;
        Some(silence(hunt, span, width.get()))
    };
    let x_of = move |event: &ev::PointerEvent| x_in(node, event) - PAD_PX;
    let down = move |event: ev::PointerEvent| {
        let Some(span) = hunt.axis.get_untracked() else { return };
        hold(node, &event);
        let brush = hunt.brush.get_untracked();
        held.set(Some((grip(brush, span, x_of(&event), width.get_untracked()), brush)));
    };
    let moved = move |event: ev::PointerEvent| {
        if let (Some((grip, _)), Some(span)) = (held.get_untracked(), hunt.axis.get_untracked()) {
            held.set(Some((grip, drag(grip, span, x_of(&event), width.get_untracked()))));
        }
    };
    let up = move |_| {
        if let Some((_, brush)) = held.get_untracked() {
            held.set(None);
            let step = hunt.course.with_untracked(|c| c.interval_ms.max(1) * 1_000_000);
            let origin = hunt
                .course
                .with_untracked(|c| c.buckets.first().map_or(0, |b| b.start.nanos()));
            hunt.choose_brush(brush.map(|brush| snap(brush, step, origin)));
        }
    };
    view! {
        <section class="histo" aria-label="Course over time">
            <HistogramHead hunt />
            <div class="brushable" node_ref=node on:pointerdown=down on:pointermove=moved on:pointerup=up>
                <svg role="img" aria-label=move || label(hunt) height=HEIGHT_PX style:width="100%">
                    <path class="axis" d=move || format!("M0 {PLOT_PX}H{}", size.get().0) />
                    <path class="hbar" d=bars(false) />
                    <path class="hbar in" d=bars(true) />
                    {silent}
                    {axis}
                    {chosen}
                </svg>
            </div>
        </section>
    }
}

fn axis(span: Span, width: f64, zone: Zone) -> impl IntoView {
    let shift = time::offset_ms(Timestamp::from_nanos(span.from), zone) / 60_000;
    let tick = |tick: Tick| {
        let x = PAD_PX + span.x(tick.at, width);
        view! {
            <path class="axis-strong" d=format!("M{x:.1} {PLOT_PX}v4") />
            <text class="t-mid-a" x=format!("{x:.1}") y=PLOT_PX + 17.0>{tick.label}</text>
        }
    };
    let ticks = ticks(span, width, i32::try_from(shift).unwrap_or(0));
    ticks.into_iter().map(tick).collect_view()
}

fn brush_mark(span: Span, brush: Span, width: f64) -> impl IntoView {
    let left = PAD_PX + span.x(brush.from, width).clamp(0.0, width);
    let right = PAD_PX + span.x(brush.to, width).clamp(0.0, width);
    view! {
        <rect class="brush" x=left y="0.75" width=(right - left).max(1.0) height=PLOT_PX />
        <path class="brush-edge" d=format!("M{left:.1} {PLOT_PX}V.75H{right:.1}V{PLOT_PX}") />
    }
}

/// Stretches without any telemetry; only the course of all events can tell them.
fn silence(hunt: Hunt, span: Span, width: f64) -> impl IntoView {
    let gap = |(from, to): (Timestamp, Timestamp)| {
        let (left, right) = (span.x(from.nanos(), width), span.x(to.nanos(), width));
        view! { <rect class="gap" x=PAD_PX + left y="0" width=(right - left).max(1.0) height=PLOT_PX /> }
    };
    let gaps = hunt.course.with(|c| gaps(&c.buckets, c.interval_ms));
    gaps.into_iter().map(gap).collect_view()
}

fn label(hunt: Hunt) -> String {
    hunt.course.with(|course| {
        format!(
            "{} over time, most in one step {}",
            number::counted(course.total, "event", "events"),
            number::count(most(hunt).1)
        )
    })
}

/// Start and count of the tallest bar.
fn most(hunt: Hunt) -> (Timestamp, i64) {
    hunt.course.with(|c| {
        c.buckets
            .iter()
            .max_by_key(|b| b.count)
            .map_or((Timestamp::EPOCH, 0), |b| (b.start, b.count))
    })
}

fn bars(hunt: Hunt, width: f64, brush: Option<Span>, inside: bool) -> String {
    let mut path = String::new();
    let Some(span) = hunt.axis.get() else { return path };
    let top = most(hunt).1.max(1) as f64;
    hunt.course.with(|course| {
        let step = course.interval_ms.max(1) * 1_000_000;
        let bar = (step as f64 / span.length() as f64 * width - 2.0).max(1.0);
        for bucket in course.buckets.iter().filter(|bucket| bucket.count > 0) {
            let start = bucket.start.nanos();
            let is_in = brush.is_none_or(|b| start >= b.from && start < b.to);
            if is_in == inside {
                let x = PAD_PX + span.x(start, width);
                let (left, right) = (x.max(PAD_PX), (x + bar).min(PAD_PX + width));
                let tall = (bucket.count as f64 / top * (PLOT_PX - 4.0)).max(1.0);
                // Writing to a String cannot fail.
                let _ = write!(path, "M{left:.1} {PLOT_PX}v-{tall:.1}H{right:.1}v{tall:.1}z");
            }
        }
    });
    path
}

#[component]
fn HistogramHead(hunt: Hunt) -> impl IntoView {
    let zone = use_preferences().zone;
    let step = move || {
        hunt.course
            .with(|c| (c.interval_ms > 0).then(|| scale::step_words(c.interval_ms)))
    };
    let chosen = move || {
        let brush = hunt.brush.get()?;
        let write = |at: i64| time::clock_time(Timestamp::from_nanos(at), zone.get());
        let events = hunt
            .total
            .get()
            .map(|n| number::counted(n, "event", "events"))
            .unwrap_or_default();
        Some(format!("{} to {}, {events}", write(brush.from), write(brush.to)))
    };
    let peak = move || {
        let (at, count) = most(hunt);
        (count > 0).then(|| format!("peak {} at {}", number::count(count), time::hour_minute(at, zone.get())))
    };
    let narrow = move |_| {
        if let Some(brush) = hunt.brush.get_untracked() {
            hunt.address.step(|q| {
                q.set("range", None);
                q.set("from", Some(Timestamp::from_nanos(brush.from).to_string()));
                q.set("to", Some(Timestamp::from_nanos(brush.to).to_string()));
                q.set("sel", None);
            });
        }
    };
    view! {
        <div class="panelhead">
            <h2>{move || step().map(|step| format!("Events per {step}"))}</h2>
            {move || chosen().map(|text| view! {
                <span class="chip">
                    <span class="v mono">{text}</span>
                    <button type="button" class="zoom-to" title="Make it the range" on:click=narrow>"zoom"</button>
                    <button type="button" class="x" aria-label="Clear the stretch" on:click=move |_| hunt.choose_brush(None)>"×"</button>
                </span>
            })}
            <span class="grow"></span>
            <span class="quiet">{peak}</span>
        </div>
    }
}
