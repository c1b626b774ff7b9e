//! Rendered EVTX JSON: the event's XML as an object, `{"Event": {"System": …, "EventData" | "UserData": …}}`, attributes
//! under `#attributes` (or beside the element as `Name_attributes`).

use super::{
    draft,
    origin::Origin,
    record::{self, Record, scalar, take_object, take_text},
    time,
};
use crate::json::{Map, Value};
use crate::verdict::DeadReason;

pub(super) fn read(mut top: Map, origin: &Origin<'_>) -> Result<Record, DeadReason> {
    let simulated = record::marked_simulated(&top);
    let mut event = take_object(&mut top, "Event").ok_or(DeadReason::SpellingUnknown)?;
    let mut system = take_object(&mut event, "System").ok_or(DeadReason::EventCodeMissing)?;
    let code = record::code(system.get("EventID").and_then(element_text))?;
    let computer = origin.computer(record::take_name(&mut system, "Computer"))?;
    let created = attribute(&system, "TimeCreated", "SystemTime").ok_or(DeadReason::TimestampMissing)?;
    let timestamp = time::parse(&created)?;
    let provider = attribute(&system, "Provider", "Name")
        .or_else(|| attribute(&system, "Provider", "EventSourceName"))
        .unwrap_or_default();
    let mut ecs = Map::new();
    if let Some(labels) = take_object(&mut top, "labels") {
        ecs.insert("labels", Value::Object(labels));
    }
    let mut winlog = Map::new();
    let data = event_data(&mut event, &mut winlog);
    let level = system.get("Level").and_then(scalar).map(Value::from);
    let channel = take_text(&mut system, "Channel").unwrap_or_default();
    let number = record::number(system.get("EventRecordID").and_then(element_text));
    header(&system, &mut winlog);
    // `RenderingInfo` and whatever else stands beside System and EventData, or beside Event.
    let message = event.get("RenderingInfo").and_then(|info| info.get("Message")).cloned();
    event.retain(|key, value| key != "#attributes" && !value.is_null());
    top.extend(event);
    Ok(Record {
        computer,
        channel,
        provider,
        code,
        number,
        timestamp,
        data,
        winlog,
        ecs,
        source: top,
        message,
        level,
        simulated,
    })
}

/// Attributes of an element of `System` and their Winlogbeat names.
const ATTRIBUTES: [(&str, &str, &str); 7] = [
    ("Provider", "Guid", "provider_guid"),
    ("EventID", "Qualifiers", "qualifiers"),
    ("Correlation", "ActivityID", "activity_id"),
    ("Correlation", "RelatedActivityID", "related_activity_id"),
    ("Execution", "ProcessID", "process.pid"),
    ("Execution", "ThreadID", "process.thread.id"),
    ("Security", "UserID", "user.identifier"),
];

const TEXTS: [(&str, &str); 4] = [
    ("Task", "task"),
    ("Opcode", "opcode"),
    ("Keywords", "keywords"),
    ("Version", "version"),
];

fn header(system: &Map, winlog: &mut Map) {
    for (element, attribute, name) in ATTRIBUTES {
        if let Some(value) = attribute_value(system, element, attribute).filter(|value| !value.is_null()) {
            draft::set(winlog, name, value.clone());
        }
    }
    for (element, name) in TEXTS {
        if let Some(value) = system.get(element).filter(|value| !value.is_null()) {
            draft::set(winlog, name, value.clone());
        }
    }
}

fn attribute_value<'a>(system: &'a Map, element: &str, attribute: &str) -> Option<&'a Value> {
    let beside = || system.get(&format!("{element}_attributes"));
    let inside = system.get(element).and_then(|element| element.get("#attributes"));
    inside.or_else(beside)?.get(attribute)
}

fn attribute(system: &Map, element: &str, name: &str) -> Option<String> {
    attribute_value(system, element, name).and_then(scalar)
}

/// The text of an element, with or without attributes around it.
fn element_text(element: &Value) -> Option<String> {
    scalar(element).or_else(|| element.get("#text").and_then(scalar))
}

/// Event data, or the one element of user data, as one flat map. The kind of user data is kept in `user_data.xml_name`.
fn event_data(event: &mut Map, winlog: &mut Map) -> Map {
    let mut data = take_object(event, "EventData").unwrap_or_default();
    if let Some(user_data) = take_object(event, "UserData") {
        for (name, fields) in user_data {
            match fields {
                Value::Object(fields) => {
                    draft::set(winlog, "user_data.xml_name", Value::String(name));
                    data.extend(fields);
                }
                other => {
                    data.insert(name, other);
                }
            }
        }
    }
    // A name on EventData itself (`<EventData Name="…">`) is all that some events say.
    if let Some(attributes) = take_object(&mut data, "#attributes")
        && let Some(name) = attributes.get("Name")
    {
        draft::set(winlog, "event_data_name", name.clone());
    }
    data.retain(|key, _| !key.ends_with("_attributes"));
    spread_named(&mut data);
    for value in data.values_mut() {
        if let Some(text) = only_text(value) {
            *value = text;
        }
    }
    record::spell_as_text(&mut data);
    data
}

/// Some exporters keep the XML's list, `"Data": [{"#attributes": {"Name": n}, "#text": x}, …]`: each is a field `n`.
fn spread_named(data: &mut Map) {
    let name = |item: &Value| Some(item.get("#attributes")?.get("Name")?.as_str()?.to_owned());
    let is_named = matches!(data.get("Data"), Some(Value::Array(list)) if list.iter().all(|item| name(item).is_some()));
    if !is_named {
        return;
    }
    if let Some(Value::Array(list)) = data.remove("Data") {
        for mut item in list {
            if let Some(name) = name(&item) {
                let text = item.as_object_mut().and_then(|item| item.remove("#text"));
                data.insert(name, text.unwrap_or_default());
            }
        }
    }
}

/// `{"#attributes": …, "#text": x}` says `x`.
fn only_text(value: &mut Value) -> Option<Value> {
    let element = value.as_object_mut()?;
    element.contains_key("#text").then_some(())?;
    element
        .keys()
        .all(|key| key == "#text" || key == "#attributes")
        .then_some(())?;
    element.remove("#text")
}
