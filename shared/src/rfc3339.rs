//! RFC 3339 as integers alone, for the console: it reads what the server wrote, and a calendar library with time zones would
//! be a tenth of what it ships. The server keeps the library; a test holds the two to the same answers.

use crate::time::InvalidTimestamp;
use std::fmt;

const NANOS: i64 = 1_000_000_000;
const DAY_SECONDS: i64 = 86_400;

/// Nanoseconds since 1970-01-01T00:00:00Z.
pub fn parse(text: &str) -> Result<i64, InvalidTimestamp> {
    let (seconds, fraction) = read(text.as_bytes()).ok_or(InvalidTimestamp::Syntax)?;
    // Whole seconds round down, so the fraction is added even before 1970; at the lower end only the sum fits.
    let nanos = i128::from(seconds) * i128::from(NANOS) + i128::from(fraction);
    i64::try_from(nanos).map_err(|_| InvalidTimestamp::Range)
}

fn read(text: &[u8]) -> Option<(i64, i64)> {
    let (date, rest) = text.split_at_checked(10)?;
    let (year, month, day) = (digits(&date[..4])?, digits(&date[5..7])?, digits(&date[8..])?);
    let (clock, rest) = rest.split_at_checked(9)?;
    let (hour, minute, second) = (digits(&clock[1..3])?, digits(&clock[4..6])?, digits(&clock[7..])?);
    let marks =
        date[4] == b'-' && date[7] == b'-' && b"Tt ".contains(&clock[0]) && clock[3] == b':' && clock[6] == b':';
    let valid = (1..=12).contains(&month) && (1..=month_days(year, month)).contains(&day) && hour < 24 && minute < 60;
    // A leap second counts as the second before it.
    if !marks || !valid || second > 60 {
        return None;
    }
    let (fraction, zone) = fraction(rest)?;
    let seconds = days(year, month, day) * DAY_SECONDS + hour * 3_600 + minute * 60 + second.min(59);
    Some((seconds - offset_seconds(zone)?, fraction))
}

/// The nanoseconds after a point, and what follows them.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits_on) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let length = digits_on.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(1..=9).contains(&length) {
        return None;
    }
    let (fraction, rest) = digits_on.split_at(length);
    let missing = u32::try_from(9 - length).ok()?;
    Some((digits(fraction)? * 10_i64.pow(missing), rest))
}

/// `Z` or `+01:00`.
fn offset_seconds(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
            let seconds = hours * 3_600 + minutes * 60;
            (hours < 24 && minutes < 60).then_some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'))
    })
}

const fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in years that begin in March.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a count of days since 1970-01-01.
const fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let years = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = years + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// `2022-02-03T04:05:06.1234Z`: as many decimals as there are, none when there are none.
pub fn write(nanos: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (seconds, mut fraction) = (nanos.div_euclid(NANOS), nanos.rem_euclid(NANOS));
    let (year, month, day) = date(seconds.div_euclid(DAY_SECONDS));
    let of_day = seconds.rem_euclid(DAY_SECONDS);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
    if fraction > 0 {
        let mut width = 9;
        while fraction % 10 == 0 {
            fraction /= 10;
            width -= 1;
        }
        write!(f, ".{fraction:0width$}")?;
    }
    f.write_str("Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Written(i64);

    impl fmt::Display for Written {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write(self.0, f)
        }
    }

    /// Spread over all of the range, and close to its ends and to zero.
    fn instants() -> impl Iterator<Item = i64> {
        let spread = (0..20_000_i64).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed()));
        let near = [i64::MIN, -1, 0, 1, 999_999_999, i64::MAX].into_iter();
        let decimals = (0..10).map(|zeros| 1_700_000_000_123_456_789 / 10_i64.pow(zeros) * 10_i64.pow(zeros));
        spread.chain(near).chain(decimals)
    }

    #[test]
    fn writes_and_reads_what_the_library_does() {
        for nanos in instants() {
            let theirs = jiff::Timestamp::from_nanosecond(i128::from(nanos)).map(|t| t.to_string());
            assert_eq!(Some(Written(nanos).to_string()), theirs.ok());
            assert_eq!(parse(&Written(nanos).to_string()), Ok(nanos));
        }
    }

    #[test]
    fn reads_every_spelling_of_the_standard() {
        for text in [
            "2024-02-29T23:59:60Z",
            "2024-02-29t01:02:03.5z",
            "2024-02-29 01:02:03+05:30",
            "1969-12-31T23:59:59.999999999-11:00",
            "0000-03-01T00:00:00Z",
            "9999-12-30T00:00:00Z",
        ] {
            let theirs = text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_nanosecond);
            let ours = parse(text);
            match theirs.map(i64::try_from) {
                Ok(Ok(nanos)) => assert_eq!(ours, Ok(nanos), "{text}"),
                Ok(Err(_)) => assert_eq!(ours, Err(InvalidTimestamp::Range), "{text}"),
                Err(error) => panic!("{text}: {error}"),
            }
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "yesterday",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00.1234567890Z",
            "2024-01-01T00:00:00+1:00",
            "2024-01-01T00:00:00Zjunk",
            "2024-01-0aT00:00:00Z",
            "２024-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(text), Err(InvalidTimestamp::Syntax), "{text}");
        }
    }
}
