//! The process tree of an alert, built from one endpoint's events.
//!
//! Invariants: nodes come parents first and in the same order for the same input; a process is one node however often it is
//! named; bad data (a process that is its own ancestor) costs a link, never the answer; an empty tree says why.

mod node;
mod shape;
#[cfg(test)]
mod tests;
mod touch;

pub use touch::{Touch, touch};

use crate::Event;
use node::Nodes;
use std::collections::{HashMap, HashSet};
use watchfloor_shared::{
    EntityId, EventId, Timestamp,
    alert::Severity,
    tree::{Artifact, ProcessTree},
};

pub const NODES_MAX: usize = 10_000;

/// How many things of each kind one process touched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Touched {
    pub files: i64,
    pub network: i64,
    pub registry: i64,
    pub modules: i64,
}

/// Events of one endpoint and what the alert says of them. Events may come in any order and more than once.
#[derive(Debug)]
pub struct TreeInput<'a> {
    /// Process starts and ends of the time range, the ancestors' starts from before it, and the alert's own events.
    pub events: &'a [Event],
    pub alert_events: &'a HashSet<EventId>,
    pub trigger_entity: Option<&'a EntityId>,
    pub severity: Severity,
    pub touched: &'a HashMap<EntityId, Touched>,
    pub from: Timestamp,
    pub to: Timestamp,
    pub telemetry_begins: Option<Timestamp>,
}

pub fn build(input: &TreeInput<'_>) -> ProcessTree {
    let mut events: Vec<&Event> = input.events.iter().collect();
    events.sort_by(|a, b| (a.timestamp, &a.id).cmp(&(b.timestamp, &b.id)));
    events.dedup_by(|a, b| a.id == b.id);
    let mut nodes = Nodes::default();
    let mut matched: HashSet<EntityId> = input.trigger_entity.cloned().into_iter().collect();
    let mut artifacts: Vec<Artifact> = Vec::new();
    for event in &events {
        nodes.learn(event);
        if !input.alert_events.contains(&event.id) {
            continue;
        }
        if let Some(entity) = event.text("process.entity_id").map(EntityId::new) {
            artifacts.extend(touch(event).and_then(|touch| touch.artifact(entity.clone(), event)));
            matched.insert(entity);
        }
    }
    let mut tree = ProcessTree {
        from: Some(input.from),
        to: Some(input.to),
        telemetry_begins: input.telemetry_begins,
        ..ProcessTree::default()
    };
    let mut all = nodes.into_all();
    tree.total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    if !matched.iter().any(|entity| all.contains_key(entity)) {
        tree.empty_because = Some(why_empty(input, &events));
        return tree;
    }
    for node in all.values_mut() {
        let touched = input.touched.get(&node.entity_id).copied().unwrap_or_default();
        node.files = touched.files;
        node.network = touched.network;
        node.registry = touched.registry;
        node.modules = touched.modules;
        node.matched = matched.contains(&node.entity_id);
        node.severity = node.matched.then_some(input.severity);
    }
    tree.nodes = shape::arrange(all, NODES_MAX);
    tree.artifacts = artifacts;
    tree
}

fn why_empty(input: &TreeInput<'_>, events: &[&Event]) -> String {
    let (from, to) = (input.from, input.to);
    if let Some(begins) = input.telemetry_begins.filter(|begins| *begins > to) {
        return format!("Telemetry of this endpoint begins later, at {begins}.");
    }
    if input.alert_events.is_empty() {
        return "The alert names no events.".to_owned();
    }
    match events.iter().find(|event| input.alert_events.contains(&event.id)) {
        None if events.is_empty() => format!("There are no process events from this endpoint between {from} and {to}."),
        None => "The events of this alert are no longer kept.".to_owned(),
        Some(_) => "The events of this alert name no process.".to_owned(),
    }
}
