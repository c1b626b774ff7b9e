//! One event → what it mentions and what it links.

mod account;
mod act;
mod process;
mod thing;

use super::{
    describe::{self, user::Account},
    schema::{NodeKind, Relation},
    traits::Traits,
};
use crate::Event;
use crate::json::{Map, Value};
use act::{Act, act};
use watchfloor_shared::Timestamp;
use xxhash_rust::xxh3::Xxh3;

/// A longer name is cut.
const LABEL_BYTES_MAX: usize = 120;

/// The operating system of the endpoint; each has a model of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Platform {
    Windows,
    Linux,
}

impl Platform {
    pub const ALL: [Platform; 2] = [Platform::Windows, Platform::Linux];

    pub const fn as_str(self) -> &'static str {
        match self {
            Platform::Windows => "windows",
            Platform::Linux => "linux",
        }
    }

    /// `None` for an event that is not from an endpoint's own operating system.
    pub fn of(event: &Event) -> Option<Self> {
        match event.text("host.os.type") {
            Some("linux") => Some(Self::Linux),
            Some("windows") => Some(Self::Windows),
            _ if event.doc.contains_key("winlog") => Some(Self::Windows),
            _ => None,
        }
    }
}

/// What one event says.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The event's id as a number; a hash of one that is none.
    pub event: u128,
    pub time: Timestamp,
    pub platform: Platform,
    /// Whether the simulator made it.
    pub is_simulated: bool,
    pub mentions: Vec<Mention>,
    pub links: Vec<FactLink>,
}

/// A thing that an event names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub kind: NodeKind,
    /// Which of its kind: equal for equal things of one endpoint.
    pub key: u64,
    /// Of a process, 0 where it is not known. One that is known by its number alone has [`Mention::is_known`] false and is
    /// taken for the process of that number in the window, if there is one.
    pub pid: u32,
    pub is_known: bool,
    pub traits: Traits,
    /// What people call it.
    pub label: Box<str>,
}

/// From one mention to another, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactLink {
    pub relation: Relation,
    pub from: usize,
    pub to: usize,
    /// How much a look at it is worth by itself, of 255.
    pub weight: u8,
    pub failed: bool,
}

/// `None` for an event that no endpoint's operating system made, or that names nothing.
pub fn facts(event: &Event) -> Option<Facts> {
    let platform = Platform::of(event)?;
    let mut draft = Draft {
        event,
        platform,
        mentions: Vec::with_capacity(4),
        links: Vec::with_capacity(4),
        failed: event.text("event.outcome") == Some("failure"),
    };
    let act = act(event);
    match act {
        Act::Start | Act::Fork | Act::End | Act::Inject | Act::Access | Act::Trace | Act::Tamper => draft.process(act),
        Act::Write | Act::Read | Act::Delete | Act::Registry | Act::Library | Act::Driver | Act::Script => {
            draft.thing(act)
        }
        Act::Connect | Act::Resolve | Act::Share => draft.network(act),
        _ => draft.account(act),
    }
    if draft.mentions.is_empty() {
        return None;
    }
    Some(Facts {
        event: number_of(event.id.as_str()),
        time: event.timestamp,
        platform,
        is_simulated: event.is_simulated(),
        mentions: draft.mentions,
        links: draft.links,
    })
}

fn number_of(id: &str) -> u128 {
    match u128::from_str_radix(id, 16) {
        Ok(number) if id.len() == 32 => number,
        _ => {
            let mut hash = Xxh3::new();
            hash.update(id.as_bytes());
            hash.digest128()
        }
    }
}

struct Draft<'e> {
    event: &'e Event,
    platform: Platform,
    mentions: Vec<Mention>,
    links: Vec<FactLink>,
    failed: bool,
}

impl<'e> Draft<'e> {
    fn text(&self, path: &str) -> Option<&'e str> {
        let text = self.event.text(path)?;
        (!matches!(text, "" | "-" | "?")).then_some(text)
    }

    /// A field of the source that ECS has no name for.
    fn data(&self, name: &str) -> Option<&'e str> {
        let data = self.event.get("winlog.event_data")?.get(name)?.as_str()?;
        (!matches!(data, "" | "-")).then_some(data)
    }

    fn section(&self, path: &str) -> Option<&'e Map> {
        self.event.get(path)?.as_object()
    }

    fn add(&mut self, kind: NodeKind, key: u64, traits: Traits, name: &str) -> usize {
        self.mentions.push(Mention {
            kind,
            key,
            pid: 0,
            is_known: true,
            traits,
            label: label(name),
        });
        self.mentions.len() - 1
    }

    fn link(&mut self, relation: Relation, from: usize, to: usize, weight: u8) {
        self.links.push(FactLink {
            relation,
            from,
            to,
            weight,
            failed: self.failed,
        });
    }

    /// The process in a section of the event.
    fn process_in(&mut self, path: &str) -> Option<usize> {
        let section = self.section(path)?;
        let pid = section
            .get("pid")
            .and_then(Value::as_i64)
            .and_then(|pid| u32::try_from(pid).ok());
        let image = describe::process::path_of(section);
        let entity = section.get("entity_id").and_then(Value::as_str);
        if image.is_none() && pid.unwrap_or_default() == 0 && entity.is_none() {
            return None;
        }
        let name = image.map(|image| super::shape::base_name(image).to_lowercase());
        let key = match (pid.filter(|pid| *pid > 0), &name, entity) {
            (Some(pid), Some(name), _) => key(&["process", &pid.to_string(), name]),
            (Some(pid), None, _) => pid_key(pid),
            (None, _, Some(entity)) => key(&["entity", entity]),
            (None, name, None) => key(&["image", name.as_deref().unwrap_or_default()]),
        };
        self.mentions.push(Mention {
            kind: NodeKind::Process,
            key,
            pid: pid.unwrap_or_default(),
            is_known: image.is_some() || pid.is_none(),
            traits: describe::process::process(section, self.platform),
            label: label(image.map(super::shape::base_name).or(entity).unwrap_or("process")),
        });
        Some(self.mentions.len() - 1)
    }

    /// A process of which only the number is known.
    fn process_number(&mut self, pid: u32) -> usize {
        self.mentions.push(Mention {
            kind: NodeKind::Process,
            key: pid_key(pid),
            pid,
            is_known: false,
            traits: Traits::new(NodeKind::Process),
            label: label(&format!("process {pid}")),
        });
        self.mentions.len() - 1
    }

    /// Who did it: the event's process, else the one that wrote the record where that is the same.
    fn actor(&mut self) -> Option<usize> {
        if let Some(at) = self.process_in("process") {
            return Some(at);
        }
        let provider = self.text("event.provider").unwrap_or_default();
        let speaks_for_itself =
            provider.contains("PowerShell") || provider.contains("WMI") || provider == "Service Control Manager";
        let pid = self.event.get("winlog.process.pid").and_then(Value::as_i64)?;
        let pid = u32::try_from(pid).ok().filter(|pid| speaks_for_itself && *pid > 0)?;
        Some(self.process_number(pid))
    }

    fn account_in(&self, section: &str) -> Account<'e> {
        let section = self.section(section);
        let text = |name: &str| {
            let text = section?.get(name)?.as_str()?;
            (!matches!(text, "" | "-")).then_some(text)
        };
        Account {
            id: text("id"),
            name: text("name"),
            domain: text("domain"),
        }
    }

    /// The account in a section of the event; `None` where it names none.
    fn user_in(&mut self, section: &str) -> Option<usize> {
        let account = self.account_in(section);
        let name = account.name.map(str::to_lowercase);
        // Some events have the name, some the number: the name is the more common one.
        let named = name.as_deref().or(account.id)?;
        let traits = describe::user::user(account, self.platform);
        let shown = account.name.or(account.id).unwrap_or("account");
        Some(self.add(NodeKind::User, key(&["user", named]), traits, shown))
    }
}

fn label(name: &str) -> Box<str> {
    let mut end = name.len().min(LABEL_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    Box::from(name.get(..end).unwrap_or_default())
}

/// What two events of one endpoint call the same thing by.
fn key(parts: &[&str]) -> u64 {
    let mut hash = Xxh3::new();
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.digest()
}

fn pid_key(pid: u32) -> u64 {
    key(&["pid", &pid.to_string()])
}

/// Files and libraries of one path are one key, so that what was written and then loaded can be seen.
fn path_key(path: &str, platform: Platform) -> u64 {
    match platform {
        Platform::Windows => key(&["path", &path.to_lowercase()]),
        Platform::Linux => key(&["path", path]),
    }
}
