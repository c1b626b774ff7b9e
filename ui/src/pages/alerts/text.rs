//! The words of this page.

use crate::components::number::{count, counted};
use crate::words::lower;
use watchfloor_shared::alert::AlertStatus;

pub const TITLE: &str = "Alerts";
pub const NONE_IN_RANGE: &str = "No alert in this time range";
pub const NONE_MATCH: &str = "No alert matches";
pub const NONE_EVER: &str = "No alert yet";
pub const NO_TELEMETRY: &str = "No telemetry has come in, so nothing can be detected. Send events to the server, or play a recording or the simulator.";
pub const NOTE_FIRST: &str = "Why is it a false positive? The next analyst and the rule's author will read this.";

pub fn summary(open: i64, in_range: i64, unassigned: i64, within: &str) -> String {
    format!(
        "{} open of {} {within}, {} unassigned",
        count(open),
        count(in_range),
        count(unassigned)
    )
}

pub fn hidden_all(in_range: i64, within: &str) -> String {
    let verb = if in_range == 1 { "is" } else { "are" };
    format!(
        "{} {verb} there {within}; the filters hide them all.",
        counted(in_range, "alert", "alerts")
    )
}

pub fn none_in_range(within: &str) -> String {
    format!("Nothing was detected {within}. Telemetry that is older, such as a recording, lies outside of it.")
}

/// `Filters hide 87 low, 12 resolved`
pub fn hides(parts: &[(i64, String)]) -> Option<String> {
    let words: Vec<String> = parts
        .iter()
        .map(|(n, what)| format!("{} {}", count(*n), lower(what)))
        .collect();
    (!words.is_empty()).then(|| format!("Filters hide {}", words.join(", ")))
}

pub const fn past(status: AlertStatus) -> &'static str {
    match status {
        AlertStatus::Open => "reopened",
        AlertStatus::Acknowledged => "acknowledged",
        AlertStatus::Investigating => "under investigation",
        AlertStatus::Resolved => "resolved",
        AlertStatus::FalsePositive => "marked as false positive",
    }
}

/// `37 of 40 acknowledged, 3 refused: Someone changed it before you`
pub fn outcome(done: usize, asked: usize, what: &str, why: Option<&str>) -> String {
    match why {
        None if asked == 1 => format!("Alert {what}"),
        None => format!("{done} alerts {what}"),
        Some(why) if asked == 1 => format!("Refused: {why}"),
        Some(why) => format!("{done} of {asked} {what}, {} refused: {why}", asked - done),
    }
}
