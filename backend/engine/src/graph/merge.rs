//! Entities that are one: processes known by their number alone, and, where there are too many nodes, those of one class.

use super::{
    build::{Entity, Link, join},
    schema::{NodeKind, Relation},
    traits::Traits,
};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// Each process that is known by its number alone becomes the process of that number that was there when the link came about.
pub(super) fn resolve(entities: Vec<Entity>, links: Vec<Link>) -> (Vec<Entity>, Vec<Link>) {
    let mut known: FxHashMap<u32, Vec<(i64, u64, usize)>> = FxHashMap::default();
    for (at, entity) in entities.iter().enumerate() {
        if entity.kind == NodeKind::Process && entity.is_known && entity.pid > 0 {
            known
                .entry(entity.pid)
                .or_default()
                .push((entity.first_ms, entity.key, at));
        }
    }
    known.values_mut().for_each(|candidates| candidates.sort_unstable());
    let one_of = |at: usize, time: i64| -> usize {
        let Some(entity) = entities
            .get(at)
            .filter(|entity| entity.kind == NodeKind::Process && !entity.is_known)
        else {
            return at;
        };
        let Some(candidates) = known.get(&entity.pid) else {
            return at;
        };
        let later = candidates.partition_point(|(first, _, _)| *first <= time);
        candidates.get(later.saturating_sub(1)).map_or(at, |(_, _, at)| *at)
    };
    let links = links.into_iter().map(|link| Link {
        from: one_of(link.from, link.first_ms),
        to: one_of(link.to, link.first_ms),
        ..link
    });
    let links = join(links.filter(|link| link.relation != Relation::Spawned || link.from != link.to));
    let stays = |at: usize| one_of(at, i64::MAX) == at;
    renumber(&entities, links, |at| stays(at).then_some(at))
}

/// At most `nodes_max` entities; whether some had to be merged.
pub(super) fn bound(entities: Vec<Entity>, links: Vec<Link>, nodes_max: usize) -> (Vec<Entity>, Vec<Link>, bool) {
    if entities.len() <= nodes_max {
        return (entities, links, false);
    }
    for level in [Level::Leaves, Level::Alike, Level::Coarse, Level::Kind] {
        let mut classes: FxHashMap<(NodeKind, u64, Vec<u8>), usize> = FxHashMap::default();
        let class_of: Vec<usize> = entities
            .iter()
            .map(|entity| {
                let next = classes.len();
                *classes.entry(level.class(entity)).or_insert(next)
            })
            .collect();
        if classes.len() > nodes_max {
            continue;
        }
        let mut merged: FxHashMap<usize, Entity> = FxHashMap::default();
        for (entity, class) in entities.iter().zip(&class_of) {
            match merged.entry(*class) {
                Entry::Occupied(mut known) => absorb(known.get_mut(), entity),
                Entry::Vacant(free) => drop(free.insert(entity.clone())),
            }
        }
        let merged: Vec<Entity> = (0..classes.len()).filter_map(|class| merged.remove(&class)).collect();
        let place = |at: usize| class_of.get(at).copied().unwrap_or_default();
        let links = join(links.into_iter().map(|link| Link {
            from: place(link.from),
            to: place(link.to),
            ..link
        }));
        return (merged, links, true);
    }
    (entities, links, true)
}

/// How alike entities must be to become one.
#[derive(Clone, Copy)]
enum Level {
    /// Of equal features; processes and accounts stay apart.
    Leaves,
    Alike,
    /// Of the same features above the half.
    Coarse,
    Kind,
}

impl Level {
    fn class(self, entity: &Entity) -> (NodeKind, u64, Vec<u8>) {
        let bytes = entity.traits.as_bytes();
        let is_actor = matches!(entity.kind, NodeKind::Process | NodeKind::User);
        match self {
            Level::Leaves if is_actor => (entity.kind, entity.key, Vec::new()),
            Level::Leaves | Level::Alike => (entity.kind, 0, bytes.to_vec()),
            Level::Coarse => (entity.kind, 0, bytes.iter().map(|level| level >> 7).collect()),
            Level::Kind => (entity.kind, 0, Vec::new()),
        }
    }
}

/// The same whichever came first.
fn absorb(known: &mut Entity, other: &Entity) {
    if (other.first_ms, other.key) < (known.first_ms, known.key) {
        known.first_ms = other.first_ms;
        known.key = other.key;
        known.label.clone_from(&other.label);
    }
    known.events = known.events.saturating_add(other.events);
    known.busiest = known.busiest.saturating_add(other.busiest);
    known.traits.absorb(&other.traits);
}

/// Leaves out entities for which `keep` says `None`.
fn renumber(entities: &[Entity], links: Vec<Link>, keep: impl Fn(usize) -> Option<usize>) -> (Vec<Entity>, Vec<Link>) {
    let mut places = vec![usize::MAX; entities.len()];
    let mut kept = Vec::with_capacity(entities.len());
    for (at, entity) in entities.iter().enumerate() {
        if keep(at).is_some() {
            places[at] = kept.len();
            kept.push(entity.clone());
        }
    }
    let place = |at: usize| places.get(at).copied().filter(|place| *place != usize::MAX);
    let links = links.into_iter().filter_map(|link| {
        Some(Link {
            from: place(link.from)?,
            to: place(link.to)?,
            ..link
        })
    });
    (kept, links.collect())
}

impl Traits {
    /// The greatest of each feature.
    pub(crate) fn absorb(&mut self, other: &Traits) {
        for at in 0..other.as_bytes().len() {
            self.raise(at, other.as_bytes()[at]);
        }
    }
}
