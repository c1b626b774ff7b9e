//! What every spelling is brought to before the table is asked.

use crate::json::{Map, Value};
use crate::verdict::DeadReason;
use watchfloor_shared::Timestamp;

/// One event as its source said it, sorted by what kind of statement each part is.
#[derive(Debug)]
pub(super) struct Record {
    /// The computer as the source writes it.
    pub computer: String,
    pub channel: String,
    pub provider: String,
    /// The event id, decimal.
    pub code: String,
    /// The channel's own number of the event, where the sender passes it on.
    pub number: Option<u64>,
    pub timestamp: Timestamp,
    /// Event data under the source's own names.
    pub data: Map,
    /// The rest of the event's header under Winlogbeat's names: task, opcode, keywords, process, user…
    pub winlog: Map,
    /// ECS fields which the sender filled in itself.
    pub ecs: Map,
    /// What has no better place.
    pub source: Map,
    pub message: Option<Value>,
    /// The level as Windows numbers it or the sender words it.
    pub level: Option<Value>,
    pub simulated: bool,
}

/// A scalar as text; `None` for null, lists and objects.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone().into_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Takes a scalar out as text. Anything else stays where it is.
pub(super) fn take_text(map: &mut Map, key: &str) -> Option<String> {
    if !matches!(map.get(key)?, Value::String(_) | Value::Number(_) | Value::Bool(_)) {
        return None;
    }
    match map.remove(key)? {
        Value::String(text) => Some(text.into_owned()),
        other => scalar(&other),
    }
}

/// Takes the computer's name out. Only a string is one: [`super::endpoint_of`] takes nothing else either.
pub(super) fn take_name(map: &mut Map, key: &str) -> Option<String> {
    match map.get(key)? {
        Value::String(_) => take_text(map, key),
        _ => None,
    }
}

/// Takes an object out. Anything else stays where it is.
pub(super) fn take_object(map: &mut Map, key: &str) -> Option<Map> {
    if !matches!(map.get(key)?, Value::Object(_)) {
        return None;
    }
    match map.remove(key)? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// Numbers and flags of event data become text, as Winlogbeat and the event log itself have them, so that one field has
/// one type whatever the spelling.
pub(super) fn spell_as_text(data: &mut Map) {
    for value in data.values_mut() {
        if let Value::Number(_) | Value::Bool(_) = value
            && let Some(text) = scalar(value)
        {
            *value = Value::from(text);
        }
    }
}

/// The event id as plain decimal. Senders write 1, "1" and " 1"; the index and the rules know one of them.
pub(super) fn code(text: Option<String>) -> Result<String, DeadReason> {
    let text = text.ok_or(DeadReason::EventCodeMissing)?;
    let number: u32 = text.trim().parse().map_err(|_| DeadReason::EventCodeMissing)?;
    Ok(number.to_string())
}

/// A record number. Zero is what exporters write when they have none.
pub(super) fn number(text: Option<String>) -> Option<u64> {
    text?.trim().parse().ok().filter(|number| *number > 0)
}

/// `labels.simulated`, with which the simulator marks its lines, or the mark of an event that was normalized before.
pub(super) fn marked_simulated(top: &Map) -> bool {
    let says_true = |section: &str| match top.get(section).and_then(|labels| labels.get("simulated")) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text == "true",
        _ => false,
    };
    says_true("labels")
        || says_true("watchfloor")
        || matches!(top.get("labels.simulated"), Some(Value::String(t)) if t == "true")
}
