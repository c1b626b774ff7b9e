//! What is under way. A ring: when it is full the oldest gives way.

use super::instances::Instances;
use crate::pages::map::model::Shot;
use std::collections::{BTreeSet, VecDeque};

pub const UNDER_WAY_MAX: usize = 5_000;
/// The ring at the destination opens for so long.
const IMPACT_SECONDS: f64 = 0.8;

struct Flight {
    shot: Shot,
    begins: f64,
    seconds: f64,
    /// A ring opens where it arrives.
    strikes: bool,
}

impl Flight {
    fn ends(&self) -> f64 {
        self.begins + self.seconds + IMPACT_SECONDS
    }
}

#[derive(Default)]
pub struct Flights {
    flights: VecDeque<Flight>,
    changed: bool,
}

impl Flights {
    /// `now` in seconds of any clock that goes on.
    pub fn begin(&mut self, shots: &[Shot], now: f64) {
        let mut struck = BTreeSet::new();
        for shot in shots {
            if self.flights.len() == UNDER_WAY_MAX {
                self.flights.pop_front();
            }
            let far = f64::from((shot.to[0] - shot.from[0]).hypot(shot.to[1] - shot.from[1]));
            self.flights.push_back(Flight {
                shot: shot.clone(),
                begins: now,
                seconds: 1.1 + 1.8 * far.sqrt(),
                // One ring says it for all that set out together.
                strikes: struck.insert(shot.to.map(f32::to_bits)),
            });
        }
        self.changed |= !shots.is_empty();
    }

    pub fn count(&self) -> usize {
        self.flights.len()
    }

    pub fn clear(&mut self) {
        self.flights.clear();
        self.changed = true;
    }

    /// Whether anything still moves at that time.
    pub fn are_under_way(&self, now: f64) -> bool {
        self.flights.iter().any(|flight| flight.ends() > now)
    }

    pub fn again(&mut self) {
        self.changed = true;
    }

    /// For the graphics card, with times from `now` on; `None` when it has the same already. Times are sent as differences,
    /// so that they stay exact however long the page is open.
    pub fn packed(&mut self, now: f64) -> Option<Instances> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        self.flights.retain(|flight| flight.ends() > now);
        let mut packed = Instances::default();
        for Flight {
            shot,
            begins,
            seconds,
            strikes,
        } in &self.flights
        {
            #[expect(clippy::cast_possible_truncation, reason = "a few seconds")]
            let time = [(begins - now) as f32, *seconds as f32];
            packed.flown((shot.from, shot.to), shot.tone, shot.width_px, (1.0, *strikes), time);
        }
        Some(packed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::instances::FLOATS;
    use super::*;
    use crate::pages::map::model::scene::Tone;
    use watchfloor_shared::alert::Severity;

    fn shot(to: f32) -> Shot {
        Shot {
            from: [0.9, 0.4],
            to: [to, 0.4],
            tone: Tone {
                severity: Severity::High,
                simulated: false,
            },
            width_px: 1.0,
        }
    }

    #[test]
    fn the_ring_is_bounded_and_empties_itself() {
        let mut flights = Flights::default();
        flights.begin(&vec![shot(0.5); UNDER_WAY_MAX + 7], 10.0);
        assert_eq!(flights.flights.len(), UNDER_WAY_MAX);
        assert!(flights.are_under_way(10.5));
        assert!(!flights.are_under_way(60.0));
        assert_eq!(flights.packed(60.0).map(|packed| packed.count()), Some(0));
        assert!(flights.packed(60.0).is_none(), "the card has it already");
    }

    #[test]
    fn what_crosses_the_edge_is_there_twice() {
        let mut flights = Flights::default();
        flights.begin(&[shot(0.5), shot(1.1)], 0.0);
        let packed = flights.packed(1.0).unwrap();
        assert_eq!(packed.count(), 3);
        assert_eq!(packed.floats()[8], -1.0, "it began a second ago");
        let second = &packed.floats()[2 * FLOATS..];
        assert!((second[2] - 0.1).abs() < 1e-6, "{second:?}");
    }
}
