//! Instants on the screen: relative, with the exact UTC and local time in the tip.

use super::number;
use crate::state::{Zone, use_clock, use_preferences};
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use watchfloor_shared::Timestamp;

/// `18m`, `2h`, `3d`: for narrow columns.
pub fn age_short(now: Timestamp, at: Timestamp) -> String {
    match now.seconds() - at.seconds() {
        s if s < 60 => format!("{}s", s.max(0)),
        s if s < 3_600 => format!("{}m", s / 60),
        s if s < 86_400 => format!("{}h", s / 3_600),
        s if s < 365 * 86_400 => format!("{}d", s / 86_400),
        s => format!("{}y", s / (365 * 86_400)),
    }
}

/// `18 min`, `2 h 04 min`
pub fn age_words(now: Timestamp, at: Timestamp) -> String {
    number::long_seconds(now.seconds() - at.seconds())
}

fn date(at: Timestamp) -> js_sys::Date {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds fit into 53 bits")]
    let ms = at.millis() as f64;
    js_sys::Date::new(&JsValue::from_f64(ms))
}

struct Civil {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
}

fn civil(at: Timestamp, zone: Zone) -> Civil {
    let date = date(at);
    match zone {
        Zone::Local => Civil {
            year: date.get_full_year(),
            month: date.get_month() + 1,
            day: date.get_date(),
            hour: date.get_hours(),
            minute: date.get_minutes(),
            second: date.get_seconds(),
        },
        Zone::Utc => Civil {
            year: date.get_utc_full_year(),
            month: date.get_utc_month() + 1,
            day: date.get_utc_date(),
            hour: date.get_utc_hours(),
            minute: date.get_utc_minutes(),
            second: date.get_utc_seconds(),
        },
    }
}

/// `14:14:07`
pub fn clock_time(at: Timestamp, zone: Zone) -> String {
    let c = civil(at, zone);
    format!("{:02}:{:02}:{:02}", c.hour, c.minute, c.second)
}

/// `14:14`
pub fn hour_minute(at: Timestamp, zone: Zone) -> String {
    let c = civil(at, zone);
    format!("{:02}:{:02}", c.hour, c.minute)
}

/// `2026-11-19`
pub fn day(at: Timestamp, zone: Zone) -> String {
    let c = civil(at, zone);
    format!("{}-{:02}-{:02}", c.year, c.month, c.day)
}

/// `Nov 19`
pub fn day_short(at: Timestamp, zone: Zone) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let c = civil(at, zone);
    let month = usize::try_from(c.month.saturating_sub(1))
        .ok()
        .and_then(|m| MONTHS.get(m));
    format!("{} {}", month.copied().unwrap_or_default(), c.day)
}

/// `2026-11-19 14:14:07.204`
pub fn exact(at: Timestamp, zone: Zone) -> String {
    format!(
        "{} {}.{:03}",
        day(at, zone),
        clock_time(at, zone),
        at.millis().rem_euclid(1_000)
    )
}

/// What the zone adds to UTC at that time.
pub fn offset_ms(at: Timestamp, zone: Zone) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "an offset is below 24 hours")]
    let minutes = if zone == Zone::Utc {
        0
    } else {
        -(date(at).get_timezone_offset() as i64)
    };
    minutes * 60_000
}

/// `UTC+1`, `UTC−3:30`, `UTC`
pub fn zone_name(now: Timestamp, zone: Zone) -> String {
    let minutes = offset_ms(now, zone) / 60_000;
    let sign = if minutes < 0 { '−' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
    }
}

pub fn tip(at: Timestamp) -> String {
    format!("UTC {}\nlocal {}", exact(at, Zone::Utc), exact(at, Zone::Local))
}

/// How long ago; `words` for `18 min ago`, otherwise `18m`.
#[component]
pub fn Age(at: Timestamp, #[prop(optional)] words: bool) -> impl IntoView {
    let clock = use_clock();
    let text = Memo::new(move |_| {
        let now = clock.now();
        if words {
            format!("{} ago", age_words(now, at))
        } else {
            age_short(now, at)
        }
    });
    view! { <time datetime=at.to_string() title=tip(at)>{text}</time> }
}

/// The time of day in the viewer's zone; with the day when `dated`.
#[component]
pub fn At(at: Timestamp, #[prop(optional)] dated: bool) -> impl IntoView {
    let zone = use_preferences().zone;
    let text = move || {
        let zone = zone.get();
        if dated {
            format!("{} {}", day(at, zone), clock_time(at, zone))
        } else {
            clock_time(at, zone)
        }
    };
    view! { <time datetime=at.to_string() title=tip(at)>{text}</time> }
}
