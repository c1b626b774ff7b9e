//! Time along a horizontal axis: positions, instants, and ticks at round times of the viewer's zone.

use super::time;
use crate::state::Zone;
use watchfloor_shared::Timestamp;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Room that a tick's label needs.
const TICK_PX_MIN: f64 = 96.0;
const STEPS_MS: [i64; 17] = [
    1_000,
    5_000,
    15_000,
    MINUTE_MS,
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    30 * MINUTE_MS,
    HOUR_MS,
    3 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    2 * DAY_MS,
    7 * DAY_MS,
    30 * DAY_MS,
    90 * DAY_MS,
    365 * DAY_MS,
];

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeScale {
    pub from: Timestamp,
    pub to: Timestamp,
    /// Pixels from `from` to `to`.
    pub width: f64,
}

impl TimeScale {
    pub fn x(&self, at: Timestamp) -> f64 {
        self.width * ms(at.millis() - self.from.millis()) / self.length_ms()
    }
    pub fn at(&self, x: f64) -> Timestamp {
        #[expect(clippy::cast_possible_truncation, reason = "between two instants")]
        let offset = (x / self.width.max(1.0) * self.length_ms()) as i64;
        Timestamp::from_millis(self.from.millis() + offset)
    }
    fn length_ms(&self) -> f64 {
        ms((self.to.millis() - self.from.millis()).max(1))
    }
    /// Positions and labels; midnight carries the day.
    pub fn ticks(&self, zone: Zone) -> Vec<(f64, String)> {
        let per_px = self.length_ms() / self.width.max(1.0);
        let step = STEPS_MS
            .into_iter()
            .find(|step| ms(*step) / per_px >= TICK_PX_MIN)
            .unwrap_or(365 * DAY_MS);
        let shift = time::offset_ms(self.from, zone);
        let mut at = (self.from.millis() + shift).div_euclid(step) * step + step - shift;
        let mut ticks = Vec::new();
        while at < self.to.millis() && ticks.len() < 64 {
            let instant = Timestamp::from_millis(at);
            ticks.push((self.x(instant), label(instant, step, zone)));
            at += step;
        }
        ticks
    }
}

fn label(at: Timestamp, step: i64, zone: Zone) -> String {
    let midnight = (at.millis() + time::offset_ms(at, zone)).rem_euclid(DAY_MS) == 0;
    match step {
        s if s >= 365 * DAY_MS => time::day(at, zone),
        s if s >= DAY_MS => time::day_short(at, zone),
        _ if midnight => time::day_short(at, zone),
        s if s >= MINUTE_MS => time::hour_minute(at, zone),
        _ => time::clock_time(at, zone),
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds fit into 53 bits")]
fn ms(value: i64) -> f64 {
    value as f64
}

/// A step that cuts `length_ms` into at most `columns_max` columns.
pub fn step_ms(length_ms: i64, columns_max: i64) -> i64 {
    const NICE: [i64; 18] = [
        1_000,
        5_000,
        10_000,
        30_000,
        MINUTE_MS,
        2 * MINUTE_MS,
        5 * MINUTE_MS,
        10 * MINUTE_MS,
        15 * MINUTE_MS,
        30 * MINUTE_MS,
        HOUR_MS,
        3 * HOUR_MS,
        6 * HOUR_MS,
        12 * HOUR_MS,
        DAY_MS,
        7 * DAY_MS,
        30 * DAY_MS,
        90 * DAY_MS,
    ];
    NICE.into_iter()
        .find(|step| length_ms / step <= columns_max)
        .unwrap_or_else(|| (length_ms / columns_max.max(1)).max(365 * DAY_MS))
}

/// `15 minutes`, `3 hours`
pub fn step_words(step: i64) -> String {
    let (number, unit) = match step {
        s if s >= DAY_MS => (s / DAY_MS, "day"),
        s if s >= HOUR_MS => (s / HOUR_MS, "hour"),
        s if s >= MINUTE_MS => (s / MINUTE_MS, "minute"),
        s => (s / 1_000, "second"),
    };
    if number == 1 {
        unit.to_owned()
    } else {
        format!("{number} {unit}s")
    }
}
