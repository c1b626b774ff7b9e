//! One tenant's map.

use super::{counts::Counts, history::History, sighting::Sighting};
use std::collections::{BTreeMap, HashMap, VecDeque};
use watchfloor_shared::{
    AlertId, EventId, Timestamp,
    alert::Severity,
    map::{FRAME_HITS_MAX, KEPT_MS, MapCounts, MapEnd, MapFlow, MapFrame, MapHit, MapPlace, MapSnapshot},
};

/// Flows that are told apart; what comes beyond is put in groups.
const FLOWS_MAX: usize = 2_000;
/// Groups that are told apart; what comes beyond is one group for each severity.
const GROUPS_MAX: usize = 500;
/// Events whose alert may still come.
const RECENT_MAX: usize = 16_384;

/// What makes two events one flow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Flow {
        source: Option<String>,
        destination: Option<String>,
        rule: String,
    },
    /// Countries or sites, and how bad.
    Group {
        source: Option<String>,
        destination: Option<String>,
        severity: Severity,
    },
    Rest(Severity),
}

#[derive(Debug)]
struct Held {
    flow: MapFlow,
    key: Key,
    /// Grows with each change of any flow.
    change: u64,
    last: Timestamp,
}

/// Where a listener is: what it has is everything before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    hit: u64,
    change: u64,
}

#[derive(Debug, Default)]
pub struct Board {
    flows: HashMap<u64, Held>,
    by_key: HashMap<Key, u64>,
    by_change: BTreeMap<u64, u64>,
    next_flow: u64,
    groups: usize,
    next_change: u64,
    history: History,
    counts: Counts,
    /// Newest last.
    recent: VecDeque<EventId>,
    /// `None` for one that is too old to be drawn and only counts.
    flow_of: HashMap<EventId, Option<u64>>,
    /// The events before it are not known.
    since: Option<Timestamp>,
}

impl Board {
    /// Events before `since` are not known.
    pub fn since(since: Timestamp) -> Self {
        Self {
            since: Some(since),
            ..Self::default()
        }
    }

    /// Takes an event that came in `at`.
    pub fn take(&mut self, seen: Sighting, at: Timestamp, now: Timestamp) {
        let at = at.min(now);
        if let Some(flow) = self.flow_of.get(&seen.event_id).copied() {
            if let Some(flow) = flow {
                self.describe(flow, seen.severity, seen.alert_id);
            }
            return;
        }
        let (event_id, count) = (seen.event_id.clone(), seen.count);
        self.counts.add(at, seen.severity, count);
        let is_drawn = at.millis() >= now.millis() - KEPT_MS;
        let flow = is_drawn.then(|| self.flow(seen, at));
        if let Some(flow) = flow {
            self.history.push(MapHit { flow, at, count });
        }
        self.remember(event_id, flow);
    }

    /// Lets go of what is too old. Call about once a second.
    pub fn forget_before(&mut self, now: Timestamp) {
        self.history.forget_before(now);
        self.counts.forget_before(now);
        // A span of old hits may name a flow a little longer than the hits in it last.
        let kept_since = Timestamp::from_millis(now.millis() - 2 * KEPT_MS);
        let gone: Vec<u64> = self
            .flows
            .iter()
            .filter(|(_, held)| held.last < kept_since)
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            if let Some(held) = self.flows.remove(&id) {
                self.by_key.remove(&held.key);
                self.by_change.remove(&held.change);
                self.groups -= usize::from(held.flow.is_group);
            }
        }
    }

    pub fn snapshot(&self, now: Timestamp, sites: Vec<MapPlace>) -> (MapSnapshot, Cursor) {
        let kept_since = Timestamp::from_millis(now.millis() - KEPT_MS);
        let mut flows: Vec<&Held> = self.flows.values().collect();
        flows.sort_by_key(|held| held.flow.id);
        let snapshot = MapSnapshot {
            now,
            since: self.since.unwrap_or(Timestamp::MIN).max(kept_since),
            sites,
            flows: flows.into_iter().map(|held| held.flow.clone()).collect(),
            hits: self.history.all(),
            counts: self.counts(now),
        };
        (snapshot, self.cursor())
    }

    pub fn cursor(&self) -> Cursor {
        Cursor {
            hit: self.history.end(),
            change: self.next_change,
        }
    }

    pub fn counts(&self, now: Timestamp) -> MapCounts {
        let day_ago = Timestamp::from_millis(now.millis() - 24 * 60 * 60 * 1_000);
        self.counts.sums(now, self.since.unwrap_or(Timestamp::MIN).max(day_ago))
    }

    /// What happened since `cursor`, which moves on. `None` where that is no longer known: the listener begins anew.
    pub fn frame(&self, cursor: &mut Cursor, now: Timestamp) -> Option<MapFrame> {
        let mut drawn: Vec<MapHit> = Vec::new();
        let mut at_of: HashMap<u64, usize> = HashMap::new();
        for hit in self.history.after(cursor.hit)? {
            let next = drawn.len();
            match drawn.get_mut(*at_of.entry(hit.flow).or_insert(next)) {
                Some(same) => {
                    same.count = same.count.saturating_add(hit.count);
                    same.at = same.at.max(hit.at);
                }
                None => drawn.push(*hit),
            }
        }
        let coalesced = self.coalesce(&mut drawn);
        drawn.sort_by_key(|hit| hit.at);
        let changed = self.by_change.range(cursor.change..);
        let flows = changed
            .filter_map(|(_, id)| Some(self.flows.get(id)?.flow.clone()))
            .collect();
        *cursor = self.cursor();
        Some(MapFrame {
            now,
            flows,
            hits: drawn,
            counts: None,
            coalesced,
        })
    }

    /// Keeps the worst and the largest; what is left out counts with one of its severity. Returns the events left out.
    fn coalesce(&self, hits: &mut Vec<MapHit>) -> u64 {
        if hits.len() <= FRAME_HITS_MAX {
            return 0;
        }
        let severity = |hit: &MapHit| self.flows.get(&hit.flow).map(|held| held.flow.severity);
        hits.sort_by_key(|hit| std::cmp::Reverse((severity(hit), hit.count)));
        let rest = hits.split_off(FRAME_HITS_MAX);
        let mut coalesced = 0_u64;
        for left_out in rest {
            coalesced = coalesced.saturating_add(left_out.count);
            let same = hits.iter().rposition(|hit| severity(hit) == severity(&left_out));
            let stands = same.unwrap_or(FRAME_HITS_MAX - 1);
            if let Some(hit) = hits.get_mut(stands) {
                hit.count = hit.count.saturating_add(left_out.count);
            }
        }
        coalesced
    }

    fn flow(&mut self, seen: Sighting, at: Timestamp) -> u64 {
        let key = self.key(&seen);
        if let Some(id) = self.by_key.get(&key).copied() {
            if let Some(held) = self.flows.get_mut(&id) {
                held.last = held.last.max(at);
            }
            self.describe(id, seen.severity, seen.alert_id);
            return id;
        }
        let is_group = !matches!(key, Key::Flow { .. });
        let id = self.next_flow;
        self.next_flow += 1;
        self.groups += usize::from(is_group);
        let held = Held {
            flow: described(id, seen, is_group),
            key: key.clone(),
            change: self.next_change,
            last: at,
        };
        self.by_change.insert(self.next_change, id);
        self.next_change += 1;
        self.by_key.insert(key, id);
        self.flows.insert(id, held);
        id
    }

    /// The narrowest that is known already or that there is room for.
    fn key(&self, seen: &Sighting) -> Key {
        let key = Key::Flow {
            source: label(&seen.source),
            destination: label(&seen.destination),
            rule: seen.rule.clone(),
        };
        if self.flows.len() - self.groups < FLOWS_MAX || self.by_key.contains_key(&key) {
            return key;
        }
        let region = |end: &MapEnd| {
            end.place
                .as_ref()
                .map(|place| place.country.clone().unwrap_or(place.name.clone()))
        };
        let group = Key::Group {
            source: region(&seen.source),
            destination: region(&seen.destination),
            severity: seen.severity,
        };
        if self.groups < GROUPS_MAX || self.by_key.contains_key(&group) {
            return group;
        }
        Key::Rest(seen.severity)
    }

    /// A flow is as bad as the worst of it, and belongs to the first alert that is known.
    fn describe(&mut self, id: u64, severity: Severity, alert_id: Option<AlertId>) {
        let Some(held) = self.flows.get_mut(&id) else { return };
        let alert_id = alert_id.filter(|_| held.flow.alert_id.is_none() && !held.flow.is_group);
        if severity <= held.flow.severity && alert_id.is_none() {
            return;
        }
        held.flow.severity = held.flow.severity.max(severity);
        if alert_id.is_some() {
            held.flow.alert_id = alert_id;
        }
        self.by_change.remove(&held.change);
        held.change = self.next_change;
        self.by_change.insert(held.change, id);
        self.next_change += 1;
    }

    fn remember(&mut self, event: EventId, flow: Option<u64>) {
        self.flow_of.insert(event.clone(), flow);
        self.recent.push_back(event);
        if self.recent.len() > RECENT_MAX
            && let Some(oldest) = self.recent.pop_front()
        {
            self.flow_of.remove(&oldest);
        }
    }
}

fn label(end: &MapEnd) -> Option<String> {
    end.address.clone().or_else(|| end.name.clone())
}

fn described(id: u64, seen: Sighting, is_group: bool) -> MapFlow {
    let end = |end: MapEnd| match is_group {
        false => end,
        true => MapEnd {
            place: end.place,
            ..MapEnd::default()
        },
    };
    MapFlow {
        id,
        source: end(seen.source),
        destination: end(seen.destination),
        severity: seen.severity,
        rule: if is_group { "Many rules".to_owned() } else { seen.rule },
        module: seen.module,
        protocol: seen.protocol.filter(|_| !is_group),
        event_id: Some(seen.event_id),
        alert_id: seen.alert_id.filter(|_| !is_group),
        simulated: seen.simulated,
        is_group,
    }
}
