//! Windows events as XML: forwarded (`<Event xmlns=…>`), rendered with `RenderingInfo`, and Sysmon for Linux's, which is the
//! same layout. They become rendered JSON, and from there the same [`Record`](super::record::Record) as any other spelling.

mod reader;

use super::{draft, identity, rendered, source::Input};
use crate::json::{Map, Value};
use crate::{Event, verdict::DeadReason};
use reader::{Element, Invalid};

/// Whether a text begins with an event.
pub(super) fn is_event(text: &str) -> bool {
    let start = text.trim_start();
    let start = match start.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or("", |(_, rest)| rest.trim_start()),
        None => start,
    };
    start
        .strip_prefix("<Event")
        .is_some_and(|rest| rest.starts_with(['>', ' ', '\n', '\r', '\t']))
}

pub(super) fn read(text: &str, input: Input<'_>) -> Result<Event, DeadReason> {
    if !is_event(text) {
        // What begins with `<` and is no event was said to be JSON, or nothing.
        return Err(DeadReason::JsonInvalid);
    }
    let root = reader::parse(text).map_err(|invalid| match invalid {
        Invalid::Syntax => DeadReason::XmlInvalid,
        Invalid::TooDeep => DeadReason::XmlTooDeep,
    })?;
    let mut top = Map::with_capacity(1);
    top.insert("Event", Value::Object(event(root)));
    let mut record = rendered::read(top, &input.context.origin)?;
    let is_linux = record.provider == "Linux-Sysmon";
    if is_linux && record.channel.is_empty() {
        record.channel = "Linux-Sysmon/Operational".to_owned();
    }
    let id = identity::event_id(&record, input.raw, input.context.position);
    let mut event = super::ecs::event(record, id, input.context)?;
    for (key, value) in input.sender {
        event.doc.insert_if_new(key, value);
    }
    if is_linux {
        draft::set(&mut event.doc, "host.os.type", Value::from("linux"));
    }
    Ok(event)
}

fn event(root: Element) -> Map {
    let mut event = Map::with_capacity(root.children.len());
    for child in root.children {
        let name = child.name.clone();
        let value = match name.as_str() {
            "EventData" => Value::Object(event_data(child)),
            _ => value(child),
        };
        event.insert(name, value);
    }
    event
}

/// `<Data Name="Image">…</Data>` → `Image`; without names `param1`, `param2`, … as Winlogbeat has them.
fn event_data(element: Element) -> Map {
    let mut data = Map::with_capacity(element.children.len());
    if let Some((_, name)) = element.attributes.iter().find(|(key, _)| key == "Name") {
        let mut attributes = Map::new();
        attributes.insert("Name", name.clone());
        data.insert("#attributes", attributes);
    }
    for (at, child) in element.children.into_iter().enumerate() {
        let named = child
            .attributes
            .iter()
            .find(|(key, _)| key == "Name")
            .map(|(_, name)| name.clone());
        let name = match named {
            Some(name) => name,
            None if child.name == "Data" => format!("param{}", at + 1),
            None => child.name.clone(),
        };
        let value = if child.children.is_empty() {
            Value::from(child.text)
        } else {
            value(child)
        };
        data.insert(name, value);
    }
    data
}

/// An element as EVTX files render it: text alone, or attributes, text and children by name.
fn value(element: Element) -> Value {
    if element.attributes.is_empty() && element.children.is_empty() {
        return if element.text.is_empty() {
            Value::Null
        } else {
            Value::from(element.text)
        };
    }
    let mut object = Map::with_capacity(element.children.len() + 2);
    if !element.attributes.is_empty() {
        let attributes = element
            .attributes
            .into_iter()
            .map(|(key, text)| (key, Value::from(text)));
        object.insert("#attributes", Value::Object(attributes.collect()));
    }
    if !element.text.is_empty() {
        object.insert("#text", Value::from(element.text));
    }
    for child in element.children {
        let name = child.name.clone();
        let inner = value(child);
        match object.get_mut(&name) {
            None => {
                object.insert(name, inner);
            }
            Some(Value::Array(list)) => list.push(inner),
            Some(other) => *other = Value::Array(vec![other.take(), inner]),
        }
    }
    Value::Object(object)
}
