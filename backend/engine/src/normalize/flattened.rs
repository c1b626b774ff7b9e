//! Flattened JSON: header and event data side by side on one level, as NXLog, the OTRF recordings and exports of bare
//! Sysmon fields have it. What is not a known header field is event data.

use super::{
    endpoint::FLATTENED_KEYS,
    origin::Origin,
    record::{self, Record, take_text},
    time,
};
use crate::json::{Map, Value};
use crate::verdict::DeadReason;

const TIME_KEYS: [&str; 5] = ["TimeCreated", "@timestamp", "EventTime", "SystemTime", "UtcTime"];

/// Header fields and their Winlogbeat names. `Version`, `Level`, `Task` and `Opcode` are header fields although some events
/// have data of that name: the flattening kept only one, and it is mostly the header's.
const HEADER: [(&str, &str); 7] = [
    ("ProviderGuid", "provider_guid"),
    ("Task", "task"),
    ("Opcode", "opcode"),
    ("Keywords", "keywords"),
    ("Version", "version"),
    ("ActivityID", "activity_id"),
    ("RelatedActivityID", "related_activity_id"),
];

/// Header fields where NXLog wrote the record; event data elsewhere (a new service has an `AccountName`).
const NXLOG_HEADER: [(&str, &str); 3] = [
    ("ExecutionProcessID", "process.pid"),
    ("ThreadID", "process.thread.id"),
    ("Category", "category"),
];

/// The account of the writing process, there only together with its type.
const NXLOG_ACCOUNT: [(&str, &str); 4] = [
    ("UserID", "user.identifier"),
    ("AccountName", "user.name"),
    ("Domain", "user.domain"),
    ("AccountType", "user.type"),
];

/// Fields of the collectors on the way, none of the event's own.
const COLLECTOR: [&str; 9] = [
    "@version",
    "ERROR_EVT_UNRESOLVED",
    "EventTypeOrignal",
    "_id",
    "_index",
    "host",
    "port",
    "tags",
    "watchfloor",
];

/// The same, where NXLog wrote the record.
const NXLOG_COLLECTOR: [&str; 7] = [
    "EventReceivedTime",
    "OpcodeValue",
    "Severity",
    "SeverityValue",
    "SourceModuleName",
    "SourceModuleType",
    "type",
];

/// What NXLog puts into `EventType`, a name that Sysmon uses for data of its own.
const NXLOG_EVENT_TYPES: [&str; 7] = [
    "INFO",
    "WARNING",
    "ERROR",
    "CRITICAL",
    "VERBOSE",
    "AUDIT_SUCCESS",
    "AUDIT_FAILURE",
];

pub(super) fn read(mut top: Map, origin: &Origin<'_>) -> Result<Record, DeadReason> {
    let code = record::code(
        ["EventID", "EventId", "EventCode"]
            .iter()
            .find_map(|key| take_text(&mut top, key)),
    )?;
    let mut computer = None;
    for key in FLATTENED_KEYS {
        if let Some(Value::String(_)) = top.get(key)
            && computer.is_none()
        {
            computer = take_text(&mut top, key);
        }
    }
    let computer = origin.computer(computer)?;
    let timestamp = time::first_of(&top, &TIME_KEYS)?;
    let provider = ["SourceName", "ProviderName", "Provider", "Provider_Name"]
        .iter()
        .find_map(|key| take_text(&mut top, key));
    let channel = ["Channel", "LogName", "EventLog"]
        .iter()
        .find_map(|key| take_text(&mut top, key));
    let number = ["RecordNumber", "EventRecordID", "RecordId"]
        .iter()
        .find_map(|key| take_text(&mut top, key));
    let simulated = record::marked_simulated(&top);
    let message = top.remove("Message").or_else(|| top.remove("message"));
    let level = top.remove("Level");
    let mut source = Map::new();
    let nxlog = top.contains_key("SourceModuleName");
    collector(&mut top, &mut source, nxlog);
    let winlog = header(&mut top, nxlog);
    let mut ecs = Map::new();
    if let Some(labels) = record::take_object(&mut top, "labels") {
        ecs.insert("labels", Value::Object(labels));
    }
    // The event's own time is in `@timestamp` of the outcome; Sysmon's `UtcTime` is event data that rules may ask for.
    for key in &TIME_KEYS[..4] {
        if let Some(value) = top.remove(key) {
            source.insert(*key, value);
        }
    }
    record::spell_as_text(&mut top);
    let channel = channel.unwrap_or_else(|| implied_channel(&provider, &top));
    Ok(Record {
        provider: provider.unwrap_or_else(|| implied_provider(&channel)),
        number: record::number(number),
        data: top,
        ecs,
        computer,
        channel,
        code,
        timestamp,
        winlog,
        source,
        message,
        level,
        simulated,
    })
}

fn collector(top: &mut Map, source: &mut Map, nxlog: bool) {
    let nxlog_keys = if nxlog { &NXLOG_COLLECTOR[..] } else { &[] };
    for key in COLLECTOR.iter().chain(nxlog_keys) {
        if let Some(value) = top.remove(key) {
            source.insert(*key, value);
        }
    }
    let is_nxlog_type =
        matches!(top.get("EventType"), Some(Value::String(t)) if NXLOG_EVENT_TYPES.contains(&t.as_ref()));
    if is_nxlog_type && let Some(value) = top.remove("EventType") {
        source.insert("EventType", value);
    }
}

fn header(top: &mut Map, nxlog: bool) -> Map {
    let nxlog_fields = if nxlog { &NXLOG_HEADER[..] } else { &[] };
    let account_fields = if top.contains_key("AccountType") {
        &NXLOG_ACCOUNT[..]
    } else {
        &[]
    };
    let mut winlog = Map::new();
    for (key, name) in HEADER.iter().chain(nxlog_fields).chain(account_fields) {
        if let Some(value) = top.remove(key) {
            super::draft::set(&mut winlog, *name, value);
        }
    }
    winlog
}

/// Bare Sysmon fields come without a channel.
fn implied_channel(provider: &Option<String>, data: &Map) -> String {
    match provider.as_deref() {
        Some("Microsoft-Windows-Sysmon") => SYSMON_CHANNEL.to_owned(),
        None if data.contains_key("UtcTime") => SYSMON_CHANNEL.to_owned(),
        _ => String::new(),
    }
}

const SYSMON_CHANNEL: &str = "Microsoft-Windows-Sysmon/Operational";

/// The provider where only one writes to the channel.
fn implied_provider(channel: &str) -> String {
    match channel {
        SYSMON_CHANNEL => "Microsoft-Windows-Sysmon",
        "Microsoft-Windows-PowerShell/Operational" => "Microsoft-Windows-PowerShell",
        "Windows PowerShell" => "PowerShell",
        _ => "",
    }
    .to_owned()
}
