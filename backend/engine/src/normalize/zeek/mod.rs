//! Zeek's logs, as JSON of any spelling (`id.orig_h`, `id_orig_h`, `{"id":{"orig_h"}}`) or made of TSV by [`Header`].
//!
//! A log is told by `_path`, which streaming writers and [`Header`] give; else by the hint `zeek.<log>`; else by the fields
//! that only this log has.

mod header;
mod refine;
mod table;

use super::{
    column,
    document::{Class, Document, Head, class},
    kind::Kind,
    node::Fields,
    source::{Input, JsonSource},
    time,
};
use crate::{Event, verdict::DeadReason};
pub use header::{Header, InvalidHeader};
use std::borrow::Cow;

pub(super) const SOURCE: JsonSource = JsonSource {
    name: "zeek",
    unnamed: Some("zeek"),
    host,
    kind,
    read,
};

/// One log of Zeek's.
struct Log {
    path: &'static str,
    /// A field that tells the log where nothing else does; logs that share one are told by the first.
    telling: &'static str,
    class: Class,
    columns: &'static [column::Column],
    /// What takes more than one field, before the table is asked.
    refine: fn(&mut Document, &mut Fields<'_>),
}

const OTHER: Log = Log {
    path: "",
    telling: "",
    class: class(&["network"], &["info"], ""),
    columns: &[],
    refine: refine::nothing,
};

/// Names of the log itself in streaming writers: Corelight's and the one of the OTRF recordings.
const PATH_KEYS: [&str; 2] = ["_path", "@stream"];
const SYSTEM_KEYS: [&str; 3] = ["_system_name", "@system", "_node_name"];

/// The sensor. `host` as text is the field of the http log.
fn host<'f>(fields: &'f Fields<'_>) -> Option<&'f str> {
    let system = SYSTEM_KEYS.iter().find_map(|key| fields.text(key));
    system.or_else(|| super::generic::host_object(fields))
}

/// Logs of Zeek's own running.
const OWN_LOGS: [&str; 8] = [
    "broker",
    "capture_loss",
    "cluster",
    "loaded_scripts",
    "packet_filter",
    "reporter",
    "stats",
    "telemetry",
];

fn kind(fields: &Fields<'_>, hint: Option<&str>) -> Kind {
    kind_of(&path(fields, hint))
}

pub(super) fn kind_of(log: &str) -> Kind {
    match log {
        "notice" | "intel" | "signatures" => Kind::SecurityAlert,
        log if OWN_LOGS.contains(&log) => Kind::Other,
        _ => Kind::NetworkFlow,
    }
}

fn read(mut fields: Fields<'_>, input: Input<'_>) -> Result<Event, DeadReason> {
    let (endpoint, sensor) = input.context.origin.endpoint(host(&fields), SOURCE.unnamed)?;
    let path = path(&fields, input.context.origin.source);
    let log = table::LOGS.iter().find(|log| log.path == path).unwrap_or(&OTHER);
    let mut document = input.document();
    let timestamp = match fields.get("ts") {
        Some(ts) => time::of_node(ts)?,
        // Logs of Zeek's own start have no time.
        None => {
            document.marks.push("time");
            input.context.received
        }
    };
    document.take_sender(&mut fields);
    for key in PATH_KEYS
        .iter()
        .chain(&SYSTEM_KEYS)
        .chain(&["ts", "@proc", "_write_ts"])
    {
        fields.take(key);
    }
    if let Some(id) = fields.take_object("id") {
        fields.0.extend(
            id.0.into_iter()
                .map(|(key, node)| (Cow::Owned(format!("id.{key}")), node)),
        );
    }
    document.class(&log.class);
    (log.refine)(&mut document, &mut fields);
    let rest = format!("zeek.{}", path.replace('.', "_"));
    column::spread(&mut document, fields, &[log.columns, table::COMMON], &rest);
    refine::span(&mut document, timestamp);
    document.set("observer", "product", "Zeek");
    document.set("observer", "type", "sensor");
    document.set("observer", "name", sensor.clone());
    let head = Head {
        id: input.id(),
        timestamp,
        endpoint,
        host: sensor,
        module: "zeek",
        dataset: Cow::Owned(rest),
    };
    Ok(document.finish(head, input.context))
}

/// Where a field of a log is in ECS: section and name. For rules, which are written against Zeek's own names.
pub(crate) fn place(log: &str, field: &str) -> Option<(&'static str, &'static str)> {
    let own = table::LOGS
        .iter()
        .find(|known| known.path == log)
        .map_or(&[][..], |known| known.columns);
    let column = own.iter().chain(table::COMMON).find(|column| column.from == field)?;
    Some((column.section, column.name))
}

/// The log's name in letters, digits and `_`; anything else would be a path of its own in the document.
fn path(fields: &Fields<'_>, hint: Option<&str>) -> String {
    let named = PATH_KEYS.iter().find_map(|key| fields.text(key));
    let hinted = hint.and_then(|hint| hint.strip_prefix("zeek."));
    let told = || {
        let log = table::LOGS
            .iter()
            .find(|log| !log.telling.is_empty() && fields.get(log.telling).is_some());
        log.map(|log| log.path)
    };
    let usable = |name: &&str| {
        !name.is_empty()
            && name.len() <= 64
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    let path = named.filter(usable).or(hinted.filter(usable)).or_else(told);
    path.unwrap_or("log").to_ascii_lowercase()
}
