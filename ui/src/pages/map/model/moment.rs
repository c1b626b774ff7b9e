//! Which moment the map shows: the live edge, a moment that runs some way behind it, or one that stands still.

use watchfloor_shared::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Moment {
    #[default]
    Live,
    /// So far behind the live edge, and running.
    Behind {
        ms: i64,
    },
    Paused {
        at: Timestamp,
    },
}

impl Moment {
    pub fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Moment::Live => now,
            Moment::Behind { ms } => Timestamp::from_millis(now.millis() - ms),
            Moment::Paused { at } => at,
        }
    }

    pub const fn is_running(self) -> bool {
        !matches!(self, Moment::Paused { .. })
    }

    /// Stands still where it is, or runs on from there.
    pub fn toggled(self, now: Timestamp) -> Self {
        match self {
            Moment::Paused { at } => Self::running(at, now),
            running => Moment::Paused { at: running.at(now) },
        }
    }

    /// Runs from `at` on, as long as that is not the live edge; no earlier than `since`.
    pub fn back(self, ms: i64, since: Timestamp, now: Timestamp) -> Self {
        let at = Timestamp::from_millis(self.at(now).millis() - ms).max(since).min(now);
        match self {
            Moment::Paused { .. } => Moment::Paused { at },
            _ => Self::running(at, now),
        }
    }

    /// Goes to `at`, standing or running as before.
    pub fn moved(self, at: Timestamp, now: Timestamp) -> Self {
        match self {
            Moment::Paused { .. } => Moment::Paused { at: at.min(now) },
            _ => Self::running(at, now),
        }
    }

    fn running(at: Timestamp, now: Timestamp) -> Self {
        /// Nearer is the live edge.
        const EDGE_MS: i64 = 1_500;
        match now.millis() - at.millis() {
            ms if ms <= EDGE_MS => Moment::Live,
            ms => Moment::Behind { ms },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn a_pause_keeps_its_moment_and_runs_on_from_it() {
        let paused = Moment::Live.toggled(at(100_000));
        assert_eq!(paused.at(at(160_000)), at(100_000));
        let behind = paused.toggled(at(160_000));
        assert_eq!(behind, Moment::Behind { ms: 60_000 });
        assert_eq!(behind.at(at(170_000)), at(110_000));
        assert_eq!(paused.toggled(at(101_000)), Moment::Live);
    }

    #[test]
    fn going_back_stops_where_nothing_is_held() {
        let now = at(100_000);
        assert_eq!(Moment::Live.back(30_000, at(0), now), Moment::Behind { ms: 30_000 });
        assert_eq!(
            Moment::Behind { ms: 30_000 }.back(30_000, at(0), now),
            Moment::Behind { ms: 60_000 }
        );
        assert_eq!(
            Moment::Live.back(30_000, at(90_000), now),
            Moment::Behind { ms: 10_000 }
        );
        assert_eq!(
            Moment::Paused { at: at(50_000) }.back(30_000, at(0), now),
            Moment::Paused { at: at(20_000) }
        );
        assert_eq!(Moment::Behind { ms: 9 }.moved(at(99_900), now), Moment::Live);
        assert_eq!(
            Moment::Paused { at: at(5) }.moved(at(200_000), now),
            Moment::Paused { at: now }
        );
    }
}
