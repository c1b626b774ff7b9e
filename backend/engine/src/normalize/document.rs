//! The ECS document of a record that is no Windows event, filled section by section.
//!
//! A section is named by its dotted path and found without hashing; the sections become nested objects once, at the end.

use super::{
    RawContext, community_id,
    draft::{self, Related},
    node::{Fields, Node},
    time,
};
use crate::json::{Map, Text, Value};
use crate::{Event, event::SCHEMA_VERSION};
use std::{borrow::Cow, net::IpAddr};
use watchfloor_shared::{EndpointId, EventId, Timestamp};

/// Most documents have no more sections.
const SECTIONS_USUAL: usize = 14;

#[derive(Default)]
pub(super) struct Document {
    /// Fields that the sender filled in itself, by ECS's names.
    pub sender: Map,
    sections: Vec<(Text, Map)>,
    pub related: Related,
    pub endpoints: FiveTuple,
    /// What the normalizer had to make up: `time` where the record has none of its own.
    pub marks: Vec<&'static str>,
}

/// Who talked to whom; the community id is made of it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct FiveTuple {
    pub source: Option<IpAddr>,
    pub source_port: Option<u16>,
    pub destination: Option<IpAddr>,
    pub destination_port: Option<u16>,
    pub transport: Option<community_id::Transport>,
}

impl FiveTuple {
    /// What a document says of it.
    pub fn of(doc: &Map) -> Self {
        let ip = |section: &str| parse_ip(doc.get(section)?.get("ip")?.as_str()?);
        let port = |section: &str| u16::try_from(doc.get(section)?.get("port")?.as_u64()?).ok();
        let transport = || community_id::Transport::named(doc.get("network")?.get("transport")?.as_str()?);
        Self {
            source: ip("source"),
            source_port: port("source"),
            destination: ip("destination"),
            destination_port: port("destination"),
            transport: transport(),
        }
    }
}

/// What every event has.
pub(super) struct Head {
    pub id: EventId,
    pub timestamp: Timestamp,
    pub endpoint: EndpointId,
    /// The endpoint as the source writes it.
    pub host: String,
    pub module: &'static str,
    pub dataset: Cow<'static, str>,
}

/// What an event is in ECS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class {
    pub kind: &'static str,
    pub category: &'static [&'static str],
    /// `event.type`.
    pub kinds: &'static [&'static str],
    pub action: &'static str,
}

pub(super) const fn class(
    category: &'static [&'static str],
    kinds: &'static [&'static str],
    action: &'static str,
) -> Class {
    Class {
        kind: "event",
        category,
        kinds,
        action,
    }
}

impl Document {
    pub fn section(&mut self, path: impl Into<Text>) -> &mut Map {
        let path = path.into();
        let found = self.sections.iter().position(|(known, _)| *known == path);
        let at = found.unwrap_or_else(|| {
            if self.sections.capacity() == 0 {
                self.sections.reserve(SECTIONS_USUAL);
            }
            let fields = Map::with_capacity(fields_usual(&path));
            self.sections.push((path, fields));
            self.sections.len() - 1
        });
        &mut self.sections[at].1
    }

    pub fn set(&mut self, section: &'static str, name: &'static str, value: impl Into<Value>) {
        self.section(section).insert(name, value);
    }

    pub fn set_some(&mut self, section: &'static str, name: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(section, name, value);
        }
    }

    pub fn get(&self, section: &str, name: &str) -> Option<&Value> {
        let (_, fields) = self.sections.iter().find(|(known, _)| known == section)?;
        fields.get(name)
    }

    pub fn text(&self, section: &str, name: &str) -> Option<&str> {
        self.get(section, name)?.as_str()
    }

    pub fn class(&mut self, class: &Class) {
        self.set("event", "kind", class.kind);
        if !class.category.is_empty() {
            self.set("event", "category", class.category);
            self.set("event", "type", class.kinds);
        }
        if !class.action.is_empty() {
            self.set("event", "action", class.action);
        }
    }

    /// What has no name in ECS, under the source's own names.
    pub fn keep(&mut self, section: &str, name: Cow<'_, str>, node: Node<'_>) {
        if node.is_empty() {
            return;
        }
        let found = self.sections.iter().position(|(known, _)| known == section);
        let fields = match found {
            Some(at) => &mut self.sections[at].1,
            None => self.section(section.to_owned()),
        };
        fields.insert(name.into_owned(), node.into_value());
    }

    /// An address for `source`, `destination` or another section, told by whether it parses.
    pub fn address(&mut self, section: &'static str, text: &str) -> bool {
        let Some(ip) = parse_ip(text) else {
            return false;
        };
        let shortest = ip.to_string();
        Related::add(&mut self.related.ip, &shortest);
        self.set(section, "ip", shortest);
        match section {
            "source" => self.endpoints.source = Some(ip),
            "destination" => self.endpoints.destination = Some(ip),
            _ => {}
        }
        true
    }

    pub fn port(&mut self, section: &'static str, port: i64) -> bool {
        let Ok(port) = u16::try_from(port) else {
            return false;
        };
        match section {
            "source" => self.endpoints.source_port = Some(port),
            "destination" => self.endpoints.destination_port = Some(port),
            _ => {}
        }
        if port > 0 {
            self.set(section, "port", port);
        }
        true
    }

    pub fn transport(&mut self, text: &str) {
        let transport = community_id::Transport::named(text);
        self.endpoints.transport = transport;
        match transport {
            Some(known) => self.set("network", "transport", known.name()),
            None => self.set("network", "transport", text.to_ascii_lowercase()),
        }
    }

    pub fn user(&mut self, section: &'static str, name: &str) {
        Related::add(&mut self.related.user, name);
        self.set(section, "name", name.to_owned());
    }

    pub fn executable(&mut self, section: &'static str, path: &str) {
        self.set(section, "executable", path.to_owned());
        self.set(section, "name", base_name(path).to_owned());
    }

    pub fn file(&mut self, path: &str) {
        self.set("file", "path", path.to_owned());
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.set("file", "name", name.to_owned());
        if !directory.is_empty() {
            self.set("file", "directory", directory.to_owned());
        }
        if let Some((stem, extension)) = name.rsplit_once('.')
            && !stem.is_empty()
            && !extension.is_empty()
        {
            self.set("file", "extension", extension.to_ascii_lowercase());
        }
    }

    /// What a shipper adds to the records it reads, by ECS's names.
    pub fn take_sender(&mut self, fields: &mut Fields<'_>) {
        const OBJECTS: [&str; 10] = [
            "agent",
            "ecs",
            "input",
            "log",
            "labels",
            "cloud",
            "container",
            "kubernetes",
            "fields",
            "host",
        ];
        for (key, node) in &mut fields.0 {
            let is_sender = match node {
                Node::Object(_) => OBJECTS.contains(&key.as_ref()),
                Node::List(_) => key == "tags",
                _ => false,
            };
            if is_sender && !self.sender.contains_key(key.as_ref()) {
                let value = std::mem::replace(node, Node::Null).into_value();
                self.sender.insert(key.to_string(), value);
            }
        }
        for side in ["source", "destination"] {
            self.take_places(fields, side);
        }
        if let Some(time) = fields.take("@timestamp").and_then(|node| time::of_node(&node).ok()) {
            self.set("event", "created", time::text(time));
        }
        fields.take("@metadata");
        fields.take("@version");
    }

    /// Where an end is, from a shipper that looks it up itself (Logstash's `geoip` filter, a processor of Elasticsearch).
    fn take_places(&mut self, fields: &mut Fields<'_>, side: &'static str) {
        let Some(Node::Object(end)) = fields.0.iter_mut().find(|(key, _)| key == side).map(|(_, node)| node) else {
            return;
        };
        for name in ["geo", "as"] {
            if matches!(end.get(name), Some(Node::Object(_)))
                && let Some(known) = end.take(name)
            {
                self.set(side, name, known.into_value());
            }
        }
    }

    /// A request's host and path.
    pub fn url(&mut self, host: Option<&str>, path: Option<&str>) {
        let Some(path) = path.filter(|path| !path.is_empty()) else {
            return;
        };
        let absolute = path
            .split_once("://")
            .map(|(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        match (absolute, host.filter(|host| !host.is_empty())) {
            (Some(_), _) => self.set("url", "full", path.to_owned()),
            (None, Some(host)) if path.starts_with('/') => self.set("url", "full", format!("http://{host}{path}")),
            _ => {}
        }
        let path = absolute.unwrap_or(path);
        let (path, query) = path
            .split_once('?')
            .map_or((path, None), |(path, query)| (path, Some(query)));
        self.set("url", "path", path.to_owned());
        self.set_some("url", "query", query.map(str::to_owned));
    }

    pub fn hash(&mut self, section: &'static str, algorithm: &'static str, digits: &str) {
        let digits = digits.to_ascii_lowercase();
        Related::add(&mut self.related.hash, &digits);
        self.set(section, algorithm, digits);
    }

    pub fn finish(mut self, head: Head, context: &RawContext<'_>) -> Event {
        self.network();
        Related::add(&mut self.related.hosts, head.endpoint.as_str());
        let event = self.section("event");
        event.insert("id", head.id.as_str().to_owned());
        if !event.contains_key("kind") {
            event.insert("kind", "event");
        }
        event.insert("module", head.module);
        event.insert("dataset", head.dataset);
        event.insert("ingested", time::text(context.received));
        let host = self.section("host");
        host.insert("id", head.endpoint.as_str().to_owned());
        host.insert("name", head.endpoint.as_str().to_owned());
        host.insert("hostname", head.host);
        let product = self.section("watchfloor");
        product.insert("schema", SCHEMA_VERSION);
        if context.simulated {
            product.insert("simulated", Value::Bool(true));
        }
        let marks = std::mem::take(&mut self.marks);
        if !marks.is_empty() {
            self.set("watchfloor", "assumed", marks);
        }
        let mut doc = match self.sender.is_empty() {
            true => Map::with_capacity(self.sections.len() + 2),
            false => std::mem::take(&mut self.sender),
        };
        doc.insert("@timestamp", time::text(head.timestamp));
        for (path, fields) in self.sections {
            merge(&mut doc, path, fields);
        }
        self.related.write(&mut doc);
        Event {
            id: head.id,
            timestamp: head.timestamp,
            endpoint: head.endpoint,
            doc,
        }
    }

    /// `network.type` and `network.community_id`, if the record has not brought its own.
    fn network(&mut self) {
        if let Some(source) = self.endpoints.source.or(self.endpoints.destination)
            && self.get("network", "type").is_none()
        {
            self.set("network", "type", if source.is_ipv4() { "ipv4" } else { "ipv6" });
        }
        if self.get("network", "community_id").is_none()
            && let Some(id) = community_id::of(&self.endpoints)
        {
            self.set("network", "community_id", id);
        }
    }
}

/// Room for a section's usual fields: growing costs more than the rest of filling it.
fn fields_usual(path: &str) -> usize {
    match path {
        "event" => 14,
        "source" | "destination" | "network" => 7,
        "host" | "observer" | "watchfloor" => 3,
        path if path.contains('.') => 7,
        _ => 3,
    }
}

/// The document's own words win over the sender's; what else the sender said in that section stays.
fn merge(doc: &mut Map, path: Text, fields: Map) {
    if path.is_empty() {
        doc.extend(fields);
        return;
    }
    if !path.contains('.') && !doc.contains_key(&path) {
        doc.insert(path, fields);
        return;
    }
    match draft::section(doc, &path) {
        Some(section) if section.is_empty() => *section = fields,
        Some(section) => section.extend(fields),
        None => {}
    }
}

/// The last part of a path of Unix.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// An address in canonical form: an IPv4 address inside IPv6 as IPv4, no interface.
pub(super) fn parse_ip(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.split('%').next()?.trim().parse().ok()?;
    Some(match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        v4 => v4,
    })
}
