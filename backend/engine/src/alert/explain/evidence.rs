//! The quiet text of an alert's row: parent → child and the one detail that tells most.

use super::{
    facts::{Facts, Kind},
    text::{arguments, around, file_name, path_end, shortened},
};
use watchfloor_shared::alert::MatchedField;

/// What fits on a row at 1440 pixels.
pub(super) const CHARS_MAX: usize = 120;

pub(super) fn row(facts: &Facts<'_>, kind: &Kind<'_>, matched: &[MatchedField]) -> String {
    let (head, detail) = parts(facts, kind, matched);
    let room = CHARS_MAX.saturating_sub(head.chars().count() + 3);
    let row = match (head.is_empty(), detail) {
        (_, Detail::None) => head,
        (true, detail) => detail.fit(CHARS_MAX),
        (false, detail) => format!("{head} · {}", detail.fit(room)),
    };
    shortened(&row, CHARS_MAX)
}

/// The second half of a row, not yet cut to its room.
enum Detail<'a> {
    None,
    Path(String),
    /// A text and the byte where its telling part starts.
    Line(&'a str, usize),
}

impl Detail<'_> {
    fn fit(self, chars_max: usize) -> String {
        match self {
            Detail::None => String::new(),
            Detail::Path(path) => path_end(&path, chars_max),
            Detail::Line(line, at) => around(line, at, chars_max),
        }
    }
}

fn parts<'a>(facts: &Facts<'a>, kind: &Kind<'a>, matched: &[MatchedField]) -> (String, Detail<'a>) {
    let actor = kind.actor_name();
    let toward = |target: &str| arrow(actor, file_name(target));
    match *kind {
        Kind::ProcessStart {
            image,
            command_line,
            parent,
        } => {
            let line = arguments(command_line, image);
            (arrow(file_name(parent), actor), line_of(line, matched))
        }
        Kind::Network { .. } => (connection(kind), Detail::None),
        Kind::File { path, .. } => (actor.to_owned(), Detail::Path(path.to_owned())),
        Kind::Registry { key, value: "", .. } => (actor.to_owned(), Detail::Path(key.to_owned())),
        Kind::Registry { key, value, .. } => {
            let key = path_end(key, CHARS_MAX / 2);
            (format!("{}{key}", spaced(actor)), line_of(value, matched))
        }
        Kind::ProcessAccess { target, rights, .. } => (toward(target), Detail::Path(rights.to_owned())),
        Kind::RemoteThread { target, .. } => (toward(target), Detail::Path("remote thread".to_owned())),
        Kind::ImageLoad { library, .. } => (actor.to_owned(), Detail::Path(library.to_owned())),
        Kind::DriverLoad { driver } => ("driver".to_owned(), Detail::Path(driver.to_owned())),
        Kind::Pipe { pipe, .. } => (actor.to_owned(), Detail::Path(format!("pipe {pipe}"))),
        Kind::Wmi { name, content } => (format!("WMI {name}"), line_of(content, matched)),
        Kind::Dns { name, .. } => (actor.to_owned(), Detail::Path(name.to_owned())),
        Kind::Service { name, path } => (format!("service {name}"), line_of(path, matched)),
        Kind::Task { name } => ("task".to_owned(), Detail::Path(name.to_owned())),
        Kind::Logon { .. } => (logon(kind), Detail::None),
        Kind::Script { text } => ("PowerShell".to_owned(), line_of(text, matched)),
        Kind::LogCleared { log } => (format!("log {log} cleared"), Detail::None),
        Kind::Account {
            target,
            group: "",
            done,
        } => (format!("account {target} {done}"), Detail::None),
        Kind::Account { target, group, done } => (format!("{target} {done} {group}"), Detail::None),
        Kind::Other { .. } => other(facts, actor, matched),
    }
}

fn connection(kind: &Kind<'_>) -> String {
    let Kind::Network {
        address,
        port,
        host,
        outgoing,
        ..
    } = *kind
    else {
        return String::new();
    };
    let name = if host.is_empty() { address } else { host };
    let peer = if port.is_empty() {
        name.to_owned()
    } else {
        format!("{name}:{port}")
    };
    let actor = kind.actor_name();
    if outgoing {
        arrow(actor, &peer)
    } else {
        arrow(&peer, actor)
    }
}

fn logon(kind: &Kind<'_>) -> String {
    let Kind::Logon {
        user,
        from,
        logon_type,
        failed,
    } = *kind
    else {
        return String::new();
    };
    let mut text = format!("{} {user}", if failed { "failed logon" } else { "logon" });
    if !from.is_empty() {
        text.push_str(&format!(" from {from}"));
    }
    if !logon_type.is_empty() {
        text.push_str(&format!(" (type {logon_type})"));
    }
    text
}

/// An event of no known kind shows what matched.
fn other<'a>(facts: &Facts<'a>, actor: &str, matched: &[MatchedField]) -> (String, Detail<'a>) {
    let speaks = |field: &&MatchedField| !matches!(field.field.as_str(), "EventID" | "Provider_Name" | "Channel");
    let head = if actor.is_empty() {
        format!("{} {}", facts.provider(), facts.event_id)
    } else {
        actor.to_owned()
    };
    match matched.iter().find(speaks) {
        Some(field) => (head, Detail::Path(format!("{} {}", field.field, field.value))),
        None if facts.message().is_empty() => (head.trim().to_owned(), Detail::None),
        None => (head, Detail::Line(facts.message(), 0)),
    }
}

/// A line with the place where the first pattern lies in it.
fn line_of<'a>(line: &'a str, matched: &[MatchedField]) -> Detail<'a> {
    if line.is_empty() {
        return Detail::None;
    }
    Detail::Line(line, telling(line, matched))
}

/// Where in `line` the first matched part is, in bytes; the line may be the end of the field's value.
pub(super) fn telling(line: &str, matched: &[MatchedField]) -> usize {
    let whole = matched
        .iter()
        .find(|field| field.value.ends_with(line) || field.value.contains(line));
    let place = whole.and_then(|field| {
        let offset = field.value.find(line)?;
        let spans = field.spans.iter().map(|(start, _)| *start as usize);
        spans
            .filter_map(|start| start.checked_sub(offset))
            .find(|start| *start < line.len())
    });
    place.unwrap_or(0)
}

fn arrow(from: &str, to: &str) -> String {
    match (from, to) {
        ("", to) => to.to_owned(),
        (from, "") => from.to_owned(),
        (from, to) => format!("{from} → {to}"),
    }
}

fn spaced(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("{text} · ")
    }
}
