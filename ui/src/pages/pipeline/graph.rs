//! The drawing of the stages; it fills its space and keeps its words at their size.

use super::boxes;
use crate::{
    components::measure::use_size,
    layout::stages::{Node, Wire, graph},
};
use leptos::{html, prelude::*};
use watchfloor_shared::pipeline::PipelineSnapshot;

#[component]
pub fn StageGraph(#[prop(into)] snapshot: Signal<Option<PipelineSnapshot>>) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let size = use_size(node);
    let drawing = move || {
        let (width, height) = size.get();
        if width <= 0.0 {
            return None;
        }
        snapshot.with(|snapshot| snapshot.as_ref().map(|snapshot| draw(snapshot, width, height - 34.0)))
    };
    view! {
        <div class="wires" node_ref=node role="region" aria-label="Stages" tabindex="0">
            {drawing}
            <p class="ledger-law">
                "in = out + suppressed + dead + in flight, for every stage, or it says so here: "
                {move || snapshot.with(|s| s.as_ref().map(|s| crate::components::number::count(s.unaccounted)))}
                " unaccounted"
            </p>
        </div>
    }
}

fn draw(snapshot: &PipelineSnapshot, width: f64, height: f64) -> impl IntoView + use<> {
    let graph = graph(snapshot, width, height);
    let wires = graph.wires.iter().map(|wire| {
        let class = if is_slow(snapshot, wire) { "wire slow" } else { "wire" };
        view! { <path class=class d=wire.path.clone() /> }
    });
    let wires = wires.collect_view();
    let boxes = graph
        .boxes
        .iter()
        .map(|(node, rect)| boxes::draw(snapshot, *node, *rect, graph.line))
        .collect_view();
    view! {
        <svg
            viewBox=format!("0 0 {} {}", graph.width, graph.height)
            width=graph.width
            height=graph.height
            role="group"
            aria-label="The stages as they are wired"
        >
            {wires}
            {boxes}
        </svg>
    }
}

/// A wire into a stage that stands still or is behind.
fn is_slow(snapshot: &PipelineSnapshot, wire: &Wire) -> bool {
    match wire.to {
        Node::Stage(at) => boxes::is_impaired(&snapshot.stages[at]),
        Node::Source(_) => false,
        Node::Sink(at) => boxes::is_impaired(&snapshot.stages[at]),
    }
}
