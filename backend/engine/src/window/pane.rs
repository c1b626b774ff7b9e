//! A stretch of one endpoint's time that several windows share: what its events say, added up.
//!
//! Invariant: adding up depends on the set of events alone, not on their order; with one exception: beyond [`PANE_NODES_MAX`]
//! things, what is new is taken by its class, so that a flood has an end.

use crate::graph::{Entity, FactLink, Facts, Link, Mention, NodeKind, Relation, Traits};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::hash_map::Entry;
use xxhash_rust::xxh3::xxh3_64;

/// Things that one pane tells apart.
const PANE_NODES_MAX: usize = 20_000;
/// Events of one pane whose repetition is noticed.
const PANE_EVENTS_MAX: usize = 200_000;

/// What was said of a thing, kept once however often it is said.
#[derive(Debug)]
struct Described {
    kind: NodeKind,
    key: u64,
    pid: u32,
    is_known: bool,
    traits: Traits,
    label: Box<str>,
    /// How many panes refer to it.
    panes: u32,
}

/// Everything that an endpoint's open panes say of things.
#[derive(Debug, Default)]
pub(super) struct Book {
    described: Vec<Option<Described>>,
    free: Vec<u32>,
    /// By kind, key and the hash of the traits.
    places: FxHashMap<(NodeKind, u64, u64), u32>,
}

impl Book {
    fn place(&mut self, mention: Mention) -> u32 {
        let name = (mention.kind, mention.key, xxh3_64(mention.traits.as_bytes()));
        if let Some(known) = self.places.get(&name) {
            return *known;
        }
        let described = Described {
            kind: name.0,
            key: name.1,
            pid: mention.pid,
            is_known: mention.is_known,
            traits: mention.traits,
            label: mention.label,
            panes: 0,
        };
        let at = match self.free.pop() {
            Some(at) => at,
            None => {
                self.described.push(None);
                u32::try_from(self.described.len() - 1).unwrap_or(u32::MAX)
            }
        };
        if let Some(slot) = self.described.get_mut(at as usize) {
            *slot = Some(described);
        }
        self.places.insert(name, at);
        at
    }

    fn hold(&mut self, at: u32) {
        if let Some(Some(described)) = self.described.get_mut(at as usize) {
            described.panes += 1;
        }
    }

    /// Forgets what only this pane said.
    pub fn release(&mut self, pane: &Pane) {
        for at in pane.uses.keys() {
            let Some(slot) = self.described.get_mut(*at as usize) else {
                continue;
            };
            let Some(described) = slot else { continue };
            described.panes = described.panes.saturating_sub(1);
            if described.panes == 0
                && let Some(gone) = slot.take()
            {
                self.places
                    .remove(&(gone.kind, gone.key, xxh3_64(gone.traits.as_bytes())));
                self.free.push(*at);
            }
        }
    }
}

/// How a pane's events use a thing. Times are milliseconds from the pane's start.
#[derive(Debug, Clone, Copy)]
struct Use {
    first: u32,
    events: u32,
}

#[derive(Debug, Clone, Copy)]
struct Tie {
    first: u32,
    last: u32,
    count: u32,
    failed: u32,
    weight: u8,
    event: u128,
}

#[derive(Debug, Default)]
pub(super) struct Pane {
    pub events: FxHashSet<u128>,
    is_simulated: bool,
    uses: FxHashMap<u32, Use>,
    ties: FxHashMap<(Relation, u32, u32), Tie>,
}

impl Pane {
    /// Takes an event that is `at` milliseconds into the pane; false when it was there before.
    pub fn add(&mut self, book: &mut Book, at: u32, facts: Facts) -> bool {
        if self.events.contains(&facts.event) {
            return false;
        }
        if self.events.len() < PANE_EVENTS_MAX {
            self.events.insert(facts.event);
        }
        self.is_simulated |= facts.is_simulated;
        let event = facts.event;
        let places: Vec<u32> = facts
            .mentions
            .into_iter()
            .map(|mention| self.mention(book, at, mention))
            .collect();
        for link in &facts.links {
            if let (Some(from), Some(to)) = (places.get(link.from), places.get(link.to)) {
                self.tie((link.relation, *from, *to), at, event, link);
            }
        }
        true
    }

    fn mention(&mut self, book: &mut Book, at: u32, mention: Mention) -> u32 {
        let mention = if self.uses.len() < PANE_NODES_MAX {
            mention
        } else {
            by_class(mention)
        };
        let place = book.place(mention);
        match self.uses.entry(place) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.first = known.first.min(at);
                known.events = known.events.saturating_add(1);
            }
            Entry::Vacant(free) => {
                free.insert(Use { first: at, events: 1 });
                book.hold(place);
            }
        }
        place
    }

    fn tie(&mut self, ends: (Relation, u32, u32), at: u32, event: u128, link: &FactLink) {
        let tie = self.ties.entry(ends).or_insert(Tie {
            first: at,
            last: at,
            count: 0,
            failed: 0,
            weight: 0,
            event,
        });
        if (at, event) < (tie.first, tie.event) {
            tie.first = at;
            tie.event = event;
        }
        tie.last = tie.last.max(at);
        tie.count = tie.count.saturating_add(1);
        tie.failed = tie.failed.saturating_add(u32::from(link.failed));
        tie.weight = tie.weight.max(link.weight);
    }
}

/// Beyond the limit only classes are told apart.
fn by_class(mention: Mention) -> Mention {
    Mention {
        key: 0,
        pid: 0,
        is_known: true,
        traits: mention.traits.coarse(),
        label: Box::from("many"),
        ..mention
    }
}

/// Panes put together as one window.
#[derive(Default)]
pub(super) struct Gathered {
    places: FxHashMap<(NodeKind, u64), usize>,
    pub entities: Vec<Entity>,
    links: FxHashMap<(Relation, usize, usize), Link>,
    pub events: Vec<u128>,
    pub is_simulated: bool,
}

impl Gathered {
    /// Takes the pane that starts at `start_ms` in.
    pub fn add(&mut self, book: &Book, start_ms: i64, pane: &Pane) {
        self.events.extend(&pane.events);
        self.is_simulated |= pane.is_simulated;
        let mut counted: FxHashMap<usize, u32> = FxHashMap::default();
        let mut local: FxHashMap<u32, usize> = FxHashMap::default();
        for (at, used) in &pane.uses {
            let Some(Some(described)) = book.described.get(*at as usize) else {
                continue;
            };
            let place = self.entity(described, start_ms + i64::from(used.first));
            local.insert(*at, place);
            *counted.entry(place).or_default() += used.events;
        }
        for (place, events) in counted {
            if let Some(entity) = self.entities.get_mut(place) {
                entity.events = entity.events.saturating_add(events);
                entity.busiest = entity.busiest.max(events);
            }
        }
        for ((relation, from, to), tie) in &pane.ties {
            let (Some(from), Some(to)) = (local.get(from), local.get(to)) else {
                continue;
            };
            self.link(Link {
                relation: *relation,
                from: *from,
                to: *to,
                first_ms: start_ms + i64::from(tie.first),
                last_ms: start_ms + i64::from(tie.last),
                count: tie.count,
                failed: tie.failed,
                weight: tie.weight,
                event: tie.event,
            });
        }
    }

    fn entity(&mut self, described: &Described, first_ms: i64) -> usize {
        let next = self.entities.len();
        let place = *self.places.entry((described.kind, described.key)).or_insert(next);
        match self.entities.get_mut(place) {
            Some(entity) => {
                entity.first_ms = entity.first_ms.min(first_ms);
                entity.traits.absorb(&described.traits);
                // Of several names the first in the alphabet, so that it does not matter which came first.
                if described.label < entity.label {
                    entity.label.clone_from(&described.label);
                }
            }
            None => self.entities.push(Entity {
                kind: described.kind,
                key: described.key,
                pid: described.pid,
                is_known: described.is_known,
                first_ms,
                events: 0,
                busiest: 0,
                traits: described.traits.clone(),
                label: described.label.clone(),
            }),
        }
        place
    }

    fn link(&mut self, link: Link) {
        match self.links.entry((link.relation, link.from, link.to)) {
            Entry::Occupied(mut known) => known.get_mut().absorb(&link),
            Entry::Vacant(free) => drop(free.insert(link)),
        }
    }

    pub fn into_parts(self) -> (Vec<Entity>, Vec<Link>, Vec<u128>) {
        let mut events = self.events;
        events.sort_unstable();
        (self.entities, self.links.into_values().collect(), events)
    }
}
