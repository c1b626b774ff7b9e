//! Alerts over time, stacked by severity.

use super::{
    MARGIN, SHEET,
    look::{Look, Theme},
    map::{clock, grouped, minute},
    svg::{Anchor, Face, Svg, Text, cut},
};
use watchfloor_shared::{
    Timestamp,
    alert::{AlertBucket, Severity},
    sign,
};

const HEIGHT: f64 = 640.0;
const TOP: f64 = 128.0;
const BOTTOM: f64 = 560.0;
const LEFT: f64 = 104.0;
const RIGHT: f64 = SHEET - MARGIN;
const LINES: u64 = 4;
/// Width of a severity's sum in the head.
const LEGEND: f64 = 150.0;
const DAY_MS: i64 = 24 * 3_600_000;

/// What is drawn: the alerts first seen between two times, in equal steps.
pub struct Trend<'a> {
    pub organization: &'a str,
    pub from: Timestamp,
    pub to: Timestamp,
    pub interval_ms: i64,
    /// Empty steps may be left out.
    pub buckets: &'a [AlertBucket],
    pub theme: Theme,
}

/// The chart as SVG.
pub fn trend(what: &Trend<'_>) -> String {
    let look = Look::of_theme(what.theme);
    let mut svg = Svg::new(SHEET, HEIGHT, &format!("Alerts of {}", what.organization));
    svg.rect((0.0, 0.0), (SHEET, HEIGHT), look.page);
    head(&mut svg, look, what);
    let most = what.buckets.iter().map(|bucket| stacked(bucket).iter().sum()).max();
    let most = ceiling(most.unwrap_or(0));
    axis(&mut svg, look, most);
    bars(&mut svg, look, what, most);
    times(&mut svg, look, what);
    svg.finish()
}

fn text(at: (f64, f64), size: f64, face: Face, anchor: Anchor, colour: &str) -> Text<'_> {
    Text {
        at,
        size,
        face,
        anchor,
        colour,
    }
}

/// In the order of [`Severity::ALL`].
fn stacked(bucket: &AlertBucket) -> [u64; 4] {
    [bucket.low, bucket.medium, bucket.high, bucket.critical].map(|count| u64::try_from(count).unwrap_or(0))
}

fn head(svg: &mut Svg, look: &Look, what: &Trend<'_>) {
    let title = format!("Alerts, {}", cut(what.organization, 60));
    let how = text((MARGIN, 44.0), 28.0, Face::Strong, Anchor::Start, look.strong);
    svg.text(&how, title);
    let how = text((MARGIN, 74.0), 16.0, Face::Mono, Anchor::Start, look.text);
    svg.text(&how, format!("{} to {} UTC", minute(what.from), minute(what.to)));
    let mut sums = [0_u64; 4];
    for bucket in what.buckets {
        for (sum, count) in sums.iter_mut().zip(stacked(bucket)) {
            *sum = sum.saturating_add(count);
        }
    }
    let columns = Severity::ALL.into_iter().rev().zip(0_u32..);
    for (severity, column) in columns {
        let x = RIGHT - LEGEND * f64::from(4 - column);
        svg.sign((x, 36.0), 18.0, severity, look.severity(severity));
        let how = text((x + 26.0, 51.0), 16.0, Face::Sans, Anchor::Start, look.text);
        svg.text(
            &how,
            format!("{} {}", grouped(sums[severity as usize]), sign::word(severity)),
        );
    }
}

/// The next round number, at least so large that there are whole steps.
fn ceiling(most: u64) -> u64 {
    let mut step = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            let round = step.saturating_mul(factor).saturating_mul(LINES);
            if round >= most {
                return round;
            }
        }
        step = step.saturating_mul(10);
    }
}

#[allow(clippy::cast_precision_loss, reason = "pixels")]
fn height(count: u64, most: u64) -> f64 {
    (BOTTOM - TOP) * count as f64 / most as f64
}

fn axis(svg: &mut Svg, look: &Look, most: u64) {
    for line in 0..=LINES {
        let count = most / LINES * line;
        let y = BOTTOM - height(count, most);
        svg.line((LEFT, y), (RIGHT, y), look.hairline);
        let how = text((LEFT - 12.0, y + 5.0), 14.0, Face::Mono, Anchor::End, look.quiet);
        svg.text(&how, grouped(count));
    }
}

/// Where a time stands.
#[allow(clippy::cast_precision_loss, reason = "pixels")]
fn place(what: &Trend<'_>, at: Timestamp) -> f64 {
    let all = (what.to.millis() - what.from.millis()).max(1) as f64;
    let share = (at.millis() - what.from.millis()) as f64 / all;
    LEFT + (RIGHT - LEFT) * share.clamp(0.0, 1.0)
}

fn bars(svg: &mut Svg, look: &Look, what: &Trend<'_>, most: u64) {
    for bucket in what.buckets {
        let from = place(what, bucket.start);
        let to = place(what, Timestamp::from_millis(bucket.start.millis() + what.interval_ms));
        // A hair between two bars, where there is room for one.
        let gap = if to - from > 3.0 { 1.0 } else { 0.0 };
        let mut y = BOTTOM;
        for (severity, count) in Severity::ALL.into_iter().zip(stacked(bucket)) {
            let tall = height(count, most);
            y -= tall;
            if count > 0 {
                svg.rect((from, y), ((to - from - gap).max(0.5), tall), look.severity(severity));
            }
        }
    }
}

/// Marks at round times of UTC, at most so many.
fn times(svg: &mut Svg, look: &Look, what: &Trend<'_>) {
    const MARKS_MAX: i64 = 8;
    const STEPS_MINUTES: [i64; 11] = [5, 15, 30, 60, 120, 240, 720, 1_440, 2_880, 10_080, 43_200];
    let length = what.to.millis() - what.from.millis();
    let steps = STEPS_MINUTES.map(|minutes| minutes * 60_000);
    let step = steps.into_iter().find(|step| length / step <= MARKS_MAX);
    let step = step.unwrap_or((length / MARKS_MAX).max(1));
    let first = what.from.millis().div_euclid(step).saturating_add(1);
    for number in first..=what.to.millis().div_euclid(step) {
        let at = Timestamp::from_millis(number * step);
        let label = match at.millis().rem_euclid(DAY_MS) == 0 {
            true => minute(at).get(..10).unwrap_or_default().to_owned(),
            false => clock(at),
        };
        let x = place(what, at);
        // A word that would leave the sheet is left out.
        if x > LEFT + MARGIN && x < RIGHT - MARGIN {
            let how = text((x, BOTTOM + 28.0), 14.0, Face::Mono, Anchor::Middle, look.quiet);
            svg.text(&how, label);
        }
        svg.line((x, BOTTOM), (x, BOTTOM + 6.0), look.quiet);
    }
    let how = text((RIGHT, HEIGHT - 15.0), 13.0, Face::Sans, Anchor::End, look.quiet);
    svg.text(&how, "Watchfloor. By when they were first seen.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_at_a_round_number_of_whole_steps() {
        let ends: Vec<u64> = [0, 1, 4, 5, 9, 41, 80, 81, 1_999].map(ceiling).to_vec();
        assert_eq!(ends, [4, 4, 4, 8, 20, 80, 80, 200, 2_000]);
        assert!(ceiling(u64::MAX) == u64::MAX);
    }

    #[test]
    fn a_bar_is_as_tall_as_its_count_and_stands_at_its_time() {
        let at = |hours: i64| Timestamp::from_millis(hours * 3_600_000);
        let bucket = AlertBucket {
            start: at(12),
            low: 2,
            medium: 0,
            high: 0,
            critical: 2,
        };
        let svg = trend(&Trend {
            organization: "Default",
            from: at(0),
            to: at(24),
            interval_ms: 3_600_000,
            buckets: &[bucket],
            theme: Theme::Light,
        });
        let look = Look::of_theme(Theme::Light);
        let middle = LEFT + (RIGHT - LEFT) / 2.0;
        let half = (BOTTOM - TOP) / 2.0;
        for (severity, y) in [(Severity::Low, TOP + half), (Severity::Critical, TOP)] {
            let bar = format!(r#"<rect x="{middle:.1}" y="{y:.1}" "#);
            let colour = format!(r#"height="{half:.1}" fill="{}"/>"#, look.severity(severity));
            assert!(
                svg.split(&bar).nth(1).is_some_and(|rest| rest.contains(&colour)),
                "{severity:?}"
            );
        }
    }
}
