//! The pipeline's stages in columns, as their topics wire them: a stage stands one column after the last one that feeds it.
//! The drawing fills its space; words keep their size.

use std::collections::HashMap;
use watchfloor_shared::pipeline::{PipelineSnapshot, StageSnapshot};

/// Where records go that no stage could take. It feeds nothing, so it gives no order.
pub const DEAD_LETTERS: &str = "dead-letters";

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Node {
    /// Position in `PipelineSnapshot::sources`.
    Source(usize),
    /// Position in `PipelineSnapshot::stages`.
    Stage(usize),
    /// Output of the stage at this position which no other stage reads.
    Sink(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Wire {
    pub from: Node,
    pub to: Node,
    /// SVG path data.
    pub path: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Graph {
    pub boxes: Vec<(Node, Rect)>,
    pub wires: Vec<Wire>,
    pub width: f64,
    pub height: f64,
    /// Height of a line in the boxes.
    pub line: f64,
}

const LINE_MIN: f64 = 18.0;
const LINE_MAX: f64 = 26.0;
pub const HEAD: f64 = 30.0;
const FOOT: f64 = 10.0;
const SMALL: f64 = 30.0;
const BOX_MIN: f64 = 176.0;
const BOX_MAX: f64 = 280.0;
const GAP_MIN: f64 = 30.0;
const GAP_MAX: f64 = 120.0;
const BETWEEN: f64 = 10.0;
const BETWEEN_MAX: f64 = 72.0;
const MARGIN: f64 = 16.0;

/// Lines in a stage's box: in, out, each reason for leaving something out, dead, in flight.
pub fn lines(stage: &StageSnapshot) -> usize {
    5 + stage.suppressed.len().saturating_sub(1).min(2)
}

fn feeds(from: &StageSnapshot, to: &StageSnapshot) -> bool {
    from.outputs
        .iter()
        .any(|topic| topic != DEAD_LETTERS && to.inputs.contains(topic))
}

/// Topics that the stage writes and nobody reads.
pub fn sinks(snapshot: &PipelineSnapshot, stage: usize) -> Vec<&str> {
    let unread = |topic: &&String| {
        topic.as_str() != DEAD_LETTERS && !snapshot.stages.iter().any(|other| other.inputs.contains(topic))
    };
    snapshot.stages[stage]
        .outputs
        .iter()
        .filter(unread)
        .map(String::as_str)
        .collect()
}

/// Column of each stage. A ring of topics cannot make it run for ever: no stage lies deeper than there are stages.
fn columns(snapshot: &PipelineSnapshot) -> Vec<usize> {
    let stages = &snapshot.stages;
    let mut column = vec![0; stages.len()];
    for _ in 0..stages.len() {
        let mut settled = true;
        for (from, to) in pairs(stages) {
            let least = column[from] + 1;
            if column[to] < least && least < stages.len() {
                column[to] = least;
                settled = false;
            }
        }
        if settled {
            break;
        }
    }
    column
}

fn pairs(stages: &[StageSnapshot]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let all = (0..stages.len()).flat_map(|from| (0..stages.len()).map(move |to| (from, to)));
    all.filter(|(from, to)| from != to && feeds(&stages[*from], &stages[*to]))
}

fn links(snapshot: &PipelineSnapshot, column: &[usize]) -> Vec<(Node, Node)> {
    let mut links = Vec::new();
    let is_written = |topic: &String| snapshot.stages.iter().any(|from| from.outputs.contains(topic));
    let is_first = |at: usize| !snapshot.stages[at].inputs.iter().all(is_written);
    for at in (0..snapshot.stages.len()).filter(|at| is_first(*at)) {
        links.extend(in_use(snapshot).map(|source| (Node::Source(source), Node::Stage(at))));
    }
    links.extend(
        pairs(&snapshot.stages)
            .filter(|(from, to)| column[*from] < column[*to])
            .map(|(from, to)| (Node::Stage(from), Node::Stage(to))),
    );
    for at in (0..snapshot.stages.len()).filter(|at| !sinks(snapshot, *at).is_empty()) {
        links.push((Node::Stage(at), Node::Sink(at)));
    }
    links
}

/// Doors that took something: there are many, and few are used at one place.
fn in_use(snapshot: &PipelineSnapshot) -> impl Iterator<Item = usize> + '_ {
    let sources = snapshot.sources.iter().enumerate();
    sources.filter(|(_, source)| source.events > 0).map(|(at, _)| at)
}

fn height_of(snapshot: &PipelineSnapshot, node: Node, line: f64) -> f64 {
    match node {
        Node::Stage(at) => HEAD + line * lines(&snapshot.stages[at]) as f64 + FOOT,
        Node::Source(_) | Node::Sink(_) => SMALL,
    }
}

/// Nodes by column, each column ordered by the middle of what feeds it.
fn arrange(snapshot: &PipelineSnapshot) -> (Vec<Vec<Node>>, Vec<(Node, Node)>) {
    let column = columns(snapshot);
    let links = links(snapshot, &column);
    let deepest = column.iter().max().map_or(0, |c| c + 1);
    let mut grid: Vec<Vec<Node>> = vec![Vec::new(); deepest + 2];
    grid[0].extend(in_use(snapshot).map(Node::Source));
    for (at, column) in column.iter().enumerate() {
        grid[column + 1].push(Node::Stage(at));
    }
    for link in &links {
        if let Node::Sink(at) = link.1 {
            grid[column[at] + 2].push(Node::Sink(at));
        }
    }
    grid.retain(|nodes| !nodes.is_empty());
    let mut order: HashMap<Node, f64> = HashMap::new();
    for nodes in &mut grid {
        let middle = |node: &Node| {
            let feeding: Vec<f64> = links
                .iter()
                .filter(|link| link.1 == *node)
                .filter_map(|link| order.get(&link.0).copied())
                .collect();
            if feeding.is_empty() {
                0.0
            } else {
                feeding.iter().sum::<f64>() / feeding.len() as f64
            }
        };
        let mut keyed: Vec<(f64, Node)> = nodes.iter().map(|node| (middle(node), *node)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        *nodes = keyed.into_iter().map(|(_, node)| node).collect();
        let count = nodes.len() as f64;
        order.extend(
            nodes
                .iter()
                .enumerate()
                .map(|(at, node)| (*node, (at as f64 + 0.5) / count)),
        );
    }
    (grid, links)
}

/// The tallest line with which every column still fits.
fn line_of(snapshot: &PipelineSnapshot, grid: &[Vec<Node>], room: f64) -> f64 {
    let fitting = |nodes: &Vec<Node>| {
        let fixed: f64 = nodes
            .iter()
            .map(|node| height_of(snapshot, *node, 0.0) + 2.0 * BETWEEN)
            .sum();
        let lines: usize = nodes
            .iter()
            .filter_map(|node| match node {
                Node::Stage(at) => Some(lines(&snapshot.stages[*at])),
                Node::Source(_) | Node::Sink(_) => None,
            })
            .sum();
        (lines > 0).then(|| (room - fixed) / lines as f64)
    };
    let least = grid.iter().filter_map(fitting).fold(LINE_MAX, f64::min);
    least.clamp(LINE_MIN, LINE_MAX).floor()
}

/// The drawing for a space of `width` × `height`; larger than that when the boxes do not fit.
pub fn graph(snapshot: &PipelineSnapshot, width: f64, height: f64) -> Graph {
    let (grid, links) = arrange(snapshot);
    let count = grid.len().max(1) as f64;
    let usable = width - 2.0 * MARGIN;
    let gap = (usable * 0.22 / (count - 1.0).max(1.0)).clamp(GAP_MIN, GAP_MAX);
    let box_width = ((usable - gap * (count - 1.0)) / count).clamp(BOX_MIN, BOX_MAX).floor();
    let gap = ((usable - box_width * count) / (count - 1.0).max(1.0))
        .clamp(GAP_MIN, GAP_MAX)
        .floor();
    let total_width = (box_width * count + gap * (count - 1.0) + 2.0 * MARGIN).max(width);
    let left = (total_width - box_width * count - gap * (count - 1.0)) / 2.0;
    let line = line_of(snapshot, &grid, height - 2.0 * MARGIN);
    let tall = |nodes: &[Node]| nodes.iter().map(|node| height_of(snapshot, *node, line)).sum::<f64>();
    let needed = grid
        .iter()
        .map(|nodes| tall(nodes) + BETWEEN * (nodes.len() as f64 - 1.0))
        .fold(0.0, f64::max);
    let total_height = (needed + 2.0 * MARGIN).max(height);
    let mut boxes = Vec::new();
    for (column, nodes) in grid.iter().enumerate() {
        let free = total_height - 2.0 * MARGIN - tall(nodes);
        let between = (free / nodes.len().max(1) as f64).clamp(BETWEEN, BETWEEN_MAX);
        let used = tall(nodes) + between * (nodes.len() as f64 - 1.0);
        let mut y = ((total_height - used) / 2.0).floor();
        for node in nodes {
            let height = height_of(snapshot, *node, line);
            let x = (left + column as f64 * (box_width + gap)).floor();
            boxes.push((
                *node,
                Rect {
                    x,
                    y,
                    width: box_width,
                    height,
                },
            ));
            y += height + between;
        }
    }
    let place: HashMap<Node, Rect> = boxes.iter().copied().collect();
    let wire = |(from, to): (Node, Node)| {
        let (a, b) = (place.get(&from)?, place.get(&to)?);
        Some(Wire {
            from,
            to,
            path: wire_path(a, b, gap),
        })
    };
    let wires = links.into_iter().filter_map(wire).collect();
    Graph {
        boxes,
        wires,
        width: total_width,
        height: total_height,
        line,
    }
}

fn wire_path(from: &Rect, to: &Rect, gap: f64) -> String {
    let (x0, y0) = (from.x + from.width, from.y + from.height / 2.0);
    let (x1, y1) = (to.x, to.y + to.height / 2.0);
    if (y1 - y0).abs() < 6.0 {
        return format!("M{x0:.0} {y1:.1}H{x1:.0}");
    }
    let bend = x1 - gap / 2.0;
    let r = if y1 > y0 { 6.0 } else { -6.0 };
    format!(
        "M{x0:.0} {y0:.1}H{:.1}q6 0 6 {r}V{:.1}q0 {r} 6 {r}H{x1:.0}",
        bend - 6.0,
        y1 - r
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchfloor_shared::pipeline::SourceSnapshot;

    fn stage(name: &str, inputs: &[&str], outputs: &[&str]) -> StageSnapshot {
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        StageSnapshot {
            name: name.to_owned(),
            inputs: owned(inputs),
            outputs: owned(outputs),
            ..StageSnapshot::default()
        }
    }

    fn snapshot() -> PipelineSnapshot {
        let source = |name: &str| SourceSnapshot {
            name: name.to_owned(),
            events: 1,
        };
        PipelineSnapshot {
            stages: vec![
                stage(
                    "normalize",
                    &["sysmon-logs"],
                    &["normalized-endpoint-events", DEAD_LETTERS],
                ),
                stage("index", &["normalized-endpoint-events"], &["search index"]),
                stage(
                    "sigma",
                    &["normalized-endpoint-events"],
                    &["sigma-detections", DEAD_LETTERS],
                ),
                stage("alerts", &["sigma-detections"], &["logster-alerts"]),
            ],
            sources: vec![source("ndjson"), source("file"), source("simulator")],
            ..PipelineSnapshot::default()
        }
    }

    fn rect(graph: &Graph, node: Node) -> Rect {
        graph
            .boxes
            .iter()
            .find(|(n, _)| *n == node)
            .map(|(_, rect)| *rect)
            .unwrap_or_default()
    }

    #[test]
    fn each_stage_stands_after_what_feeds_it() {
        let graph = graph(&snapshot(), 1_300.0, 480.0);
        for wire in &graph.wires {
            let (from, to) = (rect(&graph, wire.from), rect(&graph, wire.to));
            assert!(from.x + from.width < to.x, "{wire:?}");
        }
        assert_eq!(graph.wires.len(), 3 + 3 + 2);
    }

    #[test]
    fn a_door_that_took_nothing_takes_no_room() {
        let mut snapshot = snapshot();
        snapshot.sources[1].events = 0;
        let graph = graph(&snapshot, 1_300.0, 480.0);
        let drawn = |at| graph.boxes.iter().any(|(node, _)| *node == Node::Source(at));
        assert_eq!([drawn(0), drawn(1), drawn(2)], [true, false, true]);
    }

    #[test]
    fn boxes_do_not_overlap_and_the_drawing_grows_with_its_space() {
        for (width, height) in [(1_100.0, 300.0), (1_300.0, 480.0), (1_780.0, 620.0)] {
            let graph = graph(&snapshot(), width, height);
            for (at, (_, a)) in graph.boxes.iter().enumerate() {
                for (_, b) in &graph.boxes[at + 1..] {
                    let apart =
                        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
                    assert!(apart, "{a:?} {b:?}");
                }
            }
            let right = graph.boxes.iter().map(|(_, r)| r.x + r.width).fold(0.0, f64::max);
            assert!(right > width * 0.93 && right <= width, "{right} of {width}");
        }
    }

    #[test]
    fn a_high_space_gives_higher_lines_and_never_a_drawing_that_must_be_scrolled() {
        let heights = [360.0, 480.0, 620.0];
        let graphs = heights.map(|height| graph(&snapshot(), 1_300.0, height));
        assert!(graphs[0].line < graphs[2].line);
        for (height, graph) in heights.into_iter().zip(&graphs) {
            assert!(graph.height <= height, "{} of {height}", graph.height);
        }
    }

    #[test]
    fn a_ring_of_topics_is_still_drawn() {
        let ring = PipelineSnapshot {
            stages: vec![stage("a", &["y"], &["x"]), stage("b", &["x"], &["y"])],
            ..PipelineSnapshot::default()
        };
        assert_eq!(graph(&ring, 800.0, 300.0).boxes.len(), 2);
    }
}
