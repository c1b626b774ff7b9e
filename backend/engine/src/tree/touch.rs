//! What one event says that a process did.

use crate::Event;
use crate::json::Value;
use watchfloor_shared::{
    EntityId,
    tree::{Artifact, ArtifactKind},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touch {
    Start,
    End,
    Logon,
    Thing {
        kind: ArtifactKind,
        /// `lsass.exe`, `u.bin`, `203.0.113.71:443`.
        label: String,
        /// `read, 0x1fffff`.
        detail: String,
    },
}

impl Touch {
    pub(super) fn artifact(self, from: EntityId, event: &Event) -> Option<Artifact> {
        let Touch::Thing { kind, label, detail } = self else {
            return None;
        };
        Some(Artifact {
            from,
            kind,
            label,
            detail,
            event_id: event.id.clone(),
            at: event.timestamp,
        })
    }
}

/// `None` for an event about nothing that has a mark of its own.
pub fn touch(event: &Event) -> Option<Touch> {
    let action = event.text("event.action").unwrap_or_default();
    if event.get("process.target").is_some() {
        return Some(other_process(event, action));
    }
    if is(event, "event.category", "process") {
        let starts = is(event, "event.type", "start");
        let ends = is(event, "event.type", "end");
        return starts.then_some(Touch::Start).or(ends.then_some(Touch::End));
    }
    if is(event, "event.category", "authentication") || is(event, "event.category", "session") {
        return Some(Touch::Logon);
    }
    let first = |names: &[&str]| names.iter().find_map(|name| event.text(name)).map(str::to_owned);
    let (kind, label, detail) = if let Some(name) = event.text("dns.question.name") {
        (ArtifactKind::Dns, name.to_owned(), "asked for".to_owned())
    } else if is(event, "event.category", "network") {
        (
            ArtifactKind::Network,
            address(event)?,
            first(&["network.transport"]).unwrap_or_default(),
        )
    } else if is(event, "event.category", "registry") {
        let detail = first(&["winlog.event_data.Details"]).unwrap_or_else(|| words(action));
        (
            ArtifactKind::Registry,
            first(&["registry.path", "registry.key"])?,
            detail,
        )
    } else if is(event, "event.category", "library") || is(event, "event.category", "driver") {
        (
            ArtifactKind::Module,
            first(&["dll.name", "file.name", "dll.path", "file.path"])?,
            words(action),
        )
    } else if action.starts_with("pipe-") {
        (ArtifactKind::Pipe, first(&["file.name", "pipe.name"])?, words(action))
    } else if is(event, "event.category", "file") {
        (ArtifactKind::File, first(&["file.name", "file.path"])?, words(action))
    } else {
        return None;
    };
    Some(Touch::Thing { kind, label, detail })
}

fn other_process(event: &Event, action: &str) -> Touch {
    let label = [
        "process.target.name",
        "process.target.executable",
        "process.target.entity_id",
    ]
    .iter()
    .find_map(|name| event.text(name));
    let detail = match event.text("winlog.event_data.GrantedAccess") {
        Some(access) if reads_memory(access) => format!("memory read, {access}"),
        Some(access) => format!("opened, {access}"),
        None => words(action),
    };
    Touch::Thing {
        kind: ArtifactKind::Process,
        label: label.unwrap_or("unknown process").to_owned(),
        detail,
    }
}

/// `PROCESS_VM_READ`.
fn reads_memory(access: &str) -> bool {
    let digits = access.trim_start_matches("0x").trim_start_matches("0X");
    u32::from_str_radix(digits, 16).is_ok_and(|rights| rights & 0x10 != 0)
}

fn address(event: &Event) -> Option<String> {
    let host = ["destination.ip", "destination.domain", "destination.address"];
    let host = host.iter().find_map(|name| event.text(name))?;
    Some(match event.get("destination.port").and_then(Value::as_i64) {
        Some(port) if host.contains(':') => format!("[{host}]:{port}"),
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// `file-created` → `file created`.
fn words(action: &str) -> String {
    action.replace('-', " ")
}

/// Whether a field is this word or a list that holds it.
fn is(event: &Event, field: &str, word: &str) -> bool {
    match event.get(field) {
        Some(Value::String(text)) => text == word,
        Some(Value::Array(items)) => items.iter().any(|item| item.as_str() == Some(word)),
        _ => false,
    }
}
