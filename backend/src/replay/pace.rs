//! How fast a recording is played.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, Instant},
};
use watchfloor_shared::Timestamp;

/// A gap in a recording is not waited out for longer than this, whatever the speed.
const PAUSE_MAX: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Speed {
    /// As fast as the server takes it.
    #[default]
    Max,
    /// Times the recording's own speed.
    Times(f64),
}

impl FromStr for Speed {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Speed::Max);
        }
        match text.parse::<f64>() {
            Ok(times) if times > 0.0 && times.is_finite() => Ok(Speed::Times(times)),
            _ => Err("expected max or a number above 0, such as 1 or 10".to_owned()),
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Speed::Max => f.write_str("max"),
            Speed::Times(times) => write!(f, "{times}"),
        }
    }
}

/// Says how long to wait before each event. Events that go back in time are not waited for.
#[derive(Debug)]
pub struct Pacer {
    speed: Speed,
    /// When playing began, and the event time it began with.
    begin: Option<(Instant, Timestamp)>,
}

impl Pacer {
    pub fn new(speed: Speed) -> Self {
        Self { speed, begin: None }
    }

    /// How long to wait at `now` before an event of that time.
    pub fn pause_before(&mut self, time: Option<Timestamp>, now: Instant) -> Duration {
        let (Speed::Times(times), Some(time)) = (self.speed, time) else {
            return Duration::ZERO;
        };
        let (started, first) = *self.begin.get_or_insert((now, time));
        let due = started + time.since(first).div_f64(times);
        let pause = due.saturating_duration_since(now);
        if pause > PAUSE_MAX {
            // Play the rest as if the gap had been this short.
            self.begin = Some((now + PAUSE_MAX, time));
            return PAUSE_MAX;
        }
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_as_fast_waits_a_tenth_and_a_long_gap_is_cut() {
        let mut pacer = Pacer::new(Speed::Times(10.0));
        let at = |seconds: i64| Some(Timestamp::from_millis(seconds * 1_000));
        let now = Instant::now();
        assert_eq!(pacer.pause_before(at(100), now), Duration::ZERO);
        assert_eq!(pacer.pause_before(at(105), now), Duration::from_millis(500));
        assert_eq!(pacer.pause_before(at(90), now), Duration::ZERO);
        assert_eq!(pacer.pause_before(at(100_000), now), PAUSE_MAX);
        assert_eq!(
            pacer.pause_before(at(100_001), now + PAUSE_MAX),
            Duration::from_millis(100)
        );
    }

    #[test]
    fn speeds_that_mean_nothing_are_refused() {
        for text in ["0", "-1", "fast", "inf", "NaN", ""] {
            assert!(text.parse::<Speed>().is_err(), "{text}");
        }
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("10".parse(), Ok(Speed::Times(10.0)));
    }
}
