//! Times as senders write them → UTC with nanoseconds.

use crate::verdict::DeadReason;
use serde_json::{Map, Value};
use watchfloor_shared::{Timestamp, time::InvalidTimestamp};

/// RFC 3339, with `T` or a blank. A time without an offset is taken as UTC: Windows event logs keep UTC, and no sender says
/// which other zone it meant.
pub(super) fn parse(text: &str) -> Result<Timestamp, DeadReason> {
    let text = text.trim();
    let outcome = if has_offset(text) {
        text.parse()
    } else {
        format!("{text}Z").parse()
    };
    outcome.map_err(|error: InvalidTimestamp| match error {
        InvalidTimestamp::Range => DeadReason::TimestampOutOfRange,
        InvalidTimestamp::Syntax => DeadReason::TimestampUnparseable,
    })
}

fn has_offset(text: &str) -> bool {
    // Behind the date, only an offset has a sign.
    let clock = text.get(10..).unwrap_or_default();
    clock.ends_with(['Z', 'z', ']']) || clock.contains(['+', '-'])
}

/// The first of `keys` whose value carries an offset; else the first that is there. Senders that write local time without an
/// offset mostly have another field with one.
pub(super) fn first_of(map: &Map<String, Value>, keys: &[&str]) -> Result<Timestamp, DeadReason> {
    let texts = || keys.iter().filter_map(|key| map.get(*key)?.as_str());
    match texts().find(|text| has_offset(text.trim())).or_else(|| texts().next()) {
        Some(text) => parse(text),
        None if keys.iter().any(|key| map.contains_key(*key)) => Err(DeadReason::TimestampUnparseable),
        None => Err(DeadReason::TimestampMissing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_digit_that_the_source_gave() {
        for (text, expected) in [
            ("2023-08-18T08:56:04.315Z", "2023-08-18T08:56:04.315Z"),
            ("2026-04-17T05:24:53.0920513Z", "2026-04-17T05:24:53.0920513Z"),
            ("2020-09-21 18:58:30", "2020-09-21T18:58:30Z"),
            ("2020-09-21 18:58:30.5 ", "2020-09-21T18:58:30.5Z"),
            ("2020-09-21T18:58:30-04:00", "2020-09-21T22:58:30Z"),
        ] {
            assert_eq!(parse(text).map(|t| t.to_string()), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn says_why_a_time_is_refused() {
        assert_eq!(parse("9999-12-31T23:59:59Z"), Err(DeadReason::TimestampOutOfRange));
        assert_eq!(parse("9999-12-31 23:59:59.999"), Err(DeadReason::TimestampOutOfRange));
        assert_eq!(parse("1601-01-01T00:00:00Z"), Err(DeadReason::TimestampOutOfRange));
        for text in ["", "now", "2020-13-01T00:00:00Z", "18/08/2023 08:56:04", "ééééééééééé"] {
            assert_eq!(parse(text), Err(DeadReason::TimestampUnparseable), "{text}");
        }
    }
}
