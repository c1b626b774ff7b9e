//! Which part of a window's graph carries its verdict: by leaving parts out and asking the model again.
//!
//! The outcome is a set of edges without which the score falls below the threshold, and which alone keep it above, as far as such a
//! set was found with a bounded number of questions. Deterministic: the same graph and model give the same edges.

use super::{
    build::Graph,
    schema::{NODE_KINDS, NodeKind, Relation, width},
};
use std::collections::BTreeMap;

/// Parts that one round asks about.
const PARTS_MAX: usize = 48;
/// Parts that are taken until the score falls, and that are added until they are enough alone.
const ROUNDS_MAX: usize = 10;
/// Questions about leaving edges out again.
const TRIMS_MAX: usize = 48;

#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Places in [`Graph::edges`], the weightiest first.
    pub edges: Vec<usize>,
    /// Of the whole window.
    pub score: f32,
    /// Without these edges, and of them alone.
    pub without: f32,
    pub only: f32,
}

/// `score` answers for each graph in turn; `None` where the model has no answer, and in the end where it has none for the whole.
pub fn explain(
    graph: &Graph,
    threshold: f32,
    score: &mut impl FnMut(&[&Graph]) -> Vec<Option<f32>>,
) -> Option<Explanation> {
    let mut search = Search {
        graph,
        threshold,
        score,
    };
    let whole = vec![true; graph.edges.len()];
    let score = search.one(&whole)?;
    let parts = parts(graph);
    let mut carries = search.fall(&parts, score);
    search.suffice(&parts, &mut carries);
    search.trim(&mut carries);
    let without = search.one(&complement(&carries))?;
    let only = search.one(&carries)?;
    let mut edges: Vec<usize> = carries
        .iter()
        .enumerate()
        .filter(|(_, is_in)| **is_in)
        .map(|(at, _)| at)
        .collect();
    edges.sort_by_key(|at| (std::cmp::Reverse(weight(graph, *at)), *at));
    Some(Explanation {
        edges,
        score,
        without,
        only,
    })
}

impl Graph {
    /// The graph of these edges, and of the nodes that have one of them or never had any.
    pub fn keeping(&self, keep: &[bool]) -> Graph {
        let is_kept = |at: usize| keep.get(at).copied().unwrap_or(false);
        let mut had: [Vec<bool>; NODE_KINDS] = std::array::from_fn(|kind| vec![false; self.counts[kind]]);
        let mut has = had.clone();
        for (at, edge) in self.edges.iter().enumerate() {
            let (from, to) = edge.relation.ends();
            for (kind, node) in [(from, edge.from), (to, edge.to)] {
                had[kind as usize][node as usize] = true;
                has[kind as usize][node as usize] |= is_kept(at);
            }
        }
        let mut kept = Graph {
            merged: self.merged,
            ..Graph::default()
        };
        let mut places: [Vec<u32>; NODE_KINDS] = Default::default();
        for kind in NodeKind::ALL {
            let (at, width) = (kind as usize, width(kind));
            for node in 0..self.counts[at] {
                places[at].push(u32::try_from(kept.counts[at]).unwrap_or(u32::MAX));
                if has[at][node] || !had[at][node] {
                    kept.counts[at] += 1;
                    kept.features[at].extend_from_slice(&self.features[at][node * width..(node + 1) * width]);
                    kept.labels[at].push(self.labels[at].get(node).cloned().unwrap_or_default());
                }
            }
        }
        kept.edges = self
            .edges
            .iter()
            .enumerate()
            .filter(|(at, _)| is_kept(*at))
            .map(|(_, edge)| *edge)
            .collect();
        for edge in &mut kept.edges {
            let (from, to) = edge.relation.ends();
            edge.from = places[from as usize][edge.from as usize];
            edge.to = places[to as usize][edge.to as usize];
        }
        kept
    }
}

struct Search<'g, S> {
    graph: &'g Graph,
    threshold: f32,
    score: &'g mut S,
}

impl<S: FnMut(&[&Graph]) -> Vec<Option<f32>>> Search<'_, S> {
    fn many(&mut self, masks: &[Vec<bool>]) -> Vec<Option<f32>> {
        let graphs: Vec<Graph> = masks.iter().map(|mask| self.graph.keeping(mask)).collect();
        (self.score)(&graphs.iter().collect::<Vec<_>>())
    }

    fn one(&mut self, mask: &[bool]) -> Option<f32> {
        self.many(&[mask.to_vec()]).into_iter().next().flatten()
    }

    /// Takes out the part whose absence costs most, and again, until the score is below the threshold.
    fn fall(&mut self, parts: &[Vec<usize>], score: f32) -> Vec<bool> {
        let mut taken = vec![false; self.graph.edges.len()];
        let mut current = score;
        for _ in 0..ROUNDS_MAX {
            let left: Vec<&Vec<usize>> = parts.iter().filter(|part| !part.iter().all(|at| taken[*at])).collect();
            let masks: Vec<Vec<bool>> = left.iter().map(|part| complement(&with(&taken, part))).collect();
            let answers = self.many(&masks);
            let best = answers
                .iter()
                .enumerate()
                .filter_map(|(at, answer)| Some((at, (*answer)?)))
                .min_by(|a, b| a.1.total_cmp(&b.1));
            let Some((at, answer)) = best else { break };
            let Some(part) = left.get(at) else { break };
            taken = with(&taken, part);
            current = current.min(answer);
            if current < self.threshold {
                break;
            }
        }
        taken
    }

    /// Adds the part that helps most, until what is taken is enough alone.
    fn suffice(&mut self, parts: &[Vec<usize>], taken: &mut Vec<bool>) {
        for _ in 0..ROUNDS_MAX {
            if self.one(taken).is_none_or(|only| only >= self.threshold) {
                return;
            }
            let left: Vec<&Vec<usize>> = parts.iter().filter(|part| !part.iter().all(|at| taken[*at])).collect();
            let masks: Vec<Vec<bool>> = left.iter().map(|part| with(taken, part)).collect();
            let answers = self.many(&masks);
            let best = answers
                .iter()
                .enumerate()
                .filter_map(|(at, answer)| Some((at, (*answer)?)))
                .max_by(|a, b| a.1.total_cmp(&b.1));
            let Some(part) = best.and_then(|(at, _)| left.get(at)) else {
                return;
            };
            *taken = with(taken, part);
        }
    }

    /// Leaves edges out again, in halves down to single ones, as long as both halves of the claim stay as true as they are.
    fn trim(&mut self, taken: &mut Vec<bool>) {
        let (Some(without), Some(only)) = (self.one(&complement(taken)), self.one(taken)) else {
            return;
        };
        let (falls, suffices) = (without < self.threshold, only >= self.threshold);
        let mut order: Vec<usize> = (0..taken.len()).filter(|at| taken[*at]).collect();
        order.sort_by_key(|at| (weight(self.graph, *at), std::cmp::Reverse(*at)));
        let (mut step, mut trims) = (order.len() / 2, 0);
        while step > 0 && trims < TRIMS_MAX {
            let mut start = 0;
            while start < order.len() && order.len() > 1 && trims < TRIMS_MAX {
                let end = (start + step).min(order.len());
                let mut fewer = taken.clone();
                order
                    .get(start..end)
                    .unwrap_or_default()
                    .iter()
                    .for_each(|at| fewer[*at] = false);
                trims += 1;
                let answers = self.many(&[complement(&fewer), fewer.clone()]);
                let keeps = match answers.as_slice() {
                    [Some(without), Some(only)] => {
                        (!falls || *without < self.threshold) && (!suffices || *only >= self.threshold)
                    }
                    _ => false,
                };
                if keeps && fewer.contains(&true) {
                    *taken = fewer;
                    order.drain(start..end);
                } else {
                    start = end;
                }
            }
            step /= 2;
        }
    }
}

fn complement(mask: &[bool]) -> Vec<bool> {
    mask.iter().map(|is_in| !is_in).collect()
}

fn with(mask: &[bool], part: &[usize]) -> Vec<bool> {
    let mut mask = mask.to_vec();
    part.iter().for_each(|at| mask[*at] = true);
    mask
}

/// Thousandths, so that it can be ordered.
#[allow(clippy::cast_possible_truncation, reason = "between 0 and 1")]
fn weight(graph: &Graph, at: usize) -> i32 {
    graph
        .edges
        .get(at)
        .map_or(0, |edge| (edge.attributes[4] * 1000.0) as i32)
}

/// Edges by whose deed they are: what a process did, and that it was started. The weightiest parts, where there are many.
fn parts(graph: &Graph) -> Vec<Vec<usize>> {
    let mut parts: BTreeMap<(NodeKind, u32), Vec<usize>> = BTreeMap::new();
    for (at, edge) in graph.edges.iter().enumerate() {
        let (from, to) = edge.relation.ends();
        let owner = match edge.relation {
            Relation::Spawned | Relation::Owns => (to, edge.to),
            _ => (from, edge.from),
        };
        parts.entry(owner).or_default().push(at);
    }
    let mut parts: Vec<Vec<usize>> = parts.into_values().collect();
    if parts.len() > PARTS_MAX {
        parts.sort_by_key(|part| std::cmp::Reverse(part.iter().map(|at| weight(graph, *at)).max()));
        parts.truncate(PARTS_MAX);
    }
    parts
}
