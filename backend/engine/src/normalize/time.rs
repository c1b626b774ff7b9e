//! Times as senders write them → UTC with nanoseconds.

use super::node::Node;
use crate::json::Map;
use crate::verdict::DeadReason;
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
pub(super) fn first_of(map: &Map, keys: &[&str]) -> Result<Timestamp, DeadReason> {
    let texts = || keys.iter().filter_map(|key| map.get(key)?.as_str());
    match texts().find(|text| has_offset(text.trim())).or_else(|| texts().next()) {
        Some(text) => parse(text),
        None if keys.iter().any(|key| map.contains_key(key)) => Err(DeadReason::TimestampUnparseable),
        None => Err(DeadReason::TimestampMissing),
    }
}

const NANOS: i64 = 1_000_000_000;
const DAY_SECONDS: i64 = 86_400;

/// What a number without a unit counts, by its size: a second, a thousandth, a millionth or a billionth.
pub(super) fn epoch(number: f64) -> Result<Timestamp, DeadReason> {
    // Until the year 5138 seconds stay below this; as milliseconds it is March 1973.
    const SECONDS_MAX: f64 = 1e11;
    if !number.is_finite() {
        return Err(DeadReason::TimestampUnparseable);
    }
    let micros = match number.abs() {
        n if n < SECONDS_MAX => number * 1e6,
        n if n < SECONDS_MAX * 1e3 => number * 1e3,
        n if n < SECONDS_MAX * 1e6 => number,
        _ => number / 1e3,
    };
    let micros = micros.round();
    if micros.abs() > i64::MAX as f64 / 1e3 - 1.0 {
        return Err(DeadReason::TimestampOutOfRange);
    }
    Ok(Timestamp::from_nanos(micros as i64 * 1_000))
}

/// A time as JSON has it: RFC 3339, or a number since 1970 as number or text.
pub(super) fn of_node(node: &Node<'_>) -> Result<Timestamp, DeadReason> {
    match node {
        Node::Number(_) => epoch(node.float().unwrap_or(f64::NAN)),
        Node::Text(text) => match plain(text.trim()) {
            Some(time) => Ok(time),
            None => parse(text).or_else(|reason| match text.trim().parse() {
                Ok(number) => epoch(number),
                Err(_) => Err(reason),
            }),
        },
        Node::Null => Err(DeadReason::TimestampMissing),
        _ => Err(DeadReason::TimestampUnparseable),
    }
}

/// `2018-03-24T14:37:19.037299-0600` and the like without detours; `None` sends the text to the full parser.
fn plain(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        let digits = bytes.get(from..to)?;
        let all = digits.iter().all(u8::is_ascii_digit);
        all.then(|| {
            digits
                .iter()
                .fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'))
        })
    };
    let is = |at: usize, wanted: u8| bytes.get(at) == Some(&wanted);
    let separated = is(4, b'-') && is(7, b'-') && (is(10, b'T') || is(10, b' ')) && is(13, b':') && is(16, b':');
    if !separated {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Outside these the full parser knows whether there is such a day.
    if !(1700..2200).contains(&year) || !(1..=12).contains(&month) || !(1..=28).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = bytes.get(19..)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&digits) {
            return None;
        }
        nanos = number(20, 20 + digits)? * 10_i64.pow(9 - u32::try_from(digits).ok()?);
        rest = fraction.get(digits..)?;
    }
    let at = bytes.len() - rest.len();
    let offset_seconds = match rest {
        b"" | b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), digits @ ..] => {
            let minutes_at = match digits {
                [_, _, b':', _, _] => at + 4,
                [_, _, _, _] => at + 3,
                _ => return None,
            };
            let (hours, minutes) = (number(at + 1, at + 3)?, number(minutes_at, minutes_at + 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 3600 + minutes * 60) * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return None,
    };
    let seconds = days(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset_seconds;
    Some(Timestamp::from_nanos(seconds * NANOS + nanos))
}

/// Days since 1970 of a date of the Gregorian calendar, counted in eras of 400 years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a count of days since 1970.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days - era * 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The same as the time's `Display`, in a fraction of the work.
pub(super) fn text(time: Timestamp) -> String {
    let (seconds, nanos) = (time.nanos().div_euclid(NANOS), time.nanos().rem_euclid(NANOS));
    let (year, month, day) = date(seconds.div_euclid(DAY_SECONDS));
    let clock = seconds.rem_euclid(DAY_SECONDS);
    let mut text = String::with_capacity(30);
    let mut push = |mut number: i64, digits: usize, after: char| {
        let mut buffer = [b'0'; 9];
        for at in (0..digits.min(9)).rev() {
            buffer[at] = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
        text.extend(buffer[..digits.min(9)].iter().map(|digit| char::from(*digit)));
        text.push(after);
    };
    push(year, 4, '-');
    push(month, 2, '-');
    push(day, 2, 'T');
    push(clock / 3600, 2, ':');
    push(clock / 60 % 60, 2, ':');
    if nanos == 0 {
        push(clock % 60, 2, 'Z');
        return text;
    }
    push(clock % 60, 2, '.');
    push(nanos, 9, 'Z');
    let kept = text.trim_end_matches('Z').trim_end_matches('0').len();
    text.truncate(kept);
    text.push('Z');
    text
}

/// The time that `in_year` spells, in the year that puts it nearest to `anchor`: for senders that leave the year out.
pub(super) fn nearest_year(anchor: Timestamp, in_year: &dyn Fn(i64) -> String) -> Option<Timestamp> {
    let (year, ..) = date(anchor.seconds().div_euclid(DAY_SECONDS));
    let times = (year - 1..=year + 1).filter_map(|year| parse(&in_year(year)).ok());
    times.min_by_key(|time| time.nanos().saturating_sub(anchor.nanos()).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    fn a_number_is_read_in_the_unit_of_its_size() {
        for (number, expected) in [
            (1_588_205_199.824_37, "2020-04-30T00:06:39.82437Z"),
            (1_588_205_199_824.37, "2020-04-30T00:06:39.82437Z"),
            (1_588_205_199_824_370.0, "2020-04-30T00:06:39.82437Z"),
            (22.335172, "1970-01-01T00:00:22.335172Z"),
        ] {
            assert_eq!(epoch(number).map(|time| time.to_string()), Ok(expected.to_owned()));
        }
        assert!(epoch(1e300).is_err() && epoch(f64::NAN).is_err());
    }

    proptest! {
        #[test]
        fn the_short_ways_agree_with_the_full_ones(nanos in any::<i64>(), micros in -4_000_000_000_000_000_i64..4_000_000_000_000_000) {
            for time in [Timestamp::from_nanos(nanos), Timestamp::from_nanos(micros * 1_000)] {
                prop_assert_eq!(text(time), time.to_string());
                if let Some(read) = plain(&text(time)) {
                    prop_assert_eq!(read, time);
                }
            }
        }

        #[test]
        fn an_offset_is_subtracted(micros in 0_i64..4_000_000_000_000_000, hours in 0_u8..24, minutes in 0_u8..60, sign in "[+-]", colon in ":?") {
            let text = format!("{}{sign}{hours:02}{colon}{minutes:02}", text(Timestamp::from_nanos(micros * 1_000)).trim_end_matches('Z'));
            if let Some(read) = plain(&text) {
                prop_assert_eq!(Ok(read), parse(&text), "{}", text);
            }
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
