//! Flows over a stretch of time.

use super::{BySeverity, MapFlow, MapHit};
use crate::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// One flow within a stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowSum {
    pub flow: Arc<MapFlow>,
    /// Events.
    pub count: u64,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// `hits` are oldest first. Sums of the flows that are wanted, the latest first.
pub fn sums<'a>(
    hits: impl Iterator<Item = (&'a MapHit, &'a Arc<MapFlow>)>,
    wanted: impl Fn(&MapFlow) -> bool,
) -> Vec<FlowSum> {
    let mut sums: BTreeMap<u64, Option<FlowSum>> = BTreeMap::new();
    for (hit, flow) in hits {
        let sum = sums.entry(hit.flow).or_insert_with(|| {
            wanted(flow).then(|| FlowSum {
                flow: Arc::clone(flow),
                count: 0,
                first: hit.at,
                last: hit.at,
            })
        });
        if let Some(sum) = sum {
            sum.count += hit.count;
            sum.last = hit.at;
        }
    }
    let mut sums: Vec<FlowSum> = sums.into_values().flatten().collect();
    sums.sort_by(|a, b| b.last.cmp(&a.last).then_with(|| a.flow.id.cmp(&b.flow.id)));
    sums
}

/// Events of these flows by the severity of the flow.
pub fn by_severity(sums: &[FlowSum]) -> BySeverity {
    let mut counts = BySeverity::default();
    for sum in sums {
        counts[sum.flow.severity as usize] += sum.count;
    }
    counts
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        alert::Severity,
        map::{MapEnd, MapPlace},
    };

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
            event_id: None,
            alert_id: None,
            simulated: false,
            is_group: false,
        }
    }

    /// Ten events each, at one second.
    pub fn summed(flows: Vec<MapFlow>) -> Vec<FlowSum> {
        let flows: Vec<Arc<MapFlow>> = flows.into_iter().map(Arc::new).collect();
        let hits: Vec<MapHit> = flows
            .iter()
            .map(|flow| MapHit {
                flow: flow.id,
                at: at(1_000),
                count: 10,
            })
            .collect();
        sums(hits.iter().zip(&flows), |_| true)
    }

    #[test]
    fn events_count_by_flow_and_the_latest_comes_first() {
        let flows = [flow(1, Severity::Low), flow(2, Severity::High)].map(Arc::new);
        let hit = |flow, ms, count| MapHit {
            flow,
            at: at(ms),
            count,
        };
        let hits = [hit(1, 1, 3), hit(2, 2, 1), hit(1, 5, 4)];
        let named = hits.iter().map(|hit| (hit, &flows[hit.flow as usize - 1]));
        let summed = sums(named.clone(), |_| true);
        let shown: Vec<_> = summed.iter().map(|s| (s.flow.id, s.count, s.first, s.last)).collect();
        assert_eq!(shown, [(1, 7, at(1), at(5)), (2, 1, at(2), at(2))]);
        assert_eq!(by_severity(&summed), [7, 0, 1, 0]);
        assert_eq!(sums(named, |flow| flow.severity == Severity::High).len(), 1);
    }
}
