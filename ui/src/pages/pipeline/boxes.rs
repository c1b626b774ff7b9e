//! The boxes of the drawing: a source, a stage with its ledger, what a stage leaves behind.

use super::{BEHIND_MS, words};
use crate::{
    components::number,
    layout::stages::{HEAD, Node, Rect, sinks},
    words::capital,
};
use leptos::prelude::*;
use watchfloor_shared::pipeline::{PipelineSnapshot, ReasonCount, StageSnapshot};

/// Widths of letters at 12 px: a digit of the monospaced face, most letters of the other.
const DIGIT_PX: f64 = 7.2;
const LETTER_PX: f64 = 6.2;

pub fn is_impaired(stage: &StageSnapshot) -> bool {
    stage.fault.is_some() || stage.lag_ms > BEHIND_MS || stage.unaccounted != 0
}

/// `line` is the height of a line in a stage's box.
pub fn draw(snapshot: &PipelineSnapshot, node: Node, rect: Rect, line: f64) -> AnyView {
    match node {
        Node::Source(at) => {
            let source = &snapshot.sources[at];
            small(rect, source.name.clone(), number::count(source.events)).into_any()
        }
        Node::Stage(at) => stage(&snapshot.stages[at], rect, line).into_any(),
        Node::Sink(at) => {
            let names = sinks(snapshot, at);
            let records: i64 = snapshot
                .topics
                .iter()
                .filter(|t| names.contains(&t.name.as_str()))
                .map(|t| t.records)
                .sum();
            // A store says nothing of its own.
            let records = match records == 0 && names.iter().any(|name| name.starts_with('<')) {
                true => snapshot.stages[at].emitted,
                false => records,
            };
            let shown: Vec<String> = names.iter().map(|name| words::output(name)).collect();
            small(rect, shown.join(", "), number::count(records)).into_any()
        }
    }
}

fn place(rect: Rect) -> String {
    format!("translate({:.0} {:.0})", rect.x, rect.y)
}

fn small(rect: Rect, name: String, count: String) -> impl IntoView {
    let shown = beside(&name, &count, rect.width);
    view! {
        <g class="topic" transform=place(rect)>
            <rect width=rect.width height=rect.height rx="3" />
            <title>{name}</title>
            <text class="t-sans t-text" x="10" y="19">{shown}</text>
            <text class="t-end t-strong" x=rect.width - 10.0 y="19">{count}</text>
        </g>
    }
}

/// As much of the name as has room beside the count.
fn beside(name: &str, count: &str, width: f64) -> String {
    let room = width - 30.0 - DIGIT_PX * count.len() as f64;
    let room = (room / LETTER_PX).max(1.0) as usize;
    if name.chars().count() > room {
        name.chars().take(room.saturating_sub(1)).chain(['…']).collect()
    } else {
        name.to_owned()
    }
}

struct Line {
    name: String,
    count: i64,
    class: &'static str,
}

fn total(reasons: &[ReasonCount]) -> i64 {
    reasons.iter().map(|reason| reason.count).sum()
}

/// The ledger of a stage. The largest reasons for leaving something out are named, the rest is one line.
fn ledger(stage: &StageSnapshot) -> Vec<Line> {
    let line = |name: &str, count, class| Line {
        name: name.to_owned(),
        count,
        class,
    };
    let left_out = |reason: &&ReasonCount| line(&words::reason(&reason.reason), reason.count, "");
    let mut lines = vec![
        line("in", stage.received, "t-strong"),
        line("out", stage.emitted, "t-strong"),
    ];
    let mut suppressed: Vec<&ReasonCount> = stage.suppressed.iter().collect();
    suppressed.sort_by_key(|reason| std::cmp::Reverse(reason.count));
    match suppressed.as_slice() {
        [] => lines.push(line("suppressed", 0, "")),
        few if few.len() <= 3 => lines.extend(few.iter().map(left_out)),
        many => {
            let (named, rest) = many.split_at(2);
            lines.extend(named.iter().map(left_out));
            lines.push(line("other reasons", rest.iter().map(|reason| reason.count).sum(), ""));
        }
    }
    let dead = total(&stage.dead);
    lines.push(line("dead", dead, if dead > 0 { "t-fault" } else { "" }));
    lines.push(line(
        "in flight",
        stage.in_flight,
        if is_impaired(stage) { "t-fault" } else { "" },
    ));
    lines
}

fn stage(stage: &StageSnapshot, rect: Rect, line_px: f64) -> impl IntoView + use<> {
    let impaired = is_impaired(stage);
    let width = rect.width;
    let rows = ledger(stage).into_iter().enumerate().map(move |(at, line)| {
        let y = HEAD + 6.0 + line_px * (at as f64 + 0.5);
        let name = match line.class {
            "t-strong" => "t-sans t-text",
            "t-fault" => "t-sans t-fault",
            _ => "t-sans",
        };
        let count = number::count(line.count);
        let shown = beside(&line.name, &count, width);
        view! {
            <text class=name x="10" y=y>{shown}<title>{line.name}</title></text>
            <text class=format!("t-end {}", line.class) x=width - 10.0 y=y>{count}</text>
        }
    });
    let rows = rows.collect_view();
    let lag = if stage.lag_ms > BEHIND_MS {
        format!("{} behind", number::duration_ms(stage.lag_ms as f64))
    } else if stage.events_per_second > 0.0 {
        format!("{}/s", number::rate(stage.events_per_second))
    } else {
        number::duration_ms(stage.lag_ms as f64)
    };
    let label = format!(
        "{}: {} in, {} out, {} suppressed, {} dead, {} in flight, {} unaccounted",
        stage.name,
        stage.received,
        stage.emitted,
        total(&stage.suppressed),
        total(&stage.dead),
        stage.in_flight,
        stage.unaccounted
    );
    let class = if impaired { "stage slow" } else { "stage" };
    view! {
        <g class=class transform=place(rect) role="img" aria-label=label>
            <rect class="frame" width=width height=rect.height rx="3" />
            <path class="axis" d=format!("M0 {HEAD}H{width}") />
            <text class="t-sans t-strong t-mid t-13" x="10" y="20">{capital(&stage.name)}</text>
            <text class=if impaired { "t-end t-fault" } else { "t-end" } x=width - 10.0 y="20">{lag}</text>
            {rows}
        </g>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::stages::lines;

    #[test]
    fn every_reason_is_in_the_ledger_and_the_box_has_room_for_it() {
        for count in 0..7_i64 {
            let reason = |at: i64| ReasonCount {
                reason: format!("r{at}"),
                count: at + 1,
            };
            let stage = StageSnapshot {
                suppressed: (0..count).map(reason).collect(),
                ..StageSnapshot::default()
            };
            let ledger = ledger(&stage);
            assert_eq!(ledger.len(), lines(&stage), "{count} reasons");
            let middle = &ledger[2..ledger.len() - 2];
            assert_eq!(
                middle.iter().map(|line| line.count).sum::<i64>(),
                total(&stage.suppressed)
            );
        }
    }
}
