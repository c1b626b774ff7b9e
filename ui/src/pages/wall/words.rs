//! Figures and labels that are read from eight metres.

use crate::components::number;

/// At most five characters: `4,812`, `48.1k`, `1.2M`.
pub fn short(n: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let figure = n as f64;
    match n {
        n if n < 100_000 => number::count(n),
        n if n < 1_000_000 => format!("{:.0}k", figure / 1e3),
        n if n < 1_000_000_000 => format!("{:.1}M", figure / 1e6),
        _ => format!("{:.0}G", figure / 1e9),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "shown numbers are far below 2^53")]
pub fn rate(per_second: f64) -> String {
    if per_second < 100_000.0 {
        number::rate(per_second)
    } else {
        short(per_second as i64)
    }
}

/// A span as a number and its unit: `0.4` `s`, `18` `s`, `4` `min`, `3` `h`, `9` `days`.
pub fn span(ms: i64) -> (String, &'static str) {
    let ms = ms.max(0);
    match ms / 1_000 {
        0..=9 => (format!("{}.{}", ms / 1_000, ms % 1_000 / 100), "s"),
        seconds if seconds < 120 => (seconds.to_string(), "s"),
        seconds if seconds < 7_200 => ((seconds / 60).to_string(), "min"),
        seconds if seconds < 172_800 => ((seconds / 3_600).to_string(), "h"),
        seconds => (short(seconds / 86_400), "days"),
    }
}

pub fn lost(lost: i64) -> String {
    match lost {
        0 => "behind, none lost".to_owned(),
        lost => format!("behind, {} unaccounted", short(lost)),
    }
}

/// `123 456`
pub fn code(digits: &str) -> (String, String) {
    let (left, right) = digits.split_at_checked(3).unwrap_or((digits, ""));
    (left.to_owned(), right.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_figure_is_wider_than_its_cell() {
        for (n, text) in [
            (0, "0"),
            (4_812, "4,812"),
            (48_123, "48,123"),
            (123_456, "123k"),
            (12_345_678, "12.3M"),
        ] {
            assert_eq!(short(n), text);
        }
        assert!(short(i64::MAX).len() < 12);
    }

    #[test]
    fn a_span_has_the_unit_that_fits() {
        for (ms, number, unit) in [
            (-5, "0.0", "s"),
            (412, "0.4", "s"),
            (9_999, "9.9", "s"),
            (18_000, "18", "s"),
            (240_000, "4", "min"),
            (3 * 3_600_000, "3", "h"),
            (9 * 86_400_000, "9", "days"),
        ] {
            assert_eq!(span(ms), (number.to_owned(), unit), "{ms}");
        }
    }
}
