//! An [`Event`] as Sigma rules see it, without copying it.
//!
//! A field name means, in this order: the source's own field (`winlog.event_data`, then `winlog.user_data`), a name that Sigma
//! gives to every Windows event (`EventID`, `Channel`, …), a name that the same fact has in another log (`Image` of a process
//! start in the Security log), a dotted ECS name, and at last the source's own field in other case.

mod other;

use crate::json::{Map, Value};
use crate::{Event, event};
use rsigma_eval::EventValue;
use std::borrow::Cow;

pub(super) struct EventView<'a> {
    event: &'a Event,
    winlog: Option<&'a Map>,
    data: Option<&'a Map>,
    user_data: Option<&'a Map>,
}

/// Sigma's names for what every Windows event has, and where ours are.
const SYSTEM_FIELDS: &[(&str, &str)] = &[
    ("EventID", "winlog.event_id"),
    ("EventId", "winlog.event_id"),
    ("Channel", "winlog.channel"),
    ("Provider_Name", "winlog.provider_name"),
    ("ProviderName", "winlog.provider_name"),
    ("Provider", "winlog.provider_name"),
    ("SourceName", "winlog.provider_name"),
    ("Source", "winlog.provider_name"),
    ("Computer", "winlog.computer_name"),
    ("ComputerName", "winlog.computer_name"),
    ("Hostname", "winlog.computer_name"),
    ("EventRecordID", "winlog.record_id"),
    ("Level", "winlog.level"),
    ("Task", "winlog.task"),
    ("Opcode", "winlog.opcode"),
    ("Keywords", "winlog.keywords"),
    ("Version", "winlog.version"),
    ("UserID", "winlog.user.identifier"),
    ("Message", "message"),
];

/// Names of one fact in several logs: the rule's, then the source's.
const OTHER_NAMES: &[(&str, &[&str])] = &[
    ("Image", &["NewProcessName"]),
    ("ParentImage", &["ParentProcessName"]),
    ("LogonId", &["SubjectLogonId"]),
    ("ParentProcessId", &["ProcessId"]),
    ("Signature", &["Threat Name", "ThreatName"]),
    ("ThreatName", &["Threat Name"]),
    ("Filename", &["Path"]),
    ("SourceIp", &["IpAddress", "SourceAddress"]),
];

/// Hashes have their own names in older rules.
const HASHES: &[(&str, &str)] = &[
    ("md5", "MD5="),
    ("sha1", "SHA1="),
    ("sha256", "SHA256="),
    ("Imphash", "IMPHASH="),
];

/// Mandatory labels of the Security log as Sysmon words them.
const INTEGRITY_LEVELS: &[(&str, &str)] = &[
    ("S-1-16-0", "Untrusted"),
    ("S-1-16-4096", "Low"),
    ("S-1-16-8192", "Medium"),
    ("S-1-16-8448", "MediumPlus"),
    ("S-1-16-12288", "High"),
    ("S-1-16-16384", "System"),
];

/// Nested values deeper than this are not searched for keywords.
const DEPTH_MAX: usize = 16;

impl<'a> EventView<'a> {
    pub(super) fn new(event: &'a Event) -> Self {
        let winlog = event.doc.get("winlog").and_then(Value::as_object);
        let part = |name: &str| winlog.and_then(|winlog| winlog.get(name)).and_then(Value::as_object);
        Self {
            event,
            winlog,
            data: part("event_data"),
            user_data: part("user_data"),
        }
    }

    pub(super) fn event(&self) -> &'a Event {
        self.event
    }

    /// The field as text, for grouping and for people.
    pub(super) fn text(&self, field: &str) -> Option<String> {
        let value = self.lookup(field)?;
        value.as_str().map(Cow::into_owned).filter(|text| !text.is_empty())
    }

    fn lookup(&self, field: &str) -> Option<EventValue<'a>> {
        if let Some(value) = self.own(field) {
            return Some(EventValue::from(value));
        }
        if let Some((_, path)) = SYSTEM_FIELDS.iter().find(|(name, _)| *name == field)
            && let Some(value) = event::get(&self.event.doc, path)
        {
            return Some(EventValue::from(value));
        }
        self.other_name(field)
            .or_else(|| match self.winlog {
                Some(_) => None,
                None => other::lookup(self.event, field),
            })
            .or_else(|| self.in_ecs(field))
            .or_else(|| self.other_case(field))
    }

    fn own(&self, field: &str) -> Option<&'a Value> {
        let found = self.data.and_then(|data| data.get(field));
        found.or_else(|| self.user_data.and_then(|data| data.get(field)))
    }

    fn other_name(&self, field: &str) -> Option<EventValue<'a>> {
        let fits = field.bytes().next()?;
        match fits {
            b'I' | b'P' | b'L' | b'S' | b'T' | b'F' => {
                if let Some((_, names)) = OTHER_NAMES.iter().find(|(name, _)| *name == field) {
                    return names.iter().find_map(|name| self.own(name)).map(EventValue::from);
                }
                match field {
                    "IntegrityLevel" => self.integrity_level(),
                    _ => self.hash(field),
                }
            }
            b'U' if field == "User" => self.user(),
            b'D' if field == "Data" => self.unnamed_data(),
            b'm' | b's' => self.hash(field),
            _ => None,
        }
    }

    /// `DOMAIN\name` as Sysmon writes it, from the Security log's two fields.
    fn user(&self) -> Option<EventValue<'a>> {
        let text = |name| self.own(name).and_then(Value::as_str);
        let user = text("SubjectUserName")?;
        Some(EventValue::Str(match text("SubjectDomainName") {
            Some(domain) => Cow::Owned(format!("{domain}\\{user}")),
            None => Cow::Borrowed(user),
        }))
    }

    fn integrity_level(&self) -> Option<EventValue<'a>> {
        let label = self.own("MandatoryLabel")?.as_str()?;
        let (_, level) = INTEGRITY_LEVELS.iter().find(|(sid, _)| *sid == label)?;
        Some(EventValue::Str(Cow::Borrowed(level)))
    }

    fn hash(&self, field: &str) -> Option<EventValue<'a>> {
        let (_, prefix) = HASHES.iter().find(|(name, _)| name.eq_ignore_ascii_case(field))?;
        let hashes = self.own("Hashes")?.as_str()?;
        let value = hashes.split(',').find_map(|hash| hash.trim().strip_prefix(prefix))?;
        Some(EventValue::Str(Cow::Borrowed(value)))
    }

    /// Events without field names have `param1`, `param2`, …
    fn unnamed_data(&self) -> Option<EventValue<'a>> {
        let data = self.data?;
        let values: Vec<EventValue<'a>> = data
            .iter()
            .filter(|(name, _)| name.strip_prefix("param").is_some_and(|n| n.parse::<u16>().is_ok()))
            .map(|(_, value)| EventValue::from(value))
            .collect();
        (!values.is_empty()).then_some(EventValue::Array(values))
    }

    fn in_ecs(&self, field: &str) -> Option<EventValue<'a>> {
        if !field.contains('.') {
            return None;
        }
        event::get(&self.event.doc, field).map(EventValue::from)
    }

    fn other_case(&self, field: &str) -> Option<EventValue<'a>> {
        let find = |map: &'a Map| {
            map.iter()
                .find(|(name, _)| name.len() == field.len() && name.eq_ignore_ascii_case(field))
                .map(|(_, value)| EventValue::from(value))
        };
        self.data.and_then(find).or_else(|| self.user_data.and_then(find))
    }

    /// All text values with the names that people know them by, until `visit` says stop.
    pub(super) fn any_text(&self, visit: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        for part in [self.data, self.user_data].into_iter().flatten() {
            for (name, value) in part {
                if any_text(name, value, DEPTH_MAX, visit) {
                    return true;
                }
            }
        }
        let winlog = self.winlog.into_iter().flatten();
        let winlog = winlog.filter(|(name, _)| *name != "event_data" && *name != "user_data");
        let rest = self.event.doc.iter().filter(|(name, _)| *name != "winlog");
        for (name, value) in winlog.chain(rest) {
            if any_text(name, value, DEPTH_MAX, visit) {
                return true;
            }
        }
        false
    }
}

fn any_text(name: &str, value: &Value, depth: usize, visit: &mut dyn FnMut(&str, &str) -> bool) -> bool {
    match value {
        Value::String(text) => visit(name, text),
        Value::Array(values) if depth > 0 => values.iter().any(|value| any_text(name, value, depth - 1, visit)),
        Value::Object(map) if depth > 0 => map.iter().any(|(name, value)| any_text(name, value, depth - 1, visit)),
        _ => false,
    }
}

impl<'a> From<&'a Value> for EventValue<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => Self::Int(whole),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Self::Str(Cow::Borrowed(text)),
            Value::Array(list) => Self::Array(list.iter().map(Self::from).collect()),
            Value::Object(map) => Self::Map(
                map.iter()
                    .map(|(name, value)| (Cow::Borrowed(name), Self::from(value)))
                    .collect(),
            ),
        }
    }
}

impl rsigma_eval::Event for EventView<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        self.lookup(path)
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        self.any_text(&mut |_, text| pred(text))
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let mut values = Vec::new();
        self.any_text(&mut |_, text| {
            values.push(Cow::Owned(text.to_owned()));
            false
        });
        values
    }

    fn visit_string_values(&self, visit: &mut dyn FnMut(&str)) {
        self.any_text(&mut |_, text| {
            visit(text);
            false
        });
    }

    fn to_json(&self) -> serde_json::Value {
        Value::Object(self.event.doc.clone()).into()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use rsigma_eval::Event as _;
    use serde_json::json;
    use watchfloor_shared::{EndpointId, EventId, Timestamp};

    /// An event with this document, on `ws-1`, at the epoch unless it says otherwise.
    pub(crate) fn event(doc: serde_json::Value) -> Event {
        let Value::Object(doc) = doc.into() else {
            panic!("not an object")
        };
        let text = |path: &str| event::get(&doc, path).and_then(Value::as_str);
        Event {
            id: EventId::new(text("event.id").unwrap_or("e1")),
            timestamp: text("@timestamp").map_or(Timestamp::EPOCH, |time| time.parse().unwrap()),
            endpoint: EndpointId::new(text("host.id").unwrap_or("ws-1")),
            doc,
        }
    }

    #[test]
    fn a_rule_finds_system_fields_by_sigmas_names() {
        let event = event(
            json!({"winlog": {"event_id": 4625, "channel": "Security", "provider_name": "P",
            "computer_name": "WS-1", "event_data": {"LogonType": 3, "Provider": "own wins"}}, "message": "failed"}),
        );
        let view = EventView::new(&event);
        for (field, wanted) in [
            ("EventID", "4625"),
            ("Channel", "Security"),
            ("Provider_Name", "P"),
            ("Provider", "own wins"),
            ("Computer", "WS-1"),
            ("LogonType", "3"),
            ("logontype", "3"),
            ("winlog.channel", "Security"),
            ("Message", "failed"),
        ] {
            assert_eq!(view.text(field).as_deref(), Some(wanted), "{field}");
        }
        assert!(view.get_field("CommandLine").is_none());
    }

    #[test]
    fn the_security_logs_process_start_reads_like_sysmons() {
        let event = event(
            json!({"winlog": {"event_id": 4688, "channel": "Security", "event_data": {
            "NewProcessName": "C:\\a.exe", "ParentProcessName": "C:\\b.exe", "SubjectUserName": "eve",
            "SubjectDomainName": "CORP", "MandatoryLabel": "S-1-16-12288"}}}),
        );
        let view = EventView::new(&event);
        assert_eq!(view.text("Image").as_deref(), Some("C:\\a.exe"));
        assert_eq!(view.text("ParentImage").as_deref(), Some("C:\\b.exe"));
        assert_eq!(view.text("User").as_deref(), Some("CORP\\eve"));
        assert_eq!(view.text("IntegrityLevel").as_deref(), Some("High"));
    }

    #[test]
    fn unnamed_data_and_hashes_are_found() {
        let event = event(
            json!({"winlog": {"event_data": {"param1": "Available", "param3": "HostName=x",
            "Hashes": "MD5=AA,SHA256=BB,IMPHASH=CC"}}}),
        );
        let view = EventView::new(&event);
        assert!(matches!(view.get_field("Data"), Some(EventValue::Array(values)) if values.len() == 2));
        assert_eq!(view.text("Imphash").as_deref(), Some("CC"));
        assert_eq!(view.text("sha256").as_deref(), Some("BB"));
    }

    #[test]
    fn keywords_see_every_text_with_its_name() {
        let event = event(json!({"message": "a", "winlog": {"channel": "b", "event_data": {"X": {"y": ["c"]}}}}));
        let mut seen = Vec::new();
        EventView::new(&event).any_text(&mut |name, text| {
            seen.push(format!("{name}={text}"));
            false
        });
        assert_eq!(seen, ["y=c", "channel=b", "message=a"]);
    }
}
