//! Facts: Sigma's logsources for what is no Windows event, by data set and what was done.

use super::Class;
use crate::Event;
use crate::json::Value;

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
    /// `event.action`.
    Did(&'static str),
    /// An audited call that opens a file to write it, new or not.
    OpensToWrite,
    /// `event.kind` is `alert`.
    Alert,
    /// `process.name` is one of these.
    Program(&'static [&'static str]),
}
use Test::{Alert, Always, Code, Did, Is, OpensToWrite, Program};

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

const fn suricata(service: &'static str, categories: &'static [&'static str]) -> Class {
    Class {
        product: "suricata",
        service: Some(service),
        categories,
    }
}

const SNORT: Class = Class {
    product: "snort",
    service: Some("alert"),
    categories: IDS,
};

/// A rule's service that stands for others too: `auth` is the file, and these write to it.
pub(super) const WIDER: &[(&str, &[&str])] = &[("auth", &["sshd", "sudo"])];

const PROCESS: &[&str] = &["process_creation"];
const FILE: &[&str] = &["file_event"];
const NETWORK: &[&str] = &["network_connection"];
/// What an intrusion detection system raised. Sigma has no name for it; severities are 1 for the worst, as Snort counts.
const IDS: &[&str] = &["ids"];

const fn row(dataset: &'static str, test: Test) -> Row {
    Row { dataset, test }
}

/// What programs say about who came in.
const AUTH: &[&str] = &[
    "su",
    "login",
    "passwd",
    "chpasswd",
    "useradd",
    "userdel",
    "usermod",
    "groupadd",
    "gpasswd",
    "pkexec",
    "polkitd",
    "systemd-logind",
];

/// Sysmon for Linux has the channel of its own; its data set is Sysmon's.
const SYSMON: &str = "windows.sysmon_operational";

#[rustfmt::skip]
const TABLE: [(Row, Class); 48] = [
    (row("auditd.log", Is("process", "start")), linux("auditd", PROCESS)),
    (row("auditd.log", Is("file", "creation")), linux("auditd", FILE)),
    (row("auditd.log", Did("renamed")), linux("auditd", FILE)),
    (row("auditd.log", OpensToWrite), linux("auditd", FILE)),
    (row("auditd.log", Is("network", "connection")), linux("auditd", NETWORK)),
    (row("auditd.log", Always), linux("auditd", &[])),
    (row("ebpf.process", Did("process-started")), linux("ebpf", PROCESS)),
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
    (row("syslog.log", Program(&["sshd", "sshd-session"])), linux("sshd", &[])),
    (row("syslog.log", Program(&["sudo"])), linux("sudo", &[])),
    (row("syslog.log", Program(&["cron", "crond", "crontab"])), linux("cron", &[])),
    (row("syslog.log", Program(AUTH)), linux("auth", &[])),
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
    (row("suricata.eve", Alert), suricata("alert", IDS)),
    (row("suricata.eve", Did("network-connection")), suricata("flow", &["firewall"])),
    (row("suricata.eve", Did("dns-query")), suricata("dns", &["dns"])),
    (row("suricata.eve", Did("http-request")), suricata("http", &["proxy", "webserver"])),
    (row("suricata.eve", Did("tls-handshake")), suricata("tls", &[])),
    (row("suricata.eve", Did("file-transferred")), suricata("fileinfo", &[])),
    (row("suricata.eve", Always), suricata("eve", &[])),
    (row("snort.alert", Always), SNORT),
    (row("mata_elang.sensor_event", Always), SNORT),
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
            Did(action) => event.text("event.action") == Some(*action),
            OpensToWrite => opens_to_write(event),
            Alert => event.text("event.kind") == Some("alert"),
            Program(names) => event
                .text("process.name")
                .is_some_and(|program| names.iter().any(|name| program.eq_ignore_ascii_case(name))),
        }
    }
}

/// By the flags of the call, which `openat` has one argument later: `O_WRONLY` is 1, `O_RDWR` 2.
fn opens_to_write(event: &Event) -> bool {
    let flags = match event.text("auditd.syscall_name") {
        Some("open") => "auditd.syscall.a1",
        Some("openat") => "auditd.syscall.a2",
        _ => return false,
    };
    let flags = event.text(flags).and_then(|flags| u64::from_str_radix(flags, 16).ok());
    flags.is_some_and(|flags| flags & 3 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{normalize::testing::emitted, sigma::logsource::classes};
    use rsigma_parser::LogSource;

    fn class_of(raw: &str) -> Class {
        classes()[crate::sigma::logsource::classify(&emitted(raw.as_bytes())).unwrap()]
    }

    #[test]
    fn an_audited_open_is_a_file_event_only_when_it_writes() {
        let opened = |flags: &str| {
            class_of(&format!(
                "type=SYSCALL msg=audit(1700000000.000:7): arch=c000003e syscall=257 success=yes a0=ffffff9c a1=7f a2={flags} pid=5 comm=\"vi\"\n\
                 type=PATH msg=audit(1700000000.000:7): item=0 name=\"/etc/passwd\" nametype=NORMAL"
            ))
        };
        assert_eq!(opened("80000").categories, &[] as &[&str], "read only");
        assert_eq!(opened("441").categories, FILE, "appended to");
    }

    #[test]
    fn whoever_writes_to_the_auth_log_is_found_by_its_name_and_by_its_own() {
        let auth = LogSource {
            product: Some("linux".to_owned()),
            service: Some("auth".to_owned()),
            ..LogSource::default()
        };
        for (program, service) in [("sshd-session[4]", "sshd"), ("sudo", "sudo"), ("useradd[9]", "auth")] {
            let class = class_of(&format!("<86>May 14 09:12:01 web-1 {program}: hello"));
            assert_eq!(class.service, Some(service));
            assert!(class.fits(&auth), "{class:?}");
        }
        let cron = class_of("<78>May 14 09:12:01 web-1 CRON[7]: (root) CMD (true)");
        assert!(!cron.fits(&auth) && cron.service == Some("cron"));
    }
}
