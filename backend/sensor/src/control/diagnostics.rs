//! What a sensor tells of itself when it is asked: enough to see what is wrong, no secrets, bounded.

use crate::{agent::Shared, captures::Captures, lost::Reason, nics, recent::RecentLog};
use std::fmt::Write;
use watchfloor_protocol::DETAIL_BYTES_MAX;
use watchfloor_shared::Timestamp;

/// What does not change while it runs.
#[derive(Debug, Clone)]
pub struct Told {
    pub name: String,
    pub kernel: String,
    pub method: &'static str,
    pub started: Timestamp,
    pub server: String,
    pub log: RecentLog,
}

pub fn text(told: &Told, shared: &Shared, captures: &Captures) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "sensor {} {} on kernel {}, running since {}, captures by {}",
        told.name,
        env!("CARGO_PKG_VERSION"),
        told.kernel,
        told.started,
        told.method
    );
    let management = shared.management();
    let by = management.as_deref().unwrap_or("an interface that cannot be told");
    let _ = writeln!(text, "server {}, reached by {by}", told.server);
    {
        let spool = shared.spool();
        let _ = writeln!(text, "spool {} records, {} bytes", spool.waiting(), spool.bytes());
        for reason in Reason::ALL.into_iter().filter(|reason| spool.dropped(*reason) > 0) {
            let _ = writeln!(text, "left out: {} {}", spool.dropped(reason), reason.name());
        }
    }
    for (name, nic) in nics::all().unwrap_or_default() {
        let state = if nic.up { "up" } else { "down" };
        let _ = writeln!(text, "interface {name} {state}, {} addresses", nic.addresses.len());
    }
    let states = captures.states();
    let _ = writeln!(
        text,
        "rules {:?}, engine {}",
        states.rules_version,
        captures.engine_words()
    );
    for capture in states.captures {
        let _ = writeln!(
            text,
            "capture {} on {}: {}, {} restarts, {}",
            capture.name,
            capture.interfaces.join(" "),
            capture.state,
            capture.restarts,
            capture.reason
        );
        for line in captures.said(&capture.name) {
            let _ = writeln!(text, "    {line}");
        }
    }
    text += "last lines of the log:\n";
    let log = told.log.lines().join("\n");
    // The newest are at the end.
    let room = DETAIL_BYTES_MAX.saturating_sub(text.len());
    text += &log[log.ceil_char_boundary(log.len().saturating_sub(room))..];
    text.truncate(text.floor_char_boundary(DETAIL_BYTES_MAX));
    text
}
