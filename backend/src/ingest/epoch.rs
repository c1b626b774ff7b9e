//! Time as senders without a calendar write it.

use watchfloor_shared::Timestamp;

/// Seconds since the epoch, decimal, with a fraction or without.
pub fn seconds(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = seconds.parse().ok()?;
    let digits = format!("{fraction:0<9}");
    let nanos: i64 = digits.get(..9)?.parse().ok()?;
    Some(Timestamp::from_nanos(
        seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?,
    ))
}
