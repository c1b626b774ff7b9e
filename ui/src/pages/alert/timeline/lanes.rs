//! The lanes: the life of each process as a bar, its events as marks, alerts with their severity's shape.

use super::plot::{LABEL_PX, LANE_PX, PlotModel};
use crate::{
    components::{event_table::exact_time, number, severity},
    layout::timeline::{Dot, Span, dots},
    state::{Zone, use_preferences},
    words::lower,
};
use leptos::prelude::*;
use watchfloor_shared::{
    alert::Severity,
    timeline::{Lane, Mark, MarkKind},
    tree::ArtifactKind,
};

const TOP: f64 = 20.0;

#[component]
pub fn Lanes(model: PlotModel, width: Memo<f64>) -> impl IntoView {
    let zone = use_preferences().zone;
    move || {
        let span = model.span.get()?;
        let lanes = model.timeline.with(|t| t.as_ref().map(|t| t.lanes.clone()))?;
        let lane = |(at, lane): (usize, &Lane)| draw(model, lane, at, span, width.get(), zone.get());
        Some(lanes.iter().enumerate().map(lane).collect_view())
    }
}

fn draw(model: PlotModel, lane: &Lane, at: usize, span: Span, width: f64, zone: Zone) -> impl IntoView + use<> {
    let y = TOP + at as f64 * LANE_PX;
    let middle = y + LANE_PX / 2.0;
    let room = ((LABEL_PX - 22.0) / 7.2) as usize;
    let name: String = if lane.label.chars().count() > room {
        lane.label.chars().take(room - 1).chain(['…']).collect()
    } else {
        lane.label.clone()
    };
    let life = life(lane, span, width).map(|(x, length)| {
        let class = if lane.on_path { "lane-alive lit" } else { "lane-alive" };
        view! { <rect class=class x=LABEL_PX + x y=middle - 4.0 width=length height="8" rx="1" /> }
    });
    let all = dots(&lane.marks, span, width, 3.0);
    let plain: String = all
        .iter()
        .filter(|dot| dot.severity.is_none())
        .map(|dot| format!("M{:.1} {:.1}v12", LABEL_PX + dot.x, middle - 6.0))
        .collect();
    let alerts = all.iter().filter_map(|dot| Some((dot, dot.severity?)));
    let alerts = alerts
        .map(|(dot, severity)| alert_mark(dot, severity, &lane.marks[dot.first], middle))
        .collect_view();
    let (label, marks) = (lane.label.clone(), lane.marks.clone());
    let hover = move |event: leptos::ev::PointerEvent| {
        let x = f64::from(event.offset_x()) - LABEL_PX;
        let near = all.iter().min_by(|a, b| (a.x - x).abs().total_cmp(&(b.x - x).abs()));
        let near = near.filter(|dot| (dot.x - x).abs() < 12.0);
        model
            .hovered
            .set(near.map(|dot| words(&label, &marks[dot.first], dot.count, zone)));
    };
    let summary = format!(
        "{}: {}",
        lane.label,
        number::counted(i64::try_from(lane.marks.len()).unwrap_or(0), "mark", "marks")
    );
    view! {
        <g class="lane" role="img" aria-label=summary on:pointermove=hover on:pointerleave=move |_| model.hovered.set(None)>
            <rect class="lane-room" x="0" y=y width=LABEL_PX + width height=LANE_PX />
            <path class="lane-line" d=format!("M0 {:.1}H{:.1}", y + LANE_PX, LABEL_PX + width + 16.0) />
            <text class=if lane.on_path { "t-strong" } else { "t-text" } x="16" y=middle + 4.0>{name}</text>
            {life}
            <path class="ev-marks" d=plain />
            {alerts}
        </g>
    }
}

/// Where the bar of the lane's life lies; nothing when it is not in sight or no life is known.
fn life(lane: &Lane, span: Span, width: f64) -> Option<(f64, f64)> {
    let begin = lane.begin.or(lane.marks.first().map(|mark| mark.at))?;
    let from = span.x(begin.nanos(), width).max(0.0);
    let to = lane.end.map_or(width, |end| span.x(end.nanos(), width)).min(width);
    (to > 0.0 && from < width).then(|| (from, (to - from).max(2.0)))
}

fn alert_mark(dot: &Dot, severity: Severity, mark: &Mark, middle: f64) -> impl IntoView + use<> {
    let place = format!("translate({:.1} {:.1})", LABEL_PX + dot.x - 6.0, middle - 6.0);
    let class = match severity {
        Severity::Low => "fill-low alert-mark",
        Severity::Medium => "fill-medium alert-mark",
        Severity::High => "fill-high alert-mark",
        Severity::Critical => "fill-critical alert-mark",
    };
    view! {
        <g class=class transform=place data-event=mark.event_id.to_string()>
            <path fill-rule="evenodd" d=severity::shape(severity) />
        </g>
    }
}

fn words(lane: &str, mark: &Mark, count: i64, zone: Zone) -> String {
    let kind = match mark.kind {
        MarkKind::ProcessStart => "start",
        MarkKind::ProcessEnd => "end",
        MarkKind::Logon => "logon",
        MarkKind::Other => "event",
        MarkKind::Touch(kind) => match kind {
            ArtifactKind::Process => "process access",
            ArtifactKind::File => "file",
            ArtifactKind::Network => "network",
            ArtifactKind::Registry => "registry",
            ArtifactKind::Module => "module",
            ArtifactKind::Pipe => "pipe",
            ArtifactKind::Dns => "DNS",
        },
    };
    let times = if count > 1 {
        format!(" ×{}", number::count(count))
    } else {
        String::new()
    };
    let alert = mark
        .severity
        .map(|s| format!(", {} alert", lower(severity::word(s))))
        .unwrap_or_default();
    format!(
        "{}  {lane}  {kind}{times}{alert}  {}",
        exact_time(mark.at, zone, false),
        mark.label
    )
}
