//! The last thirty minutes as this page holds them: flows, hits, and sums over stretches of time. Bounded.

use super::Filter;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};
use watchfloor_shared::{
    Timestamp,
    map::{
        BySeverity, KEPT_MS, MapCounts, MapFlow, MapFrame, MapHit, MapPlace, MapSnapshot,
        sum::{self, FlowSum},
    },
};

/// What does not fit is forgotten from the old end, and [`Held::since`] says so.
const HITS_MAX: usize = 250_000;
/// Flows without a hit are looked for when there are so many more than last time.
const FLOWS_SLACK: usize = 1_000;
const MINUTE_MS: i64 = 60_000;

#[derive(Default)]
pub struct Held {
    flows: BTreeMap<u64, Arc<MapFlow>>,
    flows_kept: usize,
    /// Oldest first.
    hits: VecDeque<MapHit>,
    /// Nothing before this is held.
    pub since: Option<Timestamp>,
    pub sites: Vec<MapPlace>,
    pub counts: Option<MapCounts>,
    /// When, and how many events were drawn together with others.
    coalesced: VecDeque<(Timestamp, u64)>,
}

impl Held {
    /// Forgets everything before it.
    pub fn snapshot(&mut self, snapshot: MapSnapshot) {
        let mut hits = snapshot.hits;
        hits.sort_by_key(|hit| hit.at);
        *self = Held {
            flows: snapshot
                .flows
                .into_iter()
                .map(|flow| (flow.id, Arc::new(flow)))
                .collect(),
            flows_kept: 0,
            hits: hits.into(),
            since: Some(snapshot.since),
            sites: snapshot.sites,
            counts: Some(snapshot.counts),
            coalesced: VecDeque::new(),
        };
        self.flows_kept = self.flows.len();
        self.trim(snapshot.now, HITS_MAX);
    }

    pub fn frame(&mut self, frame: MapFrame) {
        for flow in frame.flows {
            self.flows.insert(flow.id, Arc::new(flow));
        }
        for hit in frame.hits {
            // Nearly always the last one.
            let place = self
                .hits
                .iter()
                .rposition(|held| held.at <= hit.at)
                .map_or(0, |i| i + 1);
            self.hits.insert(place, hit);
        }
        if frame.counts.is_some() {
            self.counts = frame.counts;
        }
        if frame.coalesced > 0 {
            self.coalesced.push_back((frame.now, frame.coalesced));
        }
        self.trim(frame.now, HITS_MAX);
    }

    fn trim(&mut self, now: Timestamp, hits_max: usize) {
        let oldest = Timestamp::from_millis(now.millis() - KEPT_MS);
        while let Some(first) = self.hits.front() {
            let is_surplus = self.hits.len() > hits_max;
            if first.at >= oldest && !is_surplus {
                break;
            }
            if is_surplus {
                self.since = self.since.max(Some(first.at));
            }
            self.hits.pop_front();
        }
        self.since = self.since.max(Some(oldest));
        let minute_ago = Timestamp::from_millis(now.millis() - MINUTE_MS);
        while self.coalesced.front().is_some_and(|(at, _)| *at < minute_ago) {
            self.coalesced.pop_front();
        }
        if self.flows.len() > self.flows_kept + FLOWS_SLACK {
            let named: BTreeSet<u64> = self.hits.iter().map(|hit| hit.flow).collect();
            self.flows.retain(|id, _| named.contains(id));
            self.flows_kept = self.flows.len();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }

    pub fn flow(&self, id: u64) -> Option<&Arc<MapFlow>> {
        self.flows.get(&id)
    }

    /// Events of the last minute that were drawn together with others.
    pub fn coalesced(&self) -> u64 {
        self.coalesced.iter().map(|(_, count)| count).sum()
    }

    /// After `from`, up to and with `to`, oldest first, with their flows.
    pub fn hits(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = (&MapHit, &Arc<MapFlow>)> {
        let begin = self.hits.partition_point(|hit| hit.at <= from);
        let end = self.hits.partition_point(|hit| hit.at <= to).max(begin);
        let within = self.hits.range(begin..end);
        within.filter_map(|hit| self.flows.get(&hit.flow).map(|flow| (hit, flow)))
    }

    /// Flows with an event after `from` and until `to`; the latest first.
    pub fn sums(&self, from: Timestamp, to: Timestamp, filter: &Filter) -> Vec<FlowSum> {
        sum::sums(self.hits(from, to), |flow| filter.takes(flow))
    }

    /// Events in equal steps of time from `from` to `to`, by severity.
    pub fn bars(&self, from: Timestamp, to: Timestamp, steps: usize, filter: &Filter) -> Vec<BySeverity> {
        let mut bars = vec![BySeverity::default(); steps];
        let length = (to.millis() - from.millis()).max(1);
        for (hit, flow) in self.hits(from, to).filter(|(_, flow)| filter.takes(flow)) {
            let share = (hit.at.millis() - from.millis()) * i64::try_from(steps).unwrap_or(0) / length;
            let step = usize::try_from(share).unwrap_or(0).min(steps.saturating_sub(1));
            if let Some(bar) = bars.get_mut(step) {
                bar[flow.severity as usize] += hit.count;
            }
        }
        bars
    }

    /// Events after `from` and until `to`.
    pub fn count(&self, from: Timestamp, to: Timestamp, filter: &Filter) -> u64 {
        let taken = self.hits(from, to).filter(|(_, flow)| filter.takes(flow));
        taken.map(|(hit, _)| hit.count).sum()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use watchfloor_shared::{EventId, alert::Severity, map::MapEnd};

    pub fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    pub fn place(name: &str, longitude: f64, latitude: f64, country: &str, is_site: bool) -> MapPlace {
        MapPlace {
            name: name.to_owned(),
            latitude,
            longitude,
            country: Some(country.to_owned()),
            is_site,
        }
    }

    pub fn flow(id: u64, severity: Severity) -> MapFlow {
        MapFlow {
            id,
            source: MapEnd {
                address: Some(format!("203.0.113.{id}")),
                place: Some(place("Buenos Aires", -58.4, -34.6, "AR", false)),
                asn: Some(64_511),
                ..MapEnd::default()
            },
            destination: MapEnd {
                name: Some("ws-0417".to_owned()),
                place: Some(place("Hamburg", 10.0, 53.5, "DE", true)),
                ..MapEnd::default()
            },
            severity,
            rule: "C2 beacon".to_owned(),
            module: "suricata".to_owned(),
            protocol: Some("tcp".to_owned()),
            event_id: Some(EventId::new("e")),
            alert_id: None,
            simulated: false,
            is_group: false,
        }
    }

    fn hit(flow: u64, ms: i64, count: u64) -> MapHit {
        MapHit {
            flow,
            at: at(ms),
            count,
        }
    }

    pub fn held(flows: Vec<MapFlow>, hits: &[(u64, i64, u64)], now: i64) -> Held {
        let mut held = Held::default();
        held.snapshot(MapSnapshot {
            now: at(now),
            since: at(now - KEPT_MS),
            sites: Vec::new(),
            flows,
            hits: hits.iter().map(|(flow, ms, count)| hit(*flow, *ms, *count)).collect(),
            counts: MapCounts::default(),
        });
        held
    }

    fn frame(now: i64, hits: Vec<MapHit>) -> MapFrame {
        MapFrame {
            now: at(now),
            flows: Vec::new(),
            hits,
            counts: None,
            coalesced: 0,
        }
    }

    #[test]
    fn a_flow_is_summed_over_the_stretch_alone() {
        let mut held = held(
            vec![flow(1, Severity::Low), flow(2, Severity::High)],
            &[(1, 1_000, 3), (2, 2_000, 1)],
            3_000,
        );
        held.frame(frame(
            70_000,
            vec![hit(1, 69_000, 4), hit(1, 68_500, 2), hit(9, 69_500, 7)],
        ));
        let sums = held.sums(at(1_000), at(70_000), &Filter::default());
        let shown: Vec<(u64, u64, i64)> = sums.iter().map(|s| (s.flow.id, s.count, s.first.millis())).collect();
        assert_eq!(shown, [(1, 6, 68_500), (2, 1, 2_000)], "9 is a flow nobody described");
        assert_eq!(held.count(at(0), at(70_000), &Filter::default()), 10);
    }

    #[test]
    fn bars_hold_every_event_once() {
        let held = held(
            vec![flow(1, Severity::Critical)],
            &[(1, 1, 1), (1, 500, 2), (1, 1_000, 4)],
            1_000,
        );
        let bars = held.bars(at(0), at(1_000), 2, &Filter::default());
        assert_eq!(bars, [[0, 0, 0, 1], [0, 0, 0, 6]]);
    }

    #[test]
    fn what_is_too_old_goes_and_what_is_too_much_moves_the_beginning() {
        let mut held = held(
            vec![flow(1, Severity::Low)],
            &[(1, 0, 1), (1, 10_000, 1), (1, 20_000, 1)],
            20_000,
        );
        assert_eq!(held.since, Some(at(20_000 - KEPT_MS)));
        held.frame(frame(KEPT_MS + 5_000, Vec::new()));
        assert_eq!(held.hits.len(), 2);
        assert_eq!(held.since, Some(at(5_000)));
        held.trim(at(KEPT_MS + 5_000), 1);
        assert_eq!((held.hits.len(), held.since), (1, Some(at(10_000))));
    }

    #[test]
    fn flows_without_hits_are_forgotten() {
        let mut held = held(vec![flow(1, Severity::Low)], &[(1, 0, 1)], 0);
        let many = (2..2_002).map(|id| flow(id, Severity::Low)).collect();
        held.frame(MapFrame {
            flows: many,
            ..frame(1, Vec::new())
        });
        assert_eq!(held.flows.len(), 1);
        assert!(held.flow(1).is_some());
    }

    #[test]
    fn what_was_drawn_together_is_told_for_a_minute() {
        let mut held = held(Vec::new(), &[], 0);
        held.frame(MapFrame {
            coalesced: 40,
            ..frame(1_000, Vec::new())
        });
        assert_eq!(held.coalesced(), 40);
        held.frame(frame(62_000, Vec::new()));
        assert_eq!(held.coalesced(), 0);
    }
}
