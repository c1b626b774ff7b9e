//! Which Sigma logsources an event belongs to. A table of facts: channel and event id → service and categories.

mod other;
mod windows;

use crate::Event;
use crate::json::Value;
use rsigma_parser::LogSource;
use windows::{PROVIDERS, Row, SERVICES};

/// The logsources of one kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class {
    pub product: &'static str,
    /// `None` for a channel that no Sigma service names.
    pub service: Option<&'static str>,
    pub categories: &'static [&'static str],
}

/// Every class that an event can have; [`classify`] gives positions in it.
pub(super) fn classes() -> Vec<Class> {
    let mut classes = vec![Class {
        product: WINDOWS,
        service: None,
        categories: &[],
    }];
    for service in SERVICES {
        classes.push(Class {
            product: WINDOWS,
            service: Some(service.name),
            categories: &[],
        });
        classes.extend(service.rows.iter().map(|row| Class {
            product: WINDOWS,
            service: Some(service.name),
            categories: row.categories,
        }));
    }
    classes.extend(other::CLASSES);
    classes
}

const WINDOWS: &str = "windows";

/// The event's position in [`classes`]; `None` when no rule is about such events.
pub(super) fn classify(event: &Event) -> Option<usize> {
    if let Some(position) = other::classify(event) {
        let windows: usize = SERVICES.iter().map(|service| service.rows.len() + 1).sum();
        return Some(1 + windows + position);
    }
    let winlog = event.doc.get("winlog")?.as_object()?;
    let provider = winlog.get("provider_name").and_then(Value::as_str).unwrap_or_default();
    let channel = winlog
        .get("channel")
        .and_then(Value::as_str)
        .filter(|channel| !channel.is_empty());
    let channel = channel.or_else(|| {
        let known = PROVIDERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(provider));
        known.map(|(_, channel)| *channel)
    })?;
    let event_id = winlog.get("event_id").and_then(number);
    let mut position = 1;
    for service in SERVICES {
        if service.channels.iter().any(|known| known.eq_ignore_ascii_case(channel)) {
            let fits = |row: &Row| event_id.is_some_and(|id| row.event_ids.contains(&id)) && row.fits_type(event);
            let row = service.rows.iter().position(fits);
            return Some(position + row.map_or(0, |row| row + 1));
        }
        position += 1 + service.rows.len();
    }
    Some(0)
}

impl Row {
    fn fits_type(&self, event: &Event) -> bool {
        match self.event_type {
            None => true,
            Some(wanted) => event
                .text("winlog.event_data.EventType")
                .is_some_and(|found| found.eq_ignore_ascii_case(wanted)),
        }
    }
}

impl Class {
    /// Whether a rule with this logsource may look at events of this class. What a rule leaves open fits everything.
    pub(super) fn fits(&self, logsource: &LogSource) -> bool {
        let same = |wanted: &Option<String>, found: Option<&str>| match wanted {
            None => true,
            Some(wanted) => found.is_some_and(|found| found.eq_ignore_ascii_case(wanted)),
        };
        let category = match &logsource.category {
            None => true,
            Some(wanted) => self.categories.iter().any(|found| found.eq_ignore_ascii_case(wanted)),
        };
        let wider = other::WIDER.iter().any(|(name, meant)| {
            let named = logsource
                .service
                .as_deref()
                .is_some_and(|wanted| wanted.eq_ignore_ascii_case(name));
            named && self.service.is_some_and(|service| meant.contains(&service))
        });
        same(&logsource.product, Some(self.product)) && (wider || same(&logsource.service, self.service)) && category
    }
}

/// Event ids come as numbers or as text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigma::view::tests::event;
    use serde_json::json;

    fn class_of(winlog: serde_json::Value) -> Class {
        classes()[classify(&event(json!({ "winlog": winlog }))).unwrap()]
    }

    #[test]
    fn sysmon_registry_events_are_told_apart_by_what_was_done() {
        let class = |event_type: &str| {
            class_of(
                json!({"channel": "Microsoft-Windows-Sysmon/Operational", "event_id": 12,
                "event_data": {"EventType": event_type}}),
            )
        };
        assert_eq!(class("CreateKey").categories, ["registry_event", "registry_add"]);
        assert_eq!(class("DeleteValue").categories, ["registry_event", "registry_delete"]);
    }

    #[test]
    fn a_process_start_of_the_security_log_is_in_both_worlds() {
        let class = class_of(json!({"channel": "security", "event_id": "4688"}));
        assert_eq!(
            class,
            Class {
                product: "windows",
                service: Some("security"),
                categories: &["process_creation"]
            }
        );
        let logsource = |category: Option<&str>, service: Option<&str>| LogSource {
            product: Some("windows".to_owned()),
            category: category.map(str::to_owned),
            service: service.map(str::to_owned),
            ..LogSource::default()
        };
        assert!(class.fits(&logsource(Some("process_creation"), None)));
        assert!(class.fits(&logsource(None, Some("security"))));
        assert!(!class.fits(&logsource(Some("process_creation"), Some("sysmon"))));
    }

    #[test]
    fn a_missing_channel_is_told_by_the_provider_and_an_unknown_one_is_still_windows() {
        let class = class_of(json!({"provider_name": "Microsoft-Windows-Sysmon", "event_id": 1}));
        assert_eq!(class.categories, ["process_creation"]);
        assert_eq!(
            class_of(json!({"channel": "Some Vendor/Log", "event_id": 1})).service,
            None
        );
        assert_eq!(classify(&event(json!({"process": {"name": "sh"}}))), None);
    }
}
