//! Small drawings: a line without axes, a bar of a share.

use leptos::prelude::*;
use std::fmt::Write;

const WIDTH: f64 = 88.0;
const HEIGHT: f64 = 18.0;

/// A line over equal steps; `None` is a stretch without data and is hatched, not drawn as zero.
#[component]
pub fn Sparkline(values: Vec<Option<f64>>, #[prop(into)] label: String) -> impl IntoView {
    let drawing = spark(&values);
    view! {
        <svg class="spark" viewBox="0 0 88 18" role="img" aria-label=label>
            <path class="area" d=drawing.area></path>
            <path d=drawing.line></path>
            {drawing.gaps.into_iter().map(|(x, width)| view! { <rect class="gap" x=x y="1" width=width height="16"></rect> }).collect_view()}
            {drawing.last.map(|(x, y)| view! { <circle class="last" cx=x cy=y r="1.8"></circle> })}
        </svg>
    }
}

#[derive(Default)]
struct Spark {
    line: String,
    area: String,
    gaps: Vec<(f64, f64)>,
    last: Option<(f64, f64)>,
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred steps")]
fn spark(values: &[Option<f64>]) -> Spark {
    let top = values.iter().flatten().fold(0.0_f64, |a, b| a.max(*b)).max(1.0);
    let step = (WIDTH - 4.0) / (values.len().max(2) - 1) as f64;
    let x = |i: usize| 2.0 + step * i as f64;
    let y = |v: f64| HEIGHT - 2.0 - v / top * (HEIGHT - 5.0);
    let mut out = Spark::default();
    let mut start: Option<usize> = None;
    for (i, value) in values.iter().enumerate() {
        let Some(value) = value else {
            if let Some(begin) = start.take() {
                let _ = write!(out.area, "L{:.1} {HEIGHT}L{:.1} {HEIGHT}Z", x(i - 1), x(begin));
            }
            out.gaps.push((x(i.saturating_sub(1)), step));
            continue;
        };
        let pen = if start.is_none() { 'M' } else { 'L' };
        start.get_or_insert(i);
        let _ = write!(out.line, "{pen}{:.1} {:.1}", x(i), y(*value));
        let _ = write!(out.area, "{pen}{:.1} {:.1}", x(i), y(*value));
        out.last = Some((x(i), y(*value)));
    }
    if let (Some(begin), Some((last, _))) = (start, out.last) {
        let _ = write!(out.area, "L{last:.1} {HEIGHT}L{:.1} {HEIGHT}Z", x(begin));
    }
    out
}

/// How much of the whole, 0 to 1.
#[component]
pub fn Bar(share: f64, #[prop(optional)] fault: bool) -> impl IntoView {
    let width = format!("{:.1}", (share * 100.0).clamp(0.0, 100.0));
    view! {
        <svg class="hbarline" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect class="fill-n4" width="100" height="6"></rect>
            <rect class=if fault { "fill-fault" } else { "fill-n9" } width=width height="6"></rect>
        </svg>
    }
}
