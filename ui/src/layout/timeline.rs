//! A time axis that holds from a day to a second, and the marks of a lane merged where they would lie on each other.
//! Instants are nanoseconds since 1970 UTC; a zone is its offset in minutes.

use std::{fmt, str::FromStr};
use watchfloor_shared::{Timestamp, alert::Severity, time::InvalidTimestamp, timeline::Mark};

const MS: i64 = 1_000_000;
const SECOND: i64 = 1_000 * MS;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// The narrowest and the widest stretch that a person can zoom to.
pub const SPAN_MIN: i64 = SECOND;
pub const SPAN_MAX: i64 = 366 * DAY;

const STEPS: [i64; 31] = [
    MS,
    2 * MS,
    5 * MS,
    10 * MS,
    20 * MS,
    50 * MS,
    100 * MS,
    200 * MS,
    500 * MS,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
];

/// A stretch of time, `from < to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: i64,
    pub to: i64,
}

impl Span {
    /// At least as long as the narrowest zoom.
    pub fn new(from: i64, to: i64) -> Self {
        Self {
            from,
            to: to.max(from.saturating_add(SPAN_MIN)),
        }
    }

    pub fn length(self) -> i64 {
        self.to.saturating_sub(self.from)
    }

    pub fn x(self, at: i64, width: f64) -> f64 {
        (at.saturating_sub(self.from)) as f64 / self.length() as f64 * width
    }

    pub fn at(self, x: f64, width: f64) -> i64 {
        let share = if width > 0.0 { x / width } else { 0.0 };
        self.from.saturating_add((share * self.length() as f64).round() as i64)
    }

    /// Longer or shorter by `factor` with `anchor` staying at its place on the screen; never beyond `bounds`.
    pub fn zoom(self, factor: f64, anchor: i64, bounds: Span) -> Self {
        let longest = bounds.length().clamp(SPAN_MIN, SPAN_MAX);
        let length = ((self.length() as f64 * factor) as i64).clamp(SPAN_MIN.min(longest), longest);
        let share = (anchor.saturating_sub(self.from)) as f64 / self.length() as f64;
        let from = anchor.saturating_sub((share * length as f64).round() as i64);
        Self {
            from,
            to: from.saturating_add(length),
        }
        .within(bounds)
    }

    pub fn pan(self, by: i64, bounds: Span) -> Self {
        Self {
            from: self.from.saturating_add(by),
            to: self.to.saturating_add(by),
        }
        .within(bounds)
    }

    /// Moved, not shortened, into the bounds; the bounds when longer than they are.
    pub fn within(self, bounds: Span) -> Self {
        let length = self.length();
        if length >= bounds.length() {
            return bounds;
        }
        let from = self.from.clamp(bounds.from, bounds.to - length);
        Self {
            from,
            to: from + length,
        }
    }

    #[cfg(test)]
    fn contains(self, at: i64) -> bool {
        at >= self.from && at <= self.to
    }
}

/// `2026-11-19T14:10:00Z..2026-11-19T14:12:00Z`: a stretch in an address.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}..{}",
            Timestamp::from_nanos(self.from),
            Timestamp::from_nanos(self.to)
        )
    }
}

impl FromStr for Span {
    type Err = InvalidTimestamp;
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let (from, to) = text.split_once("..").ok_or(InvalidTimestamp::Syntax)?;
        let (from, to): (Timestamp, Timestamp) = (from.parse()?, to.parse()?);
        if from < to {
            Ok(Self {
                from: from.nanos(),
                to: to.nanos(),
            })
        } else {
            Err(InvalidTimestamp::Range)
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    pub at: i64,
    pub label: String,
    /// The first of a day.
    pub strong: bool,
}

/// The smallest round step at which labels stand at least `room` pixels apart.
pub fn step(span: Span, width: f64, room: f64) -> i64 {
    let least = span.length() as f64 * room / width.max(1.0);
    STEPS.into_iter().find(|step| *step as f64 >= least).unwrap_or(56 * DAY)
}

/// Round times in the span, labelled in the zone as precisely as the step needs.
pub fn ticks(span: Span, width: f64, zone_minutes: i32) -> Vec<Tick> {
    let room = if span.length() < 5 * SECOND { 96.0 } else { 72.0 };
    let step = step(span, width, room);
    let zone = i64::from(zone_minutes) * MINUTE;
    let local = |at: i64| at.saturating_add(zone);
    let first = local(span.from).div_euclid(step).saturating_add(1).saturating_mul(step);
    let mut ticks = Vec::new();
    let mut at = if local(span.from).rem_euclid(step) == 0 {
        local(span.from)
    } else {
        first
    };
    while at <= local(span.to) && ticks.len() < 200 {
        ticks.push(Tick {
            at: at - zone,
            label: tick_label(at, step),
            strong: at.rem_euclid(DAY) == 0,
        });
        at = at.saturating_add(step);
    }
    ticks
}

fn tick_label(local: i64, step: i64) -> String {
    let day = local.rem_euclid(DAY);
    let (hour, minute, second) = (day / HOUR, day % HOUR / MINUTE, day % MINUTE / SECOND);
    if day == 0 && step >= MINUTE {
        return day_label(local);
    }
    if step >= MINUTE {
        return format!("{hour:02}:{minute:02}");
    }
    if step >= SECOND {
        return format!("{hour:02}:{minute:02}:{second:02}");
    }
    format!("{minute:02}:{second:02}.{:03}", day % SECOND / MS)
}

/// `Thu 19`.
fn day_label(local: i64) -> String {
    const NAMES: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let days = local.div_euclid(DAY);
    let name = NAMES[days.rem_euclid(7) as usize];
    format!("{name} {}", civil(days).2)
}

/// Year, month, day of the days since 1970-01-01 (the proleptic Gregorian calendar).
pub fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// One mark on the screen: events of a lane that lie within a few pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    pub x: f64,
    pub count: i64,
    /// Worst alert in it; such dots are never merged with those without.
    pub severity: Option<Severity>,
    /// Position of its first mark in the lane.
    pub first: usize,
}

/// Marks in sight, merged where closer than `apart` pixels. `marks` are in time order.
pub fn dots(marks: &[Mark], span: Span, width: f64, apart: f64) -> Vec<Dot> {
    let begin = marks.partition_point(|mark| mark.at.nanos() < span.from);
    let mut dots: Vec<Dot> = Vec::new();
    let mut last: [Option<usize>; 2] = [None, None];
    for (at, mark) in marks.iter().enumerate().skip(begin) {
        if mark.at.nanos() > span.to {
            break;
        }
        let x = span.x(mark.at.nanos(), width);
        let class = usize::from(mark.severity.is_some());
        let room = if class == 1 { apart * 4.0 } else { apart };
        match last[class].map(|index| &mut dots[index]).filter(|dot| x - dot.x < room) {
            Some(dot) => {
                dot.count += mark.count;
                dot.severity = dot.severity.max(mark.severity);
            }
            None => {
                last[class] = Some(dots.len());
                dots.push(Dot {
                    x,
                    count: mark.count,
                    severity: mark.severity,
                    first: at,
                });
            }
        }
    }
    dots
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchfloor_shared::{EventId, timeline::MarkKind};

    /// Thu 2026-11-19 14:10:00 UTC.
    const BEGIN: i64 = 1_795_097_400 * SECOND;

    #[test]
    fn the_scale_reads_well_from_a_day_to_a_second() {
        let first = |length: i64| ticks(Span::new(BEGIN, BEGIN + length), 830.0, 0)[0].label.clone();
        assert_eq!(first(22 * MINUTE), "14:10");
        assert_eq!(first(DAY), "15:00");
        assert_eq!(first(40 * SECOND), "14:10:00");
        assert_eq!(first(SECOND), "10:00.000");
        for length in [SECOND, 7 * SECOND, MINUTE, HOUR, DAY, 30 * DAY, 366 * DAY] {
            let count = ticks(Span::new(BEGIN + 123_457, BEGIN + length), 830.0, 60).len();
            assert!((2..=12).contains(&count), "{count} ticks in {length} ns");
        }
    }

    #[test]
    fn midnight_is_named_by_its_day_in_the_viewers_zone() {
        let ticks = ticks(Span::new(BEGIN, BEGIN + DAY), 830.0, 60);
        let midnight: Vec<&Tick> = ticks.iter().filter(|tick| tick.strong).collect();
        assert_eq!(midnight.len(), 1);
        assert_eq!(midnight[0].label, "Fri 20");
        assert_eq!(midnight[0].at, BEGIN + 8 * HOUR + 50 * MINUTE);
    }

    #[test]
    fn zooming_in_and_out_again_loses_no_place() {
        let bounds = Span::new(BEGIN, BEGIN + DAY);
        let anchor = BEGIN + 5 * HOUR;
        let mut span = bounds;
        while span.length() > SPAN_MIN {
            span = span.zoom(0.5, anchor, bounds);
            assert!(span.contains(anchor));
        }
        assert!((span.x(anchor, 800.0) - bounds.x(anchor, 800.0)).abs() < 2.0);
        for _ in 0..40 {
            span = span.zoom(2.0, anchor, bounds);
        }
        assert_eq!(span, bounds);
    }

    #[test]
    fn a_stretch_survives_the_address() {
        let span = Span {
            from: BEGIN + 123,
            to: BEGIN + MINUTE,
        };
        assert_eq!(span.to_string().parse(), Ok(span));
        assert!("2026-11-19T14:12:00Z..2026-11-19T14:10:00Z".parse::<Span>().is_err());
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_781), (2024, 2, 28));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(-1), (1969, 12, 31));
    }

    #[test]
    fn merged_marks_keep_their_count_and_alerts_stay_apart() {
        let mark = |ms: i64, severity| Mark {
            at: Timestamp::from_nanos(BEGIN + ms * MS),
            kind: MarkKind::Other,
            count: 1,
            severity,
            event_id: EventId::new("e"),
            label: String::new(),
        };
        let marks: Vec<Mark> = (0..1_000)
            .map(|at| mark(at, (at == 500).then_some(Severity::High)))
            .collect();
        let dots = dots(&marks, Span::new(BEGIN, BEGIN + SECOND), 100.0, 3.0);
        assert_eq!(dots.iter().map(|dot| dot.count).sum::<i64>(), 1_000);
        assert_eq!(dots.iter().filter(|dot| dot.severity.is_some()).count(), 1);
        assert!(dots.len() < 40);
    }
}
