//! Facts: Sigma's logsources for what is no Windows event, by data set and what was done.

use super::Class;
use crate::Event;
use serde_json::Value;

/// One logsource: the first that fits counts.
struct Row {
    dataset: &'static str,
    test: Test,
}

enum Test {
    Always,
    /// `event.category` and `event.type` have these.
    Is(&'static str, &'static str),
    /// `winlog.event_id`.
    Code(&'static str),
    /// `process.name`.
    Program(&'static str),
}
use Test::{Always, Code, Is, Program};

const fn linux(service: &'static str, categories: &'static [&'static str]) -> Class {
    Class {
        product: "linux",
        service: Some(service),
        categories,
    }
}

const fn zeek(service: &'static str, categories: &'static [&'static str]) -> Class {
    Class {
        product: "zeek",
        service: Some(service),
        categories,
    }
}

const PROCESS: &[&str] = &["process_creation"];
const FILE: &[&str] = &["file_event"];
const NETWORK: &[&str] = &["network_connection"];

const fn row(dataset: &'static str, test: Test) -> Row {
    Row { dataset, test }
}

/// Sysmon for Linux has the channel of its own; its data set is Sysmon's.
const SYSMON: &str = "windows.sysmon_operational";

#[rustfmt::skip]
const TABLE: [(Row, Class); 36] = [
    (row("auditd.log", Is("process", "start")), linux("auditd", PROCESS)),
    (row("auditd.log", Is("file", "creation")), linux("auditd", FILE)),
    (row("auditd.log", Is("network", "connection")), linux("auditd", NETWORK)),
    (row("auditd.log", Always), linux("auditd", &[])),
    (row("ebpf.process", Is("process", "start")), linux("ebpf", PROCESS)),
    (row("ebpf.process", Always), linux("ebpf", &[])),
    (row("ebpf.file", Always), linux("ebpf", FILE)),
    (row("ebpf.network", Always), linux("ebpf", NETWORK)),
    (row(SYSMON, Code("1")), linux("sysmon", PROCESS)),
    (row(SYSMON, Code("3")), linux("sysmon", NETWORK)),
    (row(SYSMON, Code("5")), linux("sysmon", &["process_termination"])),
    (row(SYSMON, Code("9")), linux("sysmon", &["raw_access_thread"])),
    (row(SYSMON, Code("11")), linux("sysmon", FILE)),
    (row(SYSMON, Code("23")), linux("sysmon", &["file_delete"])),
    (row(SYSMON, Always), linux("sysmon", &[])),
    (row("syslog.log", Program("sshd")), linux("sshd", &[])),
    (row("syslog.log", Program("sudo")), linux("sudo", &[])),
    (row("syslog.log", Program("cron")), linux("cron", &[])),
    (row("syslog.log", Always), linux("syslog", &[])),
    (row("zeek.conn", Always), zeek("conn", &["firewall"])),
    (row("zeek.dns", Always), zeek("dns", &["dns"])),
    (row("zeek.http", Always), zeek("http", &["proxy", "webserver"])),
    (row("zeek.ssl", Always), zeek("ssl", &[])),
    (row("zeek.files", Always), zeek("files", &[])),
    (row("zeek.notice", Always), zeek("notice", &[])),
    (row("zeek.x509", Always), zeek("x509", &[])),
    (row("zeek.ssh", Always), zeek("ssh", &[])),
    (row("zeek.weird", Always), zeek("weird", &[])),
    (row("zeek.smb_files", Always), zeek("smb_files", &[])),
    (row("zeek.smb_mapping", Always), zeek("smb_mapping", &[])),
    (row("zeek.kerberos", Always), zeek("kerberos", &[])),
    (row("zeek.ntlm", Always), zeek("ntlm", &[])),
    (row("zeek.dce_rpc", Always), zeek("dce_rpc", &[])),
    (row("zeek.rdp", Always), zeek("rdp", &[])),
    (row("zeek.ftp", Always), zeek("ftp", &[])),
    (row("zeek.smtp", Always), zeek("smtp", &[])),
];

pub(super) const CLASSES: [Class; TABLE.len()] = {
    let mut classes = [TABLE[0].1; TABLE.len()];
    let mut at = 0;
    while at < TABLE.len() {
        classes[at] = TABLE[at].1;
        at += 1;
    }
    classes
};

/// The event's position in [`CLASSES`].
pub(super) fn classify(event: &Event) -> Option<usize> {
    let dataset = event.text("event.dataset")?;
    if dataset == SYSMON && event.text("winlog.provider_name") != Some("Linux-Sysmon") {
        return None;
    }
    TABLE
        .iter()
        .position(|(row, _)| row.dataset == dataset && row.test.holds(event))
}

impl Test {
    fn holds(&self, event: &Event) -> bool {
        let has = |path: &str, wanted: &str| {
            let values = event
                .get(path)
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default();
            values.iter().any(|value| value.as_str() == Some(wanted))
        };
        match self {
            Always => true,
            Is(category, kind) => has("event.category", category) && has("event.type", kind),
            Code(code) => event.text("winlog.event_id") == Some(*code),
            Program(name) => event
                .text("process.name")
                .is_some_and(|program| program.eq_ignore_ascii_case(name)),
        }
    }
}
