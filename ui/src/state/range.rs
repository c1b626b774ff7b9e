//! The chosen time range. It lives in the address (`range=24h`, or `from=` and `to=`), so that every view reads the same one.

use crate::url::{Address, Query, use_address};
use leptos::prelude::*;
use std::time::Duration;
use watchfloor_shared::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeRange {
    /// The last so many minutes, moving with the clock.
    LastMinutes(u32),
    Between(Timestamp, Timestamp),
    All,
}

impl TimeRange {
    pub const DEFAULT: TimeRange = TimeRange::LastMinutes(24 * 60);
    pub const CHOICES: [TimeRange; 7] = [
        TimeRange::LastMinutes(15),
        TimeRange::LastMinutes(60),
        TimeRange::LastMinutes(4 * 60),
        TimeRange::LastMinutes(24 * 60),
        TimeRange::LastMinutes(7 * 24 * 60),
        TimeRange::LastMinutes(30 * 24 * 60),
        TimeRange::All,
    ];

    pub fn read(query: &Query) -> Self {
        if let (Some(from), Some(to)) = (query.get("from"), query.get("to"))
            && let (Ok(from), Ok(to)) = (from.parse(), to.parse())
            && from < to
        {
            return TimeRange::Between(from, to);
        }
        match query.get("range") {
            Some("all") => TimeRange::All,
            Some(text) => parse_minutes(text).map_or(Self::DEFAULT, TimeRange::LastMinutes),
            None => Self::DEFAULT,
        }
    }
    pub fn write(self, query: &mut Query) {
        for key in ["range", "from", "to"] {
            query.set(key, None);
        }
        match self {
            TimeRange::LastMinutes(_) if self == Self::DEFAULT => {}
            TimeRange::LastMinutes(minutes) => query.set("range", Some(short(minutes))),
            TimeRange::All => query.set("range", Some("all".to_owned())),
            TimeRange::Between(from, to) => {
                query.set("from", Some(from.to_string()));
                query.set("to", Some(to.to_string()));
            }
        }
    }
    /// Open ends are `None`.
    pub fn bounds(self, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        match self {
            TimeRange::LastMinutes(minutes) => {
                let length = Duration::from_secs(u64::from(minutes) * 60);
                (Some(now.saturating_sub(length)), None)
            }
            TimeRange::Between(from, to) => (Some(from), Some(to)),
            TimeRange::All => (None, None),
        }
    }
    /// `Last 24 h`, `All time`, or nothing for a range between two instants, which needs a zone to be written.
    pub fn words(self) -> Option<String> {
        match self {
            TimeRange::LastMinutes(minutes) => Some(format!("Last {}", spaced(minutes))),
            TimeRange::All => Some("All time".to_owned()),
            TimeRange::Between(..) => None,
        }
    }
    /// `in 24 h`, `in all time`, `in the chosen range`: for the middle of a sentence.
    pub fn within(self) -> String {
        match self {
            TimeRange::LastMinutes(minutes) => format!("in {}", spaced(minutes)),
            TimeRange::All => "in all time".to_owned(),
            TimeRange::Between(..) => "in the chosen range".to_owned(),
        }
    }
}

fn short(minutes: u32) -> String {
    match minutes {
        m if m % 1_440 == 0 && m > 1_440 => format!("{}d", m / 1_440),
        m if m % 60 == 0 => format!("{}h", m / 60),
        m => format!("{m}m"),
    }
}

fn spaced(minutes: u32) -> String {
    match minutes {
        m if m % 1_440 == 0 && m > 1_440 => format!("{} days", m / 1_440),
        m if m % 60 == 0 => format!("{} h", m / 60),
        m => format!("{m} min"),
    }
}

fn parse_minutes(text: &str) -> Option<u32> {
    let unit = match text.chars().last()? {
        'm' => 1,
        'h' => 60,
        'd' => 1_440,
        _ => return None,
    };
    let number: u32 = text[..text.len() - 1].parse().ok()?;
    number.checked_mul(unit).filter(|m| *m > 0)
}

#[derive(Clone, Copy)]
pub struct Range {
    pub chosen: Memo<TimeRange>,
    address: Address,
}

impl Range {
    pub fn get(self) -> TimeRange {
        self.chosen.get()
    }
    pub fn choose(self, range: TimeRange) {
        self.address.step(|query| range.write(query));
    }
    /// An address of the console that keeps the range: `range.link("/alerts", Query::default().with(…))`.
    pub fn link(self, path: &str, mut query: Query) -> String {
        self.chosen.get().write(&mut query);
        format!("{path}{query}")
    }
}

pub fn provide_range() {
    let address = use_address();
    provide_context(Range {
        chosen: Memo::new(move |_| TimeRange::read(&address.query.get())),
        address,
    });
}

pub fn use_range() -> Range {
    expect_context()
}
