//! Axis, lanes, gaps and the chosen stretch, under wheel and pointer.

use super::lanes::Lanes;
use crate::{
    components::{measure::use_size, sweep::x_in, time},
    layout::{
        brush::{Grip, drag, grip},
        timeline::{Span, Tick, ticks},
    },
    state::{Zone, use_preferences},
};
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use watchfloor_shared::{
    EventId, Timestamp,
    timeline::{Gap, Timeline},
};

pub const LABEL_PX: f64 = 126.0;
pub const LANE_PX: f64 = 23.0;
const AXIS_PX: f64 = 20.0;
const RIGHT_PX: f64 = 16.0;

#[derive(Clone, Copy)]
pub struct PlotModel {
    pub timeline: RwSignal<Option<Timeline>>,
    /// The whole stretch that there is to see.
    pub bounds: RwSignal<Option<Span>>,
    pub span: RwSignal<Option<Span>>,
    pub brush: Memo<Option<Span>>,
    pub look: Callback<Span>,
    pub choose: Callback<Option<Span>>,
    pub open: Callback<EventId>,
    /// Words for what is under the pointer.
    pub hovered: RwSignal<Option<String>>,
}

#[component]
pub fn Plot(model: PlotModel) -> impl IntoView {
    let zone = use_preferences().zone;
    let node = NodeRef::<html::Div>::new();
    let size = use_size(node);
    let width = Memo::new(move |_| (size.get().0 - LABEL_PX - RIGHT_PX).max(1.0));
    let lanes = Memo::new(move |_| model.timeline.with(|t| t.as_ref().map_or(0, |t| t.lanes.len())));
    let height = move || AXIS_PX + lanes.get() as f64 * LANE_PX;
    let dragging = RwSignal::new(None::<(Grip, Option<Span>)>);
    let brush = move || dragging.get().map_or_else(|| model.brush.get(), |(_, brush)| brush);
    let axis = move || {
        let span = model.span.get()?;
        Some(axis(span, width.get(), height(), zone.get()))
    };
    let gaps = move || {
        let (span, width, height) = (model.span.get()?, width.get(), height());
        let drawn = |t: &Timeline| {
            t.gaps
                .iter()
                .filter_map(|gap| hatched(gap, span, width, height))
                .collect_view()
        };
        model.timeline.with(|t| t.as_ref().map(drawn))
    };
    let chosen = move || {
        let (span, brush) = (model.span.get()?, brush()?);
        Some(brush_mark(span, brush, width.get(), height()))
    };
    let label = move || {
        let count = lanes.get();
        format!("Timeline with {count} lanes. Drag to choose a stretch, turn the wheel to zoom.")
    };
    let pointer = move |event: &ev::PointerEvent| x_in(node, event) - LABEL_PX;
    let down = move |event: ev::PointerEvent| press(model, dragging, pointer(&event), width.get_untracked(), &event);
    let moved = move |event: ev::PointerEvent| {
        if let (Some((held, _)), Some(span)) = (dragging.get_untracked(), model.span.get_untracked()) {
            dragging.set(Some((held, drag(held, span, pointer(&event), width.get_untracked()))));
        }
    };
    let up = move |_| {
        if let Some((_, brush)) = dragging.get_untracked() {
            dragging.set(None);
            if brush != model.brush.get_untracked() {
                model.choose.run(brush);
            }
        }
    };
    view! {
        <div class="lanes" node_ref=node tabindex="0" role="group" aria-label=label
            on:wheel=move |event| wheel(model, width.get_untracked(), node, &event)
            on:keydown=move |event| keys(model, &event)
            on:pointerdown=down on:pointermove=moved on:pointerup=up
        >
            <svg height=height style:width="100%">
                {axis}
                <Lanes model width />
                {gaps}
                {chosen}
            </svg>
        </div>
    }
}

fn axis(span: Span, width: f64, height: f64, zone: Zone) -> impl IntoView {
    let shift = time::offset_ms(Timestamp::from_nanos(span.from), zone) / 60_000;
    let tick = |tick: Tick| {
        let x = LABEL_PX + span.x(tick.at, width);
        let class = if tick.strong { "t-mid-a t-strong" } else { "t-mid-a" };
        view! {
            <path class="lane-line" d=format!("M{x:.1} 16V{height:.0}") />
            <text class=class x=format!("{x:.1}") y="11">{tick.label}</text>
        }
    };
    let ticks = ticks(span, width, i32::try_from(shift).unwrap_or(0));
    ticks.into_iter().map(tick).collect_view()
}

fn hatched(gap: &Gap, span: Span, width: f64, height: f64) -> Option<impl IntoView + use<>> {
    let from = span.x(gap.from.nanos(), width).max(0.0);
    let to = span.x(gap.to.nanos(), width).min(width);
    (to > from).then(|| {
        let (left, right) = (LABEL_PX + from, LABEL_PX + to);
        view! {
            <rect class="gap-bg" x=left y="16" width=to - from height=height - 16.0 />
            <rect class="gap" x=left y="16" width=to - from height=height - 16.0 />
            <path class="gap-edge" d=format!("M{left:.1} 16V{height}M{right:.1} 16V{height}") />
        }
    })
}

fn brush_mark(span: Span, brush: Span, width: f64, height: f64) -> impl IntoView {
    let left = LABEL_PX + span.x(brush.from, width).clamp(0.0, width);
    let right = LABEL_PX + span.x(brush.to, width).clamp(0.0, width);
    view! {
        <rect class="brush" x=left y="16" width=(right - left).max(1.0) height=height - 16.0 />
        <path class="brush-edge" d=format!("M{left:.1} {height}V16.75H{right:.1}V{height}") />
    }
}

fn press(
    model: PlotModel,
    dragging: RwSignal<Option<(Grip, Option<Span>)>>,
    x: f64,
    width: f64,
    event: &ev::PointerEvent,
) {
    let Some(span) = model.span.get_untracked().filter(|_| event.button() == 0 && x >= -4.0) else {
        return;
    };
    let target = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
    if let Some(mark) = target.as_ref().and_then(|t| t.closest("[data-event]").ok().flatten()) {
        if let Some(id) = mark.get_attribute("data-event") {
            model.open.run(EventId::new(id));
        }
        return;
    }
    if let Some(target) = target {
        let _ = target.set_pointer_capture(event.pointer_id());
    }
    let brush = model.brush.get_untracked();
    dragging.set(Some((grip(brush, span, x, width), brush)));
}

fn wheel(model: PlotModel, width: f64, node: NodeRef<html::Div>, event: &ev::WheelEvent) {
    let (Some(span), Some(bounds)) = (model.span.get_untracked(), model.bounds.get_untracked()) else {
        return;
    };
    let x = x_in(node, event) - LABEL_PX;
    // Over the names the wheel scrolls the lanes.
    if x < 0.0 {
        return;
    }
    event.prevent_default();
    let across = event.delta_x() + if event.shift_key() { event.delta_y() } else { 0.0 };
    if across.abs() > event.delta_y().abs() || event.shift_key() {
        let by = (across / width * span.length() as f64) as i64;
        model.look.run(span.pan(by, bounds));
    } else {
        let factor = (event.delta_y() * 0.0022).exp();
        model.look.run(span.zoom(factor, span.at(x, width), bounds));
    }
}

fn keys(model: PlotModel, event: &ev::KeyboardEvent) {
    let (Some(span), Some(bounds)) = (model.span.get_untracked(), model.bounds.get_untracked()) else {
        return;
    };
    let middle = span.from + span.length() / 2;
    match event.key().as_str() {
        "ArrowLeft" => model.look.run(span.pan(-span.length() / 8, bounds)),
        "ArrowRight" => model.look.run(span.pan(span.length() / 8, bounds)),
        "+" | "=" => model.look.run(span.zoom(0.5, middle, bounds)),
        "-" => model.look.run(span.zoom(2.0, middle, bounds)),
        "0" => model.look.run(bounds),
        "Escape" if model.brush.get_untracked().is_some() => model.choose.run(None),
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}
