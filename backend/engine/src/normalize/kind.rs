//! What kind of record a raw one is: the front door chooses the raw topic by it.
//!
//! Invariant: it depends on the record's shape and its [`Origin`](super::Origin) alone, so a record sent again goes to the
//! same topic. A kind that is not known is [`Kind::Other`].

use super::{ebpf, node::Fields, zeek};
use crate::Event;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Windows' event log, Sysmon for Linux among it.
    Windows,
    Audit,
    EbpfProcess,
    EbpfFile,
    EbpfNetwork,
    /// Mata Elang's batches, before they are taken apart.
    SensorBatch,
    SnortAlert,
    NetworkFlow,
    /// What another product calls an alert.
    SecurityAlert,
    Other,
}

impl Kind {
    pub const ALL: [Kind; 10] = [
        Kind::Windows,
        Kind::Audit,
        Kind::EbpfProcess,
        Kind::EbpfFile,
        Kind::EbpfNetwork,
        Kind::SensorBatch,
        Kind::SnortAlert,
        Kind::NetworkFlow,
        Kind::SecurityAlert,
        Kind::Other,
    ];

    /// The kind of the record that an event was made of, for records that had to be unwrapped.
    pub(super) fn of_event(event: &Event) -> Self {
        let dataset = event.text("event.dataset").unwrap_or_default();
        if event.doc.contains_key("winlog") {
            return Self::Windows;
        }
        match event.text("event.module").unwrap_or_default() {
            "auditd" => Self::Audit,
            "ebpf" => ebpf::kind_of(event.text("event.code").unwrap_or_default()),
            "mata_elang" => Self::SensorBatch,
            "snort" => Self::SnortAlert,
            "zeek" => zeek::kind_of(dataset.trim_start_matches("zeek.")),
            "suricata" => match event.text("event.kind") {
                Some("alert") => Self::SecurityAlert,
                Some("metric") => Self::Other,
                _ => Self::NetworkFlow,
            },
            _ => Self::Other,
        }
    }
}

/// ECS documents of other products: an alert says that it is one.
pub(super) fn of_document(fields: &Fields<'_>) -> Kind {
    let nested = || fields.get("event")?.object()?.text("kind");
    let kind = fields.text("event.kind").or_else(nested);
    match kind {
        Some("alert") => Kind::SecurityAlert,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::{Origin, recognize, testing::samples};

    #[test]
    fn every_sample_is_of_its_kind() {
        for sample in samples() {
            let kind = recognize(&sample.raw, &sample.origin()).kind;
            let expected = match sample.spelling.as_str() {
                "auditd" => Kind::Audit,
                "ebpf" => [Kind::EbpfProcess, Kind::EbpfFile, Kind::EbpfNetwork]
                    [usize::from(sample.name.contains("file")) + 2 * usize::from(sample.name.contains("connection"))],
                "mata_elang.sensor_event" => Kind::SensorBatch,
                "snort3.alert" => Kind::SnortAlert,
                "zeek.notice" => Kind::SecurityAlert,
                "zeek" | "suricata.eve" | "ecs" | "syslog" => continue,
                "cef" | "leef" => Kind::Other,
                _ => Kind::Windows,
            };
            assert_eq!(kind, expected, "{}", sample.path.display());
        }
    }

    #[test]
    fn traffic_and_alerts_are_told_apart_and_the_unknown_goes_with_the_rest() {
        for (raw, kind) in [
            (
                r#"{"event_type":"alert","timestamp":"2024-05-14T09:12:01Z","src_ip":"10.0.0.1"}"#,
                Kind::SecurityAlert,
            ),
            (
                r#"{"event_type":"dns","timestamp":"2024-05-14T09:12:01Z","src_ip":"10.0.0.1"}"#,
                Kind::NetworkFlow,
            ),
            (
                r#"{"event_type":"stats","timestamp":"2024-05-14T09:12:01Z","stats":{}}"#,
                Kind::Other,
            ),
            (r#"{"_path":"conn","ts":1.0,"uid":"C1"}"#, Kind::NetworkFlow),
            (r#"{"_path":"notice","ts":1.0,"note":"Scan"}"#, Kind::SecurityAlert),
            (r#"{"_path":"capture_loss","ts":1.0}"#, Kind::Other),
            (
                r#"{"@timestamp":"2024-05-14T09:12:01Z","event":{"kind":"alert"},"host":{"name":"a"}}"#,
                Kind::SecurityAlert,
            ),
            (
                r#"{"@timestamp":"2024-05-14T09:12:01Z","host":{"name":"a"},"message":"type=SYSCALL msg=audit(1.000:1): a=1"}"#,
                Kind::Audit,
            ),
            (
                r#"{"@timestamp":"2024-05-14T09:12:01Z","host":{"name":"a"},"message":"{\"event_type\":\"alert\",\"timestamp\":\"2024-05-14T09:12:01Z\",\"src_ip\":\"10.0.0.1\"}"}"#,
                Kind::SecurityAlert,
            ),
            (
                "<13>May 14 09:12:01 web-1 audispd: type=CWD msg=audit(1.000:1): cwd=\"/\"",
                Kind::Audit,
            ),
            ("<13>May 14 09:12:01 web-1 sshd[1]: hello", Kind::Other),
            (r#"{"a":1}"#, Kind::Other),
            ("{", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(recognize(raw.as_bytes(), &Origin::UNKNOWN).kind, kind, "{raw}");
        }
    }
}
