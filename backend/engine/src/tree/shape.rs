//! Links to a tree: cycles cut, the path marked, the cap applied, depth-first order.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use watchfloor_shared::{EntityId, Timestamp, tree::ProcessNode};

type All = HashMap<EntityId, ProcessNode>;

pub(super) fn arrange(mut all: All, nodes_max: usize) -> Vec<ProcessNode> {
    cut_cycles(&mut all);
    mark_path(&mut all);
    if all.len() > nodes_max {
        let kept = nearest(&all, nodes_max);
        all.retain(|entity, _| kept.contains(entity));
    }
    depth_first(all)
}

fn order(node: &ProcessNode) -> (Option<Timestamp>, EntityId) {
    (node.started, node.entity_id.clone())
}

/// A process that descends from itself loses the link to its parent: of each circle, the one that started first.
fn cut_cycles(all: &mut All) {
    let mut sound: HashSet<EntityId> = HashSet::with_capacity(all.len());
    let mut entities: Vec<EntityId> = all.keys().cloned().collect();
    entities.sort();
    for entity in entities {
        let mut way: Vec<EntityId> = Vec::new();
        let mut on_way: HashSet<EntityId> = HashSet::new();
        let mut at = Some(entity);
        while let Some(here) = at {
            if sound.contains(&here) || !all.contains_key(&here) {
                break;
            }
            if !on_way.insert(here.clone()) {
                let circle = way.iter().skip_while(|step| **step != here);
                let first = circle.min_by_key(|step| all.get(*step).map(order)).cloned();
                if let Some(node) = first.and_then(|first| all.get_mut(&first)) {
                    node.parent = None;
                }
                break;
            }
            at = all.get(&here).and_then(|node| node.parent.clone());
            way.push(here);
        }
        sound.extend(way);
    }
}

fn mark_path(all: &mut All) {
    let matched: Vec<EntityId> = all
        .values()
        .filter(|node| node.matched)
        .map(|node| node.entity_id.clone())
        .collect();
    for entity in matched {
        let mut at = Some(entity);
        while let Some(node) = at.and_then(|entity| all.get_mut(&entity)).filter(|node| !node.on_path) {
            node.on_path = true;
            at = node.parent.clone();
        }
    }
}

fn children(all: &All) -> BTreeMap<EntityId, Vec<EntityId>> {
    let mut children: BTreeMap<EntityId, Vec<EntityId>> = BTreeMap::new();
    for node in all.values() {
        if let Some(parent) = node.parent.as_ref().filter(|parent| all.contains_key(*parent)) {
            children.entry(parent.clone()).or_default().push(node.entity_id.clone());
        }
    }
    for list in children.values_mut() {
        list.sort_by_cached_key(|entity| all.get(entity).map(order));
    }
    children
}

/// The path and the relatives that fewest steps lead to.
fn nearest(all: &All, nodes_max: usize) -> HashSet<EntityId> {
    let children = children(all);
    let mut path: Vec<&ProcessNode> = all.values().filter(|node| node.on_path).collect();
    path.sort_by_cached_key(|node| (!node.matched, order(node)));
    let mut kept: HashSet<EntityId> = HashSet::with_capacity(nodes_max);
    let mut queue: VecDeque<EntityId> = path.iter().map(|node| node.entity_id.clone()).collect();
    while let Some(entity) = queue.pop_front() {
        if kept.len() == nodes_max {
            break;
        }
        if !kept.insert(entity.clone()) {
            continue;
        }
        let parent = all.get(&entity).and_then(|node| node.parent.clone());
        queue.extend(parent.filter(|parent| all.contains_key(parent)));
        queue.extend(children.get(&entity).into_iter().flatten().cloned());
    }
    kept
}

fn depth_first(mut all: All) -> Vec<ProcessNode> {
    let children = children(&all);
    for entity in all.keys().cloned().collect::<Vec<_>>() {
        let orphan = all
            .get(&entity)
            .and_then(|node| node.parent.as_ref())
            .is_some_and(|p| !all.contains_key(p));
        if let Some(node) = all.get_mut(&entity).filter(|_| orphan) {
            node.parent = None;
        }
    }
    let mut roots: Vec<&ProcessNode> = all.values().filter(|node| node.parent.is_none()).collect();
    roots.sort_by_cached_key(|node| order(node));
    let mut stack: Vec<EntityId> = roots.into_iter().rev().map(|node| node.entity_id.clone()).collect();
    let mut nodes = Vec::with_capacity(all.len());
    while let Some(entity) = stack.pop() {
        stack.extend(children.get(&entity).into_iter().flatten().rev().cloned());
        nodes.extend(all.remove(&entity));
    }
    nodes
}
