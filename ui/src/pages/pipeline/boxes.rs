//! The boxes of the drawing: a source, a stage with its ledger, what a stage leaves behind.

use super::BEHIND_MS;
use crate::{
    components::number,
    layout::stages::{HEAD, LINE, Node, Rect, sinks},
};
use leptos::prelude::*;
use watchfloor_shared::pipeline::{PipelineSnapshot, ReasonCount, StageSnapshot};

pub fn is_impaired(stage: &StageSnapshot) -> bool {
    stage.fault.is_some() || stage.lag_ms > BEHIND_MS || stage.unaccounted != 0
}

pub fn draw(snapshot: &PipelineSnapshot, node: Node, rect: Rect) -> AnyView {
    match node {
        Node::Source(at) => {
            let source = &snapshot.sources[at];
            small(rect, source.name.clone(), number::count(source.events)).into_any()
        }
        Node::Stage(at) => stage(&snapshot.stages[at], rect).into_any(),
        Node::Sink(at) => {
            let names = sinks(snapshot, at);
            let records: i64 = snapshot
                .topics
                .iter()
                .filter(|t| names.contains(&t.name.as_str()))
                .map(|t| t.records)
                .sum();
            let records = if records > 0 {
                records
            } else {
                snapshot.stages[at].emitted
            };
            small(rect, names.join(", "), number::count(records)).into_any()
        }
    }
}

fn place(rect: Rect) -> String {
    format!("translate({:.0} {:.0})", rect.x, rect.y)
}

fn small(rect: Rect, name: String, count: String) -> impl IntoView {
    let room = ((rect.width - 30.0) / 7.2) as usize;
    let room = room.saturating_sub(count.len());
    let name = if name.chars().count() > room {
        name.chars().take(room.saturating_sub(1)).chain(['…']).collect()
    } else {
        name
    };
    view! {
        <g class="topic" transform=place(rect)>
            <rect width=rect.width height=rect.height rx="3" />
            <text class="t-sans t-text" x="10" y="19">{name}</text>
            <text class="t-end t-strong" x=rect.width - 10.0 y="19">{count}</text>
        </g>
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
        name: name.replace('_', " "),
        count,
        class,
    };
    let mut lines = vec![
        line("in", stage.received, "t-strong"),
        line("out", stage.emitted, "t-strong"),
    ];
    let mut suppressed: Vec<&ReasonCount> = stage.suppressed.iter().collect();
    suppressed.sort_by_key(|reason| std::cmp::Reverse(reason.count));
    match suppressed.as_slice() {
        [] => lines.push(line("suppressed", 0, "")),
        [one] => lines.push(line(&one.reason, one.count, "")),
        [a, b] => lines.extend([line(&a.reason, a.count, ""), line(&b.reason, b.count, "")]),
        [a, b, c] => lines.extend([a, b, c].map(|r| line(&r.reason, r.count, ""))),
        [a, b, rest @ ..] => {
            let others = rest.iter().map(|reason| reason.count).sum();
            lines.extend([
                line(&a.reason, a.count, ""),
                line(&b.reason, b.count, ""),
                line("other reasons", others, ""),
            ]);
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

fn stage(stage: &StageSnapshot, rect: Rect) -> impl IntoView + use<> {
    let impaired = is_impaired(stage);
    let width = rect.width;
    let rows = ledger(stage).into_iter().enumerate().map(move |(at, line)| {
        let y = HEAD + 15.0 + LINE * at as f64;
        let name = match line.class {
            "t-strong" => "t-sans t-text",
            "t-fault" => "t-sans t-fault",
            _ => "t-sans",
        };
        view! {
            <text class=name x="10" y=y>{line.name}</text>
            <text class=format!("t-end {}", line.class) x=width - 10.0 y=y>{number::count(line.count)}</text>
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

fn capital(name: &str) -> String {
    let mut letters = name.replace('_', " ").chars().collect::<Vec<_>>();
    if let Some(first) = letters.first_mut() {
        *first = first.to_ascii_uppercase();
    }
    letters.into_iter().collect()
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
