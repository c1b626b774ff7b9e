//! What a window gathered → its [`Graph`]: nodes in a fixed order, the features that only the whole window tells, edges.

use super::{
    NODES_MAX, merge,
    schema::{
        EDGE_WIDTH, NODE_KINDS, NodeKind, OfAddress, OfFile, OfModule, OfProcess, OfRegistry, OfScript, OfUser,
        Relation, width,
    },
    traits::{Traits, log_level},
};
use rustc_hash::{FxHashMap, FxHashSet};

/// Neighbours, and events, that count as many.
const DEGREE_FULL: usize = 200;
const EVENTS_FULL: usize = 2_000;
/// Seconds whose logarithm is 1 in an edge's mean gap: a window's length.
const GAP_SECONDS_FULL: usize = 180;
const COUNT_FULL: usize = 150;
/// Looks at another process's memory count from here, of 255.
const ACCESS_WEIGHT_MIN: u8 = 128;

/// A thing in a window, with all that its events say of it.
#[derive(Debug, Clone)]
pub struct Entity {
    pub kind: NodeKind,
    pub key: u64,
    pub pid: u32,
    pub is_known: bool,
    pub first_ms: i64,
    /// Events that mention it, and how many of them in the busiest part of the window.
    pub events: u32,
    pub busiest: u32,
    pub traits: Traits,
    pub label: Box<str>,
}

/// All that linked one entity to another in one way; ends are places in the list of entities.
#[derive(Debug, Clone)]
pub struct Link {
    pub relation: Relation,
    pub from: usize,
    pub to: usize,
    pub first_ms: i64,
    pub last_ms: i64,
    pub count: u32,
    pub failed: u32,
    pub weight: u8,
    /// The first of its events.
    pub event: u128,
}

impl Link {
    /// Takes in what links the same ends in the same way. The order does not matter.
    pub(crate) fn absorb(&mut self, other: &Link) {
        if (other.first_ms, other.event) < (self.first_ms, self.event) {
            self.first_ms = other.first_ms;
            self.event = other.event;
        }
        self.last_ms = self.last_ms.max(other.last_ms);
        self.count = self.count.saturating_add(other.count);
        self.failed = self.failed.saturating_add(other.failed);
        self.weight = self.weight.max(other.weight);
    }
}

/// The graph of one window. Ends of edges are places within their type.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Graph {
    /// Features of each type's nodes, row by row.
    pub features: [Vec<f32>; NODE_KINDS],
    pub counts: [usize; NODE_KINDS],
    pub edges: Vec<Edge>,
    /// Names of the nodes for people, in the same order; never seen by a model.
    pub labels: [Vec<Box<str>>; NODE_KINDS],
    /// Whether there were more things than fit.
    pub merged: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    pub relation: Relation,
    pub from: u32,
    pub to: u32,
    pub attributes: [f32; EDGE_WIDTH],
    /// The first of its events, and when that was.
    pub event: u128,
    pub first_ms: i64,
}

impl Graph {
    pub fn nodes(&self) -> usize {
        self.counts.iter().sum()
    }
}

/// Times are milliseconds of the window `[start, end)`.
pub fn build(start_ms: i64, end_ms: i64, entities: Vec<Entity>, links: Vec<Link>) -> Graph {
    let (entities, links) = merge::resolve(entities, links);
    let (entities, links, merged) = merge::bound(entities, links, NODES_MAX);
    let mut order: Vec<usize> = (0..entities.len()).collect();
    let rank = |at: usize| {
        entities
            .get(at)
            .map(|entity| (entity.kind, entity.first_ms, entity.key))
    };
    order.sort_by_key(|at| rank(*at));
    let mut graph = Graph {
        merged,
        ..Graph::default()
    };
    let mut local = vec![0_u32; entities.len()];
    let around = Around::of(&entities, &links);
    for at in order {
        let Some(entity) = entities.get(at) else { continue };
        let kind = entity.kind as usize;
        local[at] = u32::try_from(graph.counts[kind]).unwrap_or(u32::MAX);
        graph.counts[kind] += 1;
        around.write(at, entity, (start_ms, end_ms), &mut graph.features[kind]);
        graph.labels[kind].push(entity.label.clone());
    }
    graph.edges = links.iter().map(|link| edge(link, &local, start_ms, end_ms)).collect();
    graph.edges.sort_by_key(|edge| (edge.relation, edge.from, edge.to));
    graph
}

fn edge(link: &Link, local: &[u32], start_ms: i64, end_ms: i64) -> Edge {
    let place = |at: usize| local.get(at).copied().unwrap_or_default();
    let span = link.last_ms - link.first_ms;
    let gap = usize::try_from(span / i64::from(link.count.max(2) - 1) / 1000).unwrap_or_default();
    Edge {
        relation: link.relation,
        from: place(link.from),
        to: place(link.to),
        attributes: [
            share(link.last_ms - start_ms, end_ms - start_ms),
            share(link.first_ms - start_ms, end_ms - start_ms),
            log_level(gap, GAP_SECONDS_FULL),
            log_level(link.count as usize, COUNT_FULL),
            f32::from(link.weight) / 255.0,
            share(i64::from(link.failed), i64::from(link.count.max(1))),
            share(span, end_ms - start_ms),
            1.0,
        ],
        event: link.event,
        first_ms: link.first_ms,
    }
}

#[allow(clippy::cast_precision_loss, reason = "a window is short")]
fn share(part: i64, whole: i64) -> f32 {
    (part as f32 / whole.max(1) as f32).clamp(0.0, 1.0)
}

/// What the links say of each entity.
#[derive(Default, Clone)]
struct Counts {
    degree: usize,
    children: usize,
    files: usize,
    connections: usize,
    public_peers: usize,
    registry: usize,
    modules: usize,
    accesses: usize,
    incoming: usize,
    written: usize,
    victim: u8,
}

struct Around {
    counts: Vec<Counts>,
    /// Keys of paths that were written, and of those that ran.
    written: FxHashSet<u64>,
    ran: FxHashSet<u64>,
}

impl Around {
    fn of(entities: &[Entity], links: &[Link]) -> Self {
        let mut counts = vec![Counts::default(); entities.len()];
        let (mut written, mut ran) = (FxHashSet::default(), FxHashSet::default());
        for link in links {
            let key = entities.get(link.to).map_or(0, |entity| entity.key);
            match link.relation {
                Relation::Wrote => drop(written.insert(key)),
                Relation::Executed | Relation::Loaded | Relation::Ran => drop(ran.insert(key)),
                _ => {}
            }
            let is_public = entities.get(link.to).is_some_and(|entity| {
                entity.kind == NodeKind::Address && super::describe::address::is_public(&entity.traits)
            });
            if let Some(from) = counts.get_mut(link.from) {
                from.leaves(link, is_public);
            }
            if let Some(to) = counts.get_mut(link.to) {
                to.arrives(link);
            }
        }
        Self { counts, written, ran }
    }

    fn write(&self, at: usize, entity: &Entity, window: (i64, i64), out: &mut Vec<f32>) {
        let start = out.len();
        out.extend(entity.traits.as_bytes().iter().map(|level| f32::from(*level) / 255.0));
        debug_assert_eq!(out.len() - start, width(entity.kind));
        let Some(row) = out.get_mut(start..) else { return };
        let none = Counts::default();
        let counts = self.counts.get(at).unwrap_or(&none);
        let degree = log_level(counts.degree, DEGREE_FULL);
        let incoming = log_level(counts.incoming, DEGREE_FULL);
        let mut set = |feature: usize, value: f32| {
            if let Some(slot) = row.get_mut(feature) {
                *slot = value;
            }
        };
        let was_written = self.written.contains(&entity.key);
        let flag = |is_so: bool| if is_so { 1.0 } else { 0.0 };
        let (of_degree, of_events): (usize, usize) = match entity.kind {
            NodeKind::Process => (OfProcess::Degree.into(), OfProcess::Events.into()),
            NodeKind::File => (OfFile::Degree.into(), OfFile::Events.into()),
            NodeKind::Registry => (OfRegistry::Degree.into(), OfRegistry::Events.into()),
            NodeKind::Address => (OfAddress::Degree.into(), OfAddress::Events.into()),
            NodeKind::User => (OfUser::Degree.into(), OfUser::Events.into()),
            NodeKind::Script => (OfScript::Degree.into(), OfScript::Events.into()),
            NodeKind::Module => (OfModule::Degree.into(), OfModule::Events.into()),
        };
        set(of_degree, degree);
        set(of_events, log_level(entity.events as usize, EVENTS_FULL));
        match entity.kind {
            NodeKind::Process => counts.of_process(entity, window, &mut set),
            NodeKind::File => {
                set(OfFile::Writers.into(), log_level(counts.written, DEGREE_FULL));
                set(
                    OfFile::WrittenAndRun.into(),
                    flag(was_written && self.ran.contains(&entity.key)),
                );
            }
            NodeKind::Address => set(OfAddress::Peers.into(), incoming),
            NodeKind::User => set(OfUser::Processes.into(), degree),
            NodeKind::Module => {
                set(OfModule::Users.into(), incoming);
                set(OfModule::WrittenHere.into(), flag(was_written));
            }
            NodeKind::Registry | NodeKind::Script => {}
        }
    }
}

impl Counts {
    fn leaves(&mut self, link: &Link, is_public: bool) {
        self.degree += 1;
        match link.relation {
            Relation::Spawned => self.children += 1,
            Relation::Wrote | Relation::Read | Relation::Deleted => self.files += 1,
            Relation::Connected | Relation::Accepted => {
                self.connections += 1;
                self.public_peers += usize::from(is_public);
            }
            Relation::SetRegistry | Relation::ReadRegistry => self.registry += 1,
            Relation::Loaded => self.modules += 1,
            Relation::Accessed | Relation::Injected if link.weight >= ACCESS_WEIGHT_MIN => self.accesses += 1,
            _ => {}
        }
    }

    fn arrives(&mut self, link: &Link) {
        self.degree += 1;
        self.incoming += 1;
        match link.relation {
            Relation::Wrote => self.written += 1,
            Relation::Accessed | Relation::Injected if link.weight >= ACCESS_WEIGHT_MIN => {
                self.victim = self.victim.max(link.weight)
            }
            _ => {}
        }
    }

    fn of_process(&self, entity: &Entity, (start_ms, end_ms): (i64, i64), set: &mut impl FnMut(usize, f32)) {
        let bytes = entity.traits.as_bytes();
        let has = |feature: OfProcess| bytes.get(usize::from(feature)).is_some_and(|level| *level > 0);
        if has(OfProcess::Started) {
            set(
                OfProcess::Age.into(),
                share(end_ms - entity.first_ms, end_ms - start_ms),
            );
        }
        if has(OfProcess::Started) && has(OfProcess::Ended) {
            set(OfProcess::Brief.into(), 1.0);
        }
        set(
            OfProcess::Burst.into(),
            share(i64::from(entity.busiest), i64::from(entity.events)),
        );
        set(OfProcess::Victim.into(), f32::from(self.victim) / 255.0);
        for (feature, count) in [
            (OfProcess::Children, self.children),
            (OfProcess::Files, self.files),
            (OfProcess::Connections, self.connections),
            (OfProcess::PublicPeers, self.public_peers),
            (OfProcess::Registry, self.registry),
            (OfProcess::Modules, self.modules),
            (OfProcess::Accesses, self.accesses),
        ] {
            set(feature.into(), log_level(count, DEGREE_FULL));
        }
    }
}

/// Links of the same ends and relation become one, in a fixed order.
pub(super) fn join(links: impl Iterator<Item = Link>) -> Vec<Link> {
    let mut joined: FxHashMap<(Relation, usize, usize), Link> = FxHashMap::default();
    for link in links {
        match joined.entry((link.relation, link.from, link.to)) {
            std::collections::hash_map::Entry::Occupied(mut known) => known.get_mut().absorb(&link),
            std::collections::hash_map::Entry::Vacant(free) => drop(free.insert(link)),
        }
    }
    let mut links: Vec<Link> = joined.into_values().collect();
    links.sort_by_key(|link| (link.relation, link.from, link.to));
    links
}
