//! The fields of rules about Linux and networks, in events that have no Windows event data.

use crate::json::Value;
use crate::{Event, event, normalize::zeek};
use rsigma_eval::EventValue;
use std::borrow::Cow;

/// Sigma's names, which are Sysmon's, and the same facts in ECS.
const IN_ECS: &[(&str, &str)] = &[
    ("Image", "process.executable"),
    ("CommandLine", "process.command_line"),
    ("CurrentDirectory", "process.working_directory"),
    ("ParentImage", "process.parent.executable"),
    ("ParentCommandLine", "process.parent.command_line"),
    ("ProcessId", "process.pid"),
    ("ParentProcessId", "process.parent.pid"),
    ("User", "user.name"),
    ("LogonId", "user.audit.id"),
    ("TargetFilename", "file.path"),
    ("SourceIp", "source.ip"),
    ("SourcePort", "source.port"),
    ("DestinationIp", "destination.ip"),
    ("DestinationPort", "destination.port"),
    ("DestinationHostname", "destination.domain"),
    ("Protocol", "network.transport"),
    ("Initiated", "network.direction"),
    ("c-uri", "url.original"),
    ("c-useragent", "user_agent.original"),
    ("cs-host", "url.domain"),
    ("cs-method", "http.request.method"),
    ("sc-status", "http.response.status_code"),
    ("src_ip", "source.ip"),
    ("src_port", "source.port"),
    ("dst_ip", "destination.ip"),
    ("dst_port", "destination.port"),
    ("query", "dns.question.name"),
    ("record_type", "dns.question.type"),
    ("answer", "dns.answers"),
    ("message", "message"),
];

pub(super) fn lookup<'a>(event: &'a Event, field: &str) -> Option<EventValue<'a>> {
    let own = match event.text("event.module")? {
        "auditd" => of_audit(event, field),
        "zeek" => of_zeek(event, field),
        _ => None,
    };
    own.or_else(|| {
        let (_, path) = IN_ECS.iter().find(|(name, _)| *name == field)?;
        // Sysmon says whether the process began it.
        if field == "Initiated" {
            let direction = event.text(path)?;
            return Some(EventValue::Str(Cow::Borrowed(if direction == "egress" {
                "true"
            } else {
                "false"
            })));
        }
        event::get(&event.doc, path).map(EventValue::from)
    })
}

/// A field of any record of the event. Rules are written against single records and say which by `type`; here an event has
/// them all, so `type` has every one's name.
fn of_audit<'a>(event: &'a Event, field: &str) -> Option<EventValue<'a>> {
    let records = event.doc.get("auditd")?.as_object()?;
    let is_record = |value: &Value| matches!(value, Value::Object(_) | Value::Array(_));
    match field {
        "type" => {
            let kinds = records.iter().filter(|(_, value)| is_record(value));
            let kinds = kinds.map(|(kind, _)| EventValue::Str(Cow::Owned(kind.to_ascii_uppercase())));
            return Some(EventValue::Array(kinds.collect()));
        }
        "syscall" | "SYSCALL" => return records.get("syscall_name").map(EventValue::from),
        _ => {}
    }
    // The arguments of the program rather than the addresses that the call was given.
    if let Some(argument) = records.get("execve").and_then(|execve| execve.get(field)) {
        return Some(EventValue::from(argument));
    }
    let mut found: Vec<&'a Value> = Vec::new();
    for record in records.values() {
        match record {
            Value::Array(list) => found.extend(list.iter().filter_map(|record| record.get(field))),
            record => found.extend(record.get(field)),
        }
    }
    match found.as_slice() {
        [] => None,
        [one] => Some(EventValue::from(*one)),
        many => Some(EventValue::Array(
            many.iter().map(|value| EventValue::from(*value)).collect(),
        )),
    }
}

fn of_zeek<'a>(event: &'a Event, field: &str) -> Option<EventValue<'a>> {
    let log = event.text("event.dataset")?.strip_prefix("zeek.")?;
    let kept = || event.doc.get("zeek")?.get(log)?.get(field);
    let moved = || {
        let (section, name) = zeek::place(log, field)?;
        match section {
            "" => event.doc.get(name),
            section => event::get(&event.doc, section)?.get(name),
        }
    };
    kept().or_else(moved).map(EventValue::from)
}

#[cfg(test)]
mod tests {
    use super::super::EventView;
    use crate::normalize::testing::emitted;
    use std::path::Path;

    fn sample(path: &str) -> crate::Event {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(path);
        emitted(&crate::normalize::testing::bytes(&path))
    }

    #[test]
    fn a_rule_finds_the_fields_of_every_record() {
        let event = sample("auditd/execve.txt");
        let view = EventView::new(&event);
        for (field, wanted) in [
            ("syscall", "execve"),
            ("a1", "-e"),
            ("exe", "/usr/bin/perl"),
            ("Image", "/usr/bin/perl"),
            ("CommandLine", "perl -e print \"hi\";"),
            ("key", "exec"),
            ("cwd", "/root"),
        ] {
            assert_eq!(view.text(field).as_deref(), Some(wanted), "{field}");
        }
        let event = sample("zeek/dns.json");
        let view = EventView::new(&event);
        for (field, wanted) in [
            ("query", "Portal.example.org"),
            ("id.orig_h", "10.0.0.9"),
            ("qtype", "1"),
            ("id.resp_p", "53"),
        ] {
            assert_eq!(view.text(field).as_deref(), Some(wanted), "{field}");
        }
    }
}
