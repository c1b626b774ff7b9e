//! The figures of heartbeats over time, behind a seam: here in memory, for as long as a page shows them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use watchfloor_shared::{TenantId, fleet::LoadPoint};

/// An hour of heartbeats at the usual rate.
pub const POINTS_MAX: usize = 120;
/// More often than this a chart gains nothing.
const POINT_EVERY: Duration = Duration::from_secs(5);

/// Whose figures they are: an enrolled sensor's id, or the name of one that is not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SensorKey {
    pub tenant: TenantId,
    pub enrolled: Option<String>,
    pub host: String,
}

/// `sensor_metrics`: what is kept of heartbeats.
pub trait SensorMetrics: Send + Sync {
    fn note(&self, whose: &SensorKey, point: LoadPoint);
    /// The newest, at most `points_max`, oldest first.
    fn recent(&self, whose: &SensorKey, points_max: usize) -> Vec<LoadPoint>;
    fn forget(&self, whose: &SensorKey);
}

/// The last hour, until the server ends. The caller bounds how many sensors there are.
#[derive(Default)]
pub struct RecentMetrics(Mutex<HashMap<SensorKey, VecDeque<LoadPoint>>>);

impl SensorMetrics for RecentMetrics {
    fn note(&self, whose: &SensorKey, point: LoadPoint) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let points = all.entry(whose.clone()).or_default();
        if points.back().is_some_and(|last| point.at.since(last.at) < POINT_EVERY) {
            return;
        }
        if points.len() >= POINTS_MAX {
            points.pop_front();
        }
        points.push_back(point);
    }

    fn recent(&self, whose: &SensorKey, points_max: usize) -> Vec<LoadPoint> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(points) = all.get(whose) else {
            return Vec::new();
        };
        points
            .iter()
            .skip(points.len().saturating_sub(points_max))
            .copied()
            .collect()
    }

    fn forget(&self, whose: &SensorKey) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(whose);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchfloor_shared::Timestamp;

    #[test]
    fn a_flood_of_heartbeats_is_thinned_and_the_oldest_go() {
        let metrics = RecentMetrics::default();
        let whose = SensorKey {
            tenant: "acme".parse().unwrap(),
            enrolled: None,
            host: "web-1".to_owned(),
        };
        for ms in 0..10_000 {
            let at = Timestamp::from_millis(ms);
            metrics.note(
                &whose,
                LoadPoint {
                    at,
                    ..LoadPoint::default()
                },
            );
        }
        assert_eq!(metrics.recent(&whose, POINTS_MAX).len(), 2);
        for step in 1..1_000 {
            let at = Timestamp::from_millis(10_000 + step * 30_000);
            metrics.note(
                &whose,
                LoadPoint {
                    at,
                    ..LoadPoint::default()
                },
            );
        }
        let points = metrics.recent(&whose, POINTS_MAX);
        assert_eq!(points.len(), POINTS_MAX);
        assert!(points.is_sorted_by_key(|point| point.at));
        assert_eq!(metrics.recent(&whose, 2), points[POINTS_MAX - 2..]);
        metrics.forget(&whose);
        assert!(metrics.recent(&whose, POINTS_MAX).is_empty());
    }
}
