//! What each Windows event means in ECS: one row per event, by log and event id. Rows are data; adding an event adds a row.

mod powershell;
mod protection;
mod security;
mod sysmon;
mod windows;

use super::{convert::Field, draft::Draft};
use crate::json::Map;

/// Works on the document and the event data.
type Refine = fn(&mut Draft<'_>, &Map);

/// One event, or several that mean the same.
pub(super) struct Row {
    pub codes: &'static [u32],
    pub kind: &'static str,
    pub category: &'static [&'static str],
    /// `event.type`.
    pub kinds: &'static [&'static str],
    pub action: &'static str,
    /// Where the keywords do not tell.
    pub outcome: Option<&'static str>,
    pub fields: &'static [&'static [Field]],
    /// What depends on more than one field.
    pub refine: Option<Refine>,
}

/// One event log or provider.
pub(super) struct Log {
    pub providers: &'static [&'static str],
    pub channels: &'static [&'static str],
    pub dataset: &'static str,
    /// Fields that any event of this log may have; a row's own fields come after and win.
    pub common: &'static [Field],
    pub rows: &'static [Row],
    /// Whether the account in the event's header is who did it, and not the logging service.
    pub writer_is_actor: bool,
}

impl Row {
    const fn new(
        codes: &'static [u32],
        category: &'static [&'static str],
        kinds: &'static [&'static str],
        action: &'static str,
        fields: &'static [&'static [Field]],
    ) -> Self {
        Self {
            codes,
            kind: "event",
            category,
            kinds,
            action,
            outcome: None,
            fields,
            refine: None,
        }
    }

    const fn alert(mut self) -> Self {
        self.kind = "alert";
        self
    }

    const fn outcome(mut self, outcome: &'static str) -> Self {
        self.outcome = Some(outcome);
        self
    }

    const fn refined(mut self, refine: Refine) -> Self {
        self.refine = Some(refine);
        self
    }
}

/// A log whose writer is the actor and whose events share no fields.
const fn log_of(
    channels: &'static [&'static str],
    providers: &'static [&'static str],
    dataset: &'static str,
    rows: &'static [Row],
) -> Log {
    Log {
        providers,
        channels,
        dataset,
        common: &[],
        rows,
        writer_is_actor: true,
    }
}

/// ECS categories and types that many rows use.
mod words {
    pub const CONFIGURATION: &[&str] = &["configuration"];
    pub const CREATION: &[&str] = &["creation"];
    pub const CHANGE: &[&str] = &["change"];
    pub const DELETION: &[&str] = &["deletion"];
    pub const INFO: &[&str] = &["info"];
}

/// An event that no row knows keeps all its data; it only has no category.
const UNKNOWN: Row = Row::new(&[], &[], &[], "", &[]);

const OTHER: Log = Log {
    providers: &[],
    channels: &[],
    dataset: "winlog.winlog",
    common: &[],
    rows: &[],
    writer_is_actor: true,
};

impl Log {
    pub fn row(&self, code: &str) -> &'static Row
    where
        Self: 'static,
    {
        let rows: &'static [Row] = self.rows;
        let code = code.parse().unwrap_or(u32::MAX);
        rows.iter().find(|row| row.codes.contains(&code)).unwrap_or(&UNKNOWN)
    }
}

fn all() -> impl Iterator<Item = &'static Log> {
    [&sysmon::LOG, &security::LOG]
        .into_iter()
        .chain(powershell::LOGS)
        .chain(windows::LOGS)
        .chain(protection::LOGS)
}

/// The log by its provider, else by its channel: forwarded events are in a channel of another name.
pub(super) fn log(provider: &str, channel: &str) -> &'static Log {
    let known = |names: &[&str], name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    all()
        .find(|log| known(log.providers, provider))
        .or_else(|| all().find(|log| known(log.channels, channel)))
        .unwrap_or(&OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_sysmon_id_has_a_row_and_no_id_two() {
        for code in (1..=29).chain([255]) {
            assert!(!sysmon::LOG.row(&code.to_string()).action.is_empty(), "Sysmon {code}");
        }
        for log in all() {
            let mut seen = HashSet::new();
            for code in log.rows.iter().flat_map(|row| row.codes) {
                assert!(seen.insert(code), "{} has two rows for {code}", log.dataset);
            }
        }
    }
}
