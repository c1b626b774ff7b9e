//! Instants in UTC with nanoseconds.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{fmt, str::FromStr, time::Duration};

#[cfg(target_arch = "wasm32")]
use crate::rfc3339 as text;

/// Every spelling that a sender may use.
#[cfg(not(target_arch = "wasm32"))]
mod text {
    use super::InvalidTimestamp;
    use std::fmt;

    pub fn write(nanos: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(nanos)) {
            Ok(instant) => write!(f, "{instant}"),
            Err(_) => Err(fmt::Error),
        }
    }

    pub fn parse(text: &str) -> Result<i64, InvalidTimestamp> {
        // The last hours of the year 9999 are a valid date that no offset can bring into jiff's range.
        let out_of_reach = |_| match text.trim_end_matches(['Z', 'z']).parse::<jiff::civil::DateTime>() {
            Ok(_) => InvalidTimestamp::Range,
            Err(_) => InvalidTimestamp::Syntax,
        };
        let instant: jiff::Timestamp = text.parse().map_err(out_of_reach)?;
        i64::try_from(instant.as_nanosecond()).map_err(|_| InvalidTimestamp::Range)
    }
}

/// An instant: nanoseconds since 1970-01-01T00:00:00Z. Covers the years 1677 to 2262.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = DateTime))]
pub struct Timestamp(i64);

/// Why a text is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTimestamp {
    #[error("not an RFC 3339 time")]
    Syntax,
    #[error("outside the years 1677 to 2262")]
    Range,
}

impl Timestamp {
    pub const EPOCH: Timestamp = Timestamp(0);
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }
    pub const fn nanos(self) -> i64 {
        self.0
    }
    pub const fn micros(self) -> i64 {
        self.0.div_euclid(1_000)
    }
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }
    /// Time from `earlier` to here; zero when `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)),
        )
    }
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)),
        )
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write(self.0, f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        text::parse(text).map(Self)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_nanoseconds_through_text() {
        let t: Timestamp = "2022-02-03T04:05:06.123456789Z".parse().unwrap_or_default();
        assert_eq!(t.to_string(), "2022-02-03T04:05:06.123456789Z");
        assert_eq!(t.nanos() % 1_000_000_000, 123_456_789);
    }

    #[test]
    fn a_year_that_does_not_fit_is_refused_not_wrapped() {
        assert_eq!(
            "9999-12-31T00:00:00Z".parse::<Timestamp>(),
            Err(InvalidTimestamp::Range)
        );
        assert_eq!("yesterday".parse::<Timestamp>(), Err(InvalidTimestamp::Syntax));
    }
}
