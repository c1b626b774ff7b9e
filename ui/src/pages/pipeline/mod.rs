//! The pipeline as it is wired: what went in, what came out, what was left out and why, what is dead and can be driven again.

mod boxes;
mod dead;
mod graph;
mod senders;
mod words;

use crate::{
    api::{self, fetch},
    components::{Age, FaultNotice, Notice, NoticeKind, Pending, number},
    live::use_live,
};
use leptos::prelude::*;
use watchfloor_shared::pipeline::PipelineSnapshot;

/// A stage this late is said to be behind.
pub const BEHIND_MS: i64 = 5_000;

/// Deaths of all stages.
pub fn dead_of(snapshot: &PipelineSnapshot) -> i64 {
    snapshot
        .stages
        .iter()
        .flat_map(|stage| &stage.dead)
        .map(|reason| reason.count)
        .sum()
}

pub fn received(snapshot: &PipelineSnapshot) -> i64 {
    snapshot.sources.iter().map(|source| source.events).sum()
}

#[component]
pub fn PipelinePage() -> impl IntoView {
    let live = use_live();
    let first = fetch(|| Some(()), |()| api::pipeline::snapshot());
    let snapshot = Memo::new(move |_| live.pipeline.get().or_else(|| first.value.get()));
    let dead = Memo::new(move |_| snapshot.with(|s| s.as_ref().map(dead_of)));
    let at = Signal::derive(move || snapshot.with(|s| s.as_ref().map(|s| s.at)));
    let sum = move || snapshot.with(|s| s.as_ref().map(sum));
    view! {
        <div class="pagehead">
            <h1>"Pipeline"</h1>
            <span class="sum">{sum}</span>
            <span class="grow"></span>
            <span class="quiet">{move || snapshot.get().map(|s| view! { "counted " <Age at=s.at words=true /> })}</span>
        </div>
        <FaultNotice fault=first.fault again=move || first.again() />
        {move || snapshot.with(|s| s.as_ref().map(faults))}
        <Pending here=Signal::derive(move || snapshot.with(Option::is_some)) fault=first.fault />
        <graph::StageGraph snapshot />
        <senders::Senders at />
        <dead::DeadLetters dead />
    }
}

fn sum(snapshot: &PipelineSnapshot) -> impl IntoView + use<> {
    let unaccounted = snapshot.unaccounted;
    let class = if unaccounted == 0 { "" } else { "fault-text" };
    view! {
        {number::counted(received(snapshot), "event", "events")} " received, "
        {number::count(dead_of(snapshot))} " dead, "
        <span class=class>{number::count(unaccounted)} " unaccounted"</span>
        ", " {number::rate(snapshot.events_per_second)} " events/s now"
    }
}

/// One line per impaired stage; nothing when all is well.
fn faults(snapshot: &PipelineSnapshot) -> impl IntoView + use<> {
    let mut lines: Vec<String> = Vec::new();
    for stage in &snapshot.stages {
        if let Some(fault) = &stage.fault {
            lines.push(format!("{} stands still: {fault}", stage.name));
        } else if stage.lag_ms > BEHIND_MS {
            lines.push(format!(
                "{} is {} behind, {} in flight.",
                stage.name,
                number::duration_ms(stage.lag_ms as f64),
                number::count(stage.in_flight)
            ));
        }
        if stage.unaccounted != 0 {
            lines.push(format!(
                "{} cannot account for {}: in is not out + suppressed + dead + in flight.",
                stage.name,
                number::counted(stage.unaccounted, "event", "events")
            ));
        }
    }
    let line = |text: String| view! { <Notice kind=NoticeKind::Fault><span>{text}</span></Notice> };
    lines.into_iter().map(line).collect_view()
}
