//! Daemons whose own upkeep says nothing: their files and connections stay out of the windows. What they start does not.

use crate::Event;

/// One daemon; its unit must match too where the event says one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routine {
    /// The whole path.
    pub executable: String,
    pub unit: Option<String>,
}

/// Whether an event is only a daemon's upkeep.
pub fn is_routine(event: &Event, daemons: &[Routine]) -> bool {
    if daemons.is_empty() || event.text("host.os.type") != Some("linux") {
        return false;
    }
    let Some(executable) = event.text("process.executable") else {
        return false;
    };
    let action = event.text("event.action").unwrap_or_default();
    let is_upkeep = matches!(
        action,
        "file-created"
            | "file-opened-for-write"
            | "opened-file"
            | "created-file"
            | "changed-file"
            | "renamed"
            | "deleted"
            | "checked-file"
            | "network-connection"
            | "connected-to"
            | "sent-to"
            | "received-from"
            | "bound-socket"
            | "process-forked"
            | "forked"
    );
    let unit = event.text("service.name");
    is_upkeep
        && daemons.iter().any(|daemon| {
            daemon.executable == executable
                && daemon
                    .unit
                    .as_deref()
                    .is_none_or(|wanted| unit.is_none_or(|unit| unit == wanted))
        })
}
