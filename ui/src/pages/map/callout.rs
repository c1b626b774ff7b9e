//! What is pointed at, in words, beside its place.

use super::{
    model::{FlowSum, scene::Arc, text},
    state::MapView,
};
use crate::{
    components::{SeverityMark, SimulatedBadge, number, time},
    state::use_preferences,
};
use leptos::{html, prelude::*};

const WIDTH_PX: f64 = 268.0;
const HEIGHT_PX: f64 = 76.0;
/// From the place to the nearest corner.
const AWAY_PX: f64 = 22.0;

#[component]
pub fn Callout(view: MapView) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let size = crate::components::measure::use_size(node);
    let lit = Memo::new(move |_| view.pointed.get().or(view.chosen.get()));
    let sum = move || {
        let id = lit.get()?;
        view.shown
            .with(|shown| shown.sums.iter().find(|sum| sum.flow.id == id).cloned())
    };
    let place = move || {
        view.moved.track();
        let id = lit.get()?;
        let from = view
            .shown
            .with(|shown| arc_of(&shown.scene.arcs, id).map(|arc| arc.from))?;
        let mut at = None;
        view.with_renderer(|renderer| at = renderer.locate(from));
        at
    };
    let drawn = move || {
        let ((x, y), sum) = (place()?, sum()?);
        let (width, height) = size.get();
        let to_left = x + AWAY_PX + WIDTH_PX > width;
        let to_top = y + AWAY_PX + HEIGHT_PX > height - 72.0;
        let left = if to_left { x - AWAY_PX - WIDTH_PX } else { x + AWAY_PX };
        let top = if to_top { y - AWAY_PX - HEIGHT_PX } else { y + AWAY_PX };
        let corner = (
            if to_left { left + WIDTH_PX } else { left },
            if to_top { top + HEIGHT_PX } else { top },
        );
        Some(view! {
            <svg class="leader" aria-hidden="true"><path d=format!("M{x:.1} {y:.1}L{:.1} {:.1}", corner.0, corner.1)></path></svg>
            <div class="callout" style:transform=format!("translate({left:.0}px,{top:.0}px)")>{words(sum)}</div>
        })
    };
    view! { <div class="callouts" node_ref=node>{drawn}</div> }
}

fn arc_of(arcs: &[Arc], flow: u64) -> Option<&Arc> {
    arcs.iter().find(|arc| arc.flow == flow)
}

fn words(sum: FlowSum) -> impl IntoView {
    let zone = use_preferences().zone.get();
    let flow = &sum.flow;
    let name = |end| super::model::top::end_name(end).unwrap_or_else(|| "unknown".to_owned());
    let times = match sum.count {
        1 => format!("once at {}", time::clock_time(sum.last, zone)),
        n => format!(
            "{} times since {}",
            number::count(i64::try_from(n).unwrap_or(i64::MAX)),
            time::clock_time(sum.first, zone)
        ),
    };
    view! {
        <p class="row-flex strong"><SeverityMark severity=flow.severity/><span class="cut">{flow.rule.clone()}</span>
            {flow.simulated.then(|| view! { <SimulatedBadge short=true/> })}</p>
        <p class="cut"><span class="mono strong">{name(&flow.source)}</span>" "{text::whereabouts(&flow.source)}</p>
        <p class="cut"><span class="mono strong">{name(&flow.destination)}</span>" "{text::whereabouts(&flow.destination)}", "{times}</p>
    }
}
