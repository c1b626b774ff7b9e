//! Counts over time as stacked columns. Gaps in telemetry are hatched, not drawn as zero. Dragging chooses a range.

use super::{measure::use_size, number, scale::TimeScale, sweep::Sweep, time};
use crate::state::{Zone, use_preferences};
use leptos::{ev, html, prelude::*};
use std::fmt::Write;
use watchfloor_shared::{Timestamp, search::TimeBucket};

/// One step. `parts` are stacked from the bottom in the order of the histogram's classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub start: Timestamp,
    pub parts: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns {
    pub from: Timestamp,
    pub to: Timestamp,
    pub interval_ms: i64,
    pub columns: Vec<Column>,
    pub gaps: Vec<(Timestamp, Timestamp)>,
}

/// Steps without any event although there were events before and after.
pub fn gaps(volume: &[TimeBucket], interval_ms: i64) -> Vec<(Timestamp, Timestamp)> {
    let mut gaps: Vec<(Timestamp, Timestamp)> = Vec::new();
    let seen: Vec<&TimeBucket> = volume.iter().filter(|b| b.count > 0).collect();
    for pair in seen.windows(2) {
        let end = pair[0].start.millis() + interval_ms;
        if pair[1].start.millis() - end >= interval_ms {
            gaps.push((Timestamp::from_millis(end), pair[1].start));
        }
    }
    gaps
}

const AXIS_PX: f64 = 20.0;

/// `classes` colour the parts; `names` say what they are in the tip and in the table alternative.
#[component]
pub fn Histogram(
    #[prop(into)] label: String,
    #[prop(into)] data: Signal<Columns>,
    classes: &'static [&'static str],
    names: &'static [&'static str],
    #[prop(optional, into)] brush: Option<Callback<(Timestamp, Timestamp)>>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let size = use_size(node);
    let zone = use_preferences().zone;
    let scale = Memo::new(move |_| {
        data.with(|d| TimeScale {
            from: d.from,
            to: d.to,
            width: size.get().0,
        })
    });
    let plot = Memo::new(move |_| (size.get().1 - AXIS_PX).max(8.0));
    let top = Memo::new(move |_| {
        let most = data.with(|d| d.columns.iter().map(|c| c.parts.iter().sum::<i64>()).max().unwrap_or(0));
        nice_top(most)
    });
    let drawn = move || data.with(|d| columns_path(d, scale.get(), plot.get(), top.get(), classes.len()));
    let sweep = Sweep::over(node);
    let down = move |event: ev::PointerEvent| {
        if brush.is_some() {
            sweep.begin(&event);
        }
    };
    let up = move |_: ev::PointerEvent| {
        if let (Some(brush), Some((left, right))) = (brush, sweep.end()) {
            let scale = scale.get_untracked();
            brush.run((scale.at(left), scale.at(right)));
        }
    };
    view! {
        <div class="histogram" class:brushable=brush.is_some() node_ref=node on:pointerdown=down on:pointermove=move |event| sweep.go_on(&event) on:pointerup=up>
            <svg role="img" aria-label=label.clone()>
                {move || axis(scale.get(), plot.get(), top.get(), zone.get())}
                {move || data.with(|d| holes(&d.gaps, scale.get(), plot.get()))}
                {move || drawn().into_iter().zip(classes).map(|(path, class)| view! { <path class=*class d=path></path> }).collect_view()}
                {move || sweep.mark(plot.get())}
            </svg>
            <TableAlternative label=label data=data names=names/>
        </div>
    }
}

fn axis(scale: TimeScale, height: f64, top: i64, zone: Zone) -> impl IntoView {
    let width = scale.width;
    let ticks = scale.ticks(zone).into_iter().map(move |(x, text)| {
        view! {
            <path class="axis-strong" d=format!("M{x:.1} {height}v4")></path>
            <text class="t-mid-a" x=format!("{x:.1}") y=height + 16.0>{text}</text>
        }
    });
    let middle = height / 2.0;
    view! {
        <path class="axis" d=format!("M0 {middle:.1}H{width}")></path>
        <text class="t-end over" x=width - 4.0 y=format!("{:.1}", middle - 4.0)>{number::count(top / 2)}</text>
        <path class="axis-strong" d=format!("M0 {height}H{width}")></path>
        {ticks.collect_view()}
    }
}

fn holes(gaps: &[(Timestamp, Timestamp)], scale: TimeScale, height: f64) -> impl IntoView + use<> {
    let hole = |(from, to): &(Timestamp, Timestamp)| {
        let (x, end) = (scale.x(*from), scale.x(*to));
        view! { <rect class="gap" x=x y="0" width=(end - x).max(1.0) height=height><title>"No telemetry"</title></rect> }
    };
    gaps.iter().map(hole).collect_view()
}

/// The same numbers for those who cannot see the drawing.
#[component]
fn TableAlternative(label: String, data: Signal<Columns>, names: &'static [&'static str]) -> impl IntoView {
    let zone = use_preferences().zone;
    let rows = move || {
        let filled = data.with(|d| {
            d.columns
                .iter()
                .filter(|c| c.parts.iter().any(|n| *n > 0))
                .cloned()
                .collect::<Vec<_>>()
        });
        filled
            .into_iter()
            .take(200)
            .map(|column| {
                let cells = column
                    .parts
                    .iter()
                    .map(|n| view! { <td>{number::count(*n)}</td> })
                    .collect_view();
                view! { <tr><th scope="row">{time::exact(column.start, zone.get())}</th>{cells}</tr> }
            })
            .collect_view()
    };
    view! {
        <table class="visually-hidden">
            <caption>{label}</caption>
            <thead><tr><th scope="col">"Time"</th>{names.iter().map(|n| view! { <th scope="col">{*n}</th> }).collect_view()}</tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// One path per class: thousands of columns stay a handful of nodes.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn columns_path(data: &Columns, scale: TimeScale, height: f64, top: i64, classes: usize) -> Vec<String> {
    let mut paths = vec![String::new(); classes];
    if scale.width <= 0.0 {
        return paths;
    }
    let step = scale.x(Timestamp::from_millis(data.from.millis() + data.interval_ms));
    let width = (step - if step > 6.0 { 2.0 } else { 0.5 }).max(1.0);
    for column in &data.columns {
        let x = scale.x(column.start);
        let mut base = 0.0;
        for (path, count) in paths.iter_mut().zip(&column.parts) {
            if *count <= 0 {
                continue;
            }
            let tall = (*count as f64 / top as f64 * height).max(1.0);
            let _ = write!(path, "M{x:.1} {:.1}h{width:.1}v-{tall:.1}h-{width:.1}Z", height - base);
            base += tall;
        }
    }
    paths
}

/// The least of 2, 4, 10, 20, 40, 100 … that holds `most`.
fn nice_top(most: i64) -> i64 {
    let mut unit = 2;
    loop {
        for factor in [1, 2, 5] {
            if unit * factor >= most {
                return unit * factor;
            }
        }
        unit *= 10;
    }
}
