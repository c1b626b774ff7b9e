//! Suricata's `eve.json`: one row per event type, what no row knows kept under `suricata.eve` by its own names.

mod dns;
mod refine;
mod table;

use super::{
    column,
    document::{Class, Document, Head, class},
    kind::Kind,
    node::{Fields, Node},
    source::{Input, JsonSource},
    time,
};
use crate::{Event, verdict::DeadReason};
use std::borrow::Cow;

pub(super) const SOURCE: JsonSource = JsonSource {
    name: "suricata",
    unnamed: Some("suricata"),
    host,
    kind,
    read,
};

/// One event type.
struct Row {
    event_type: &'static str,
    class: Class,
    /// Fields of the object that is named like the event type.
    columns: &'static [column::Column],
    /// What takes more than one field, before the tables are asked.
    refine: fn(&mut Document, &mut Fields<'_>),
}

const OTHER: Row = Row {
    event_type: "",
    class: class(&["network"], &["info"], ""),
    columns: &[],
    refine: refine::nothing,
};

/// `sensor-name` of suricata.yaml is sent as `host`; shippers put an object of that name there.
fn host<'f>(fields: &'f Fields<'_>) -> Option<&'f str> {
    let own = ["sensor_name", "host"].iter().find_map(|key| fields.text(key));
    own.or_else(|| super::generic::host_object(fields))
}

fn kind(fields: &Fields<'_>, _: Option<&str>) -> Kind {
    match fields.text("event_type") {
        Some("alert") => Kind::SecurityAlert,
        Some("stats") => Kind::Other,
        _ => Kind::NetworkFlow,
    }
}

fn read(mut fields: Fields<'_>, input: Input<'_>) -> Result<Event, DeadReason> {
    let (endpoint, sensor) = input.context.origin.endpoint(host(&fields), SOURCE.unnamed)?;
    let timestamp = time::of_node(fields.get("timestamp").unwrap_or(&Node::Null))?;
    let event_type = fields.text("event_type").unwrap_or_default().to_owned();
    let row = table::ROWS
        .iter()
        .find(|row| row.event_type == event_type)
        .unwrap_or(&OTHER);
    let mut document = input.document();
    if matches!(fields.get("host"), Some(Node::Text(_))) {
        fields.take("host");
    }
    fields.take("sensor_name");
    fields.take("timestamp");
    document.take_sender(&mut fields);
    document.class(&row.class);
    if row.class.action.is_empty() && !event_type.is_empty() {
        document.set("event", "action", event_type.clone());
    }
    (row.refine)(&mut document, &mut fields);
    refine::icmp(&mut document, &fields);
    refine::flow(&mut document, &mut fields, timestamp);
    // Other protocols' objects in an alert or a file event say the same there.
    for (name, columns) in table::OBJECTS {
        if let Some(object) = fields.take_object(name) {
            column::spread(&mut document, object, &[columns], &format!("suricata.eve.{name}"));
        }
    }
    if !row.columns.is_empty()
        && let Some(object) = fields.take_object(row.event_type)
    {
        column::spread(
            &mut document,
            object,
            &[row.columns],
            &format!("suricata.eve.{event_type}"),
        );
    }
    column::spread(&mut document, fields, &[table::COMMON], "suricata.eve");
    document.set("observer", "product", "Suricata");
    document.set("observer", "type", "ids");
    document.set("observer", "name", sensor.clone());
    let head = Head {
        id: input.id(),
        timestamp,
        endpoint,
        host: sensor,
        module: "suricata",
        dataset: Cow::Borrowed("suricata.eve"),
    };
    Ok(document.finish(head, input.context))
}
