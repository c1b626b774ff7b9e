//! Many windows by several workers, in calls of a bounded size.

use super::{Model, ModelError};
use std::sync::atomic::{AtomicUsize, Ordering};
use watchfloor_engine::graph::Graph;

/// Beyond it a call loses more in the processor's caches than it gains by being one. A larger window is a call of its own.
const CALL_NODES_MAX: usize = 500;

/// A window that the model gave no score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unscored(pub String);

/// Scores windows in the order they are given.
#[derive(Debug, Clone, Copy)]
pub struct Scorer {
    pub workers: usize,
}

impl Scorer {
    pub fn score(self, model: &Model, graphs: &[&Graph]) -> Vec<Result<f32, Unscored>> {
        let calls = calls(graphs);
        let workers = self.workers.min(model.workers()).min(calls.len());
        if workers <= 1 {
            return calls
                .into_iter()
                .flat_map(|call| scores(model, 0, graphs.get(call).unwrap_or_default()))
                .collect();
        }
        let next = AtomicUsize::new(0);
        let work = |worker: usize| {
            let mut done = Vec::new();
            while let Some(call) = calls.get(next.fetch_add(1, Ordering::Relaxed)) {
                done.push((
                    call.start,
                    scores(model, worker, graphs.get(call.clone()).unwrap_or_default()),
                ));
            }
            done
        };
        let work = &work;
        let mut parts: Vec<(usize, Vec<Result<f32, Unscored>>)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap_or_default())
                .collect()
        });
        parts.sort_by_key(|(start, _)| *start);
        parts.into_iter().flat_map(|(_, scores)| scores).collect()
    }
}

/// A call that fails is made again window by window, so that one window cannot cost the others theirs.
fn scores(model: &Model, worker: usize, graphs: &[&Graph]) -> Vec<Result<f32, Unscored>> {
    match model.attack_probabilities(worker, graphs) {
        Ok(scores) => scores.into_iter().map(Ok).collect(),
        Err(error) if graphs.len() <= 1 => vec![Err(unscored(&error))],
        Err(_) => graphs
            .iter()
            .map(|graph| {
                let alone = model.attack_probabilities(worker, &[*graph]);
                alone
                    .map(|scores| scores.first().copied().unwrap_or_default())
                    .map_err(|error| unscored(&error))
            })
            .collect(),
    }
}

fn unscored(error: &ModelError) -> Unscored {
    Unscored(error.to_string())
}

fn calls(graphs: &[&Graph]) -> Vec<std::ops::Range<usize>> {
    let mut calls = Vec::new();
    let (mut start, mut nodes) = (0, 0);
    for (at, graph) in graphs.iter().enumerate() {
        if at > start && nodes + graph.nodes() > CALL_NODES_MAX {
            calls.push(start..at);
            (start, nodes) = (at, 0);
        }
        nodes += graph.nodes();
    }
    if start < graphs.len() {
        calls.push(start..graphs.len());
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_stay_below_the_limit_and_leave_nothing_out() {
        let graph = |nodes: usize| Graph {
            counts: [nodes, 0, 0, 0, 0, 0, 0],
            ..Graph::default()
        };
        let graphs = [graph(200), graph(200), graph(200), graph(900), graph(1)];
        let graphs: Vec<&Graph> = graphs.iter().collect();
        assert_eq!(calls(&graphs), [0..2, 2..3, 3..4, 4..5]);
        assert!(calls(&[]).is_empty());
    }
}
