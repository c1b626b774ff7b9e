//! What the records of one audit event mean together.

use super::{
    facts,
    record::Record,
    sockaddr::{self, SocketAddress},
    table,
};
use crate::normalize::{document::Document, draft::Related};
use std::borrow::Cow;

/// An unset id: -1 in 32 bits.
const UNSET: &str = "4294967295";
/// Keys of a rule are one text, separated by this.
const KEY_SEPARATOR: char = '\u{1}';

struct Records<'r, 'a>(&'r [Record<'a>]);

impl<'r, 'a> Records<'r, 'a> {
    fn of(&self, kind: &str) -> Option<&'r Record<'a>> {
        self.0.iter().find(|record| record.kind == kind)
    }

    /// From the system call, else from the first record that has it.
    fn get(&self, name: &str) -> Option<&'r str> {
        let of_call = self.of("SYSCALL").and_then(|record| record.get(name));
        of_call.or_else(|| self.0.iter().find_map(|record| record.get(name)))
    }
}

pub(super) fn fill(document: &mut Document, records: &[Record<'_>]) {
    let records = Records(records);
    let call = records.of("SYSCALL").map(|record| call_name(record));
    let call = call.flatten();
    classify(document, &records, call);
    outcome(document, &records);
    process(document, &records);
    arguments(document, &records);
    users(document, &records);
    said(document, &records);
    files(document, &records, call);
    sockets(document, &records, call);
    if let Some(call) = call {
        document.set("auditd", "syscall_name", call.to_owned());
    }
    tags(document, &records);
}

fn call_name<'r>(record: &'r Record<'_>) -> Option<&'r str> {
    // The enriched name wins: the daemon knows its own kernel.
    record.get("SYSCALL").or_else(|| {
        let number = record.get("syscall")?;
        let architecture = facts::architecture(record.get("arch")?);
        architecture
            .and_then(|architecture| facts::syscall(architecture, number))
            .or(Some(number))
    })
}

fn classify(document: &mut Document, records: &Records<'_, '_>, call: Option<&str>) {
    let kinds = || records.0.iter().map(|record| record.kind);
    let alarm = kinds().find_map(table::of_alarm);
    let said = kinds().find_map(table::of_record);
    let called = call.and_then(table::of_syscall);
    if let Some(class) = alarm.or(said).or(called) {
        document.class(class);
    }
    if alarm.is_some() && records.get("apparmor").is_some() {
        document.set("event", "action", "violated-apparmor-policy");
    }
    let is_violation = alarm.is_some() && (kinds().any(|kind| kind.starts_with("ANOM_")) || denied(records));
    if is_violation {
        document.set("event", "kind", "alert");
    }
    let main = kinds().find(|kind| table::of_alarm(kind).or(table::of_record(kind)).is_some());
    let main = main
        .or_else(|| records.0.first().map(|record| record.kind))
        .unwrap_or_default();
    let is_call = call.is_some() && main == "PROCTITLE";
    document.set("event", "code", if is_call { "SYSCALL" } else { main }.to_owned());
}

fn denied(records: &Records<'_, '_>) -> bool {
    records.get("seresult") == Some("denied") || records.get("apparmor") == Some("DENIED")
}

fn outcome(document: &mut Document, records: &Records<'_, '_>) {
    let outcome = match records
        .get("success")
        .or_else(|| records.get("res"))
        .or_else(|| records.get("result"))
    {
        Some("yes" | "success" | "1") => "success",
        Some("no" | "failed" | "0") => "failure",
        _ if denied(records) => "failure",
        _ => return,
    };
    document.set("event", "outcome", outcome);
    let exit = records.get("exit").and_then(|exit| exit.parse().ok());
    if outcome == "failure"
        && let Some(error) = exit.and_then(facts::error)
    {
        document.set("error", "code", error);
    }
}

fn process(document: &mut Document, records: &Records<'_, '_>) {
    let number = |name: &str| records.get(name).and_then(|text| text.parse::<i64>().ok());
    document.set_some("process", "pid", number("pid"));
    document.set_some("process.parent", "pid", number("ppid"));
    if let Some(name) = records.get("comm") {
        document.set("process", "name", name.to_owned());
    }
    if let Some(path) = records.get("exe").filter(|path| *path != "?") {
        document.executable("process", path);
    }
    if let Some(directory) = records
        .of("CWD")
        .and_then(|record| record.get("cwd"))
        .or_else(|| records.get("cwd"))
    {
        document.set("process", "working_directory", directory.to_owned());
    }
    if let Some(terminal) = records.get("tty").filter(|tty| *tty != "(none)") {
        document.set("process.tty", "name", terminal.to_owned());
    }
    if let Some(title) = records.of("PROCTITLE").and_then(|record| record.get("proctitle")) {
        document.set("process", "title", title.replace('\0', " "));
    }
    if let Some(call) = records.of("SYSCALL")
        && let Some(architecture) = call.get("ARCH").or_else(|| facts::architecture(call.get("arch")?))
    {
        document.set("host", "architecture", architecture.to_owned());
    }
}

/// From EXECVE, where arguments can be cut into pieces (`a1[0]`, `a1[1]`); else from the title, which the kernel cuts at 128
/// bytes.
fn arguments(document: &mut Document, records: &Records<'_, '_>) {
    let mut args: Vec<Cow<'_, str>> = Vec::new();
    for record in records.0.iter().filter(|record| record.kind == "EXECVE") {
        for (key, value) in &record.fields {
            let Some(number) = key
                .strip_prefix('a')
                .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            else {
                continue;
            };
            let (number, is_piece) = match number.split_once('[') {
                Some((number, _)) => (number, true),
                None => (number, false),
            };
            let Ok(at) = number.parse::<usize>() else {
                continue;
            };
            match args.get_mut(at) {
                Some(known) if is_piece => known.to_mut().push_str(value),
                Some(known) => *known = Cow::Borrowed(value),
                // Gaps only if a record was lost; the rest moves up.
                None => args.push(Cow::Borrowed(value)),
            }
        }
    }
    if args.is_empty()
        && let Some(title) = records.of("PROCTITLE").and_then(|record| record.get("proctitle"))
    {
        args.extend(title.split('\0').map(Cow::Borrowed));
    }
    if args.is_empty() {
        return;
    }
    document.set("process", "command_line", args.join(" "));
    document.set("process", "args_count", args.len());
    document.set(
        "process",
        "args",
        args.into_iter().map(Cow::into_owned).collect::<Vec<_>>(),
    );
}

fn users(document: &mut Document, records: &Records<'_, '_>) {
    for (section, id, name) in [
        ("user", "uid", "UID"),
        ("user.audit", "auid", "AUID"),
        ("user.effective", "euid", "EUID"),
        ("user.saved", "suid", "SUID"),
        ("user.filesystem", "fsuid", "FSUID"),
        ("user.group", "gid", "GID"),
    ] {
        let text = records
            .get(id)
            .filter(|id| *id != UNSET && *id != "-1" && *id != "unset");
        let Some(text) = text else { continue };
        // Who it is to the kernel is worth a field of its own only where it differs.
        if matches!(section, "user.effective" | "user.saved" | "user.filesystem") && records.get("uid") == Some(text) {
            continue;
        }
        document.set(section, "id", text.to_owned());
        let known = records
            .get(name)
            .filter(|name| *name != "unset" && !name.starts_with("unknown("));
        if let Some(known) = known {
            document.set(section, "name", known.to_owned());
            if section != "user.group" {
                Related::add(&mut document.related.user, known);
            }
        }
    }
}

/// What a program told the audit system: PAM, sshd, sudo, systemd.
fn said(document: &mut Document, records: &Records<'_, '_>) {
    let Some(record) = records
        .0
        .iter()
        .find(|record| record.get("op").is_some() || record.get("acct").is_some() || record.get("unit").is_some())
    else {
        return;
    };
    let text = |name: &str| record.get(name).filter(|text| !text.is_empty() && *text != "?");
    let is_account = record.kind.contains("USER") || record.kind.starts_with("CRED") || record.kind.contains("ACCT");
    if let Some(account) = text("acct").or_else(|| text("ID")).filter(|_| is_account) {
        let is_managed = matches!(record.kind, "USER_MGMT" | "ADD_USER" | "DEL_USER" | "USER_CHAUTHTOK");
        document.user(if is_managed { "user.target" } else { "user" }, account);
        if !is_managed && let Some(user) = document.get("user", "id").cloned() {
            // `uid` is the daemon's; the account is whom it speaks for.
            document.section("user").remove("id");
            document.set("process.user", "id", user);
        }
    }
    if let Some(address) = text("addr")
        && !document.address("source", address)
    {
        document.set("source", "domain", address.to_owned());
    }
    if let Some(name) = text("hostname").filter(|name| Some(*name) != text("addr")) {
        document.set("source", "address", name.to_owned());
    }
    if let Some(unit) = text("unit") {
        document.set("service", "name", unit.to_owned());
    }
    if let Some(command) = text("cmd") {
        document.set("process", "command_line", command.to_owned());
    }
}

/// The file that the call was about; its folder is a record of its own.
fn files(document: &mut Document, records: &Records<'_, '_>, call: Option<&str>) {
    let is_file = call
        .and_then(table::of_syscall)
        .is_some_and(|class| class.category.contains(&"file"));
    let paths = || records.0.iter().filter(|record| record.kind == "PATH");
    if !is_file || paths().next().is_none() {
        return;
    }
    let rank = |record: &&Record<'_>| match record.get("nametype") {
        Some("CREATE") => 0,
        Some("DELETE") => 1,
        Some("NORMAL") => 2,
        Some("UNKNOWN") => 3,
        _ => 4,
    };
    let Some(path) = paths().filter(|record| record.get("name").is_some()).min_by_key(rank) else {
        return;
    };
    if path.get("nametype") == Some("CREATE") && document.text("event", "action") == Some("opened-file") {
        document.set("event", "type", ["creation"].as_slice());
        document.set("event", "action", "created-file");
    }
    let name = path.get("name").unwrap_or_default();
    let directory = records
        .of("CWD")
        .and_then(|record| record.get("cwd"))
        .filter(|_| !name.starts_with('/'));
    document.file(&match directory {
        Some(directory) => format!("{}/{}", directory.trim_end_matches('/'), name.trim_start_matches("./")),
        None => name.to_owned(),
    });
    for (from, to) in [
        ("inode", "inode"),
        ("ouid", "uid"),
        ("ogid", "gid"),
        ("OUID", "owner"),
        ("OGID", "group"),
    ] {
        if let Some(text) = path.get(from) {
            document.set("file", to, text.to_owned());
        }
    }
    let mode = path.get("mode").and_then(|mode| u32::from_str_radix(mode, 8).ok());
    document.set_some("file", "mode", mode.map(|mode| format!("{:04o}", mode & 0o7777)));
}

fn sockets(document: &mut Document, records: &Records<'_, '_>, call: Option<&str>) {
    let address = records
        .of("SOCKADDR")
        .and_then(|record| record.get("saddr"))
        .and_then(sockaddr::decode);
    let Some(address) = address else { return };
    document.set("auditd", "socket_family", address.family());
    let (section, direction) = match call {
        Some("connect" | "sendto" | "sendmsg" | "sendmmsg") => ("destination", Some("egress")),
        Some("accept" | "accept4" | "recvfrom" | "recvmsg" | "recvmmsg") => ("source", Some("ingress")),
        Some("bind") => ("server", None),
        _ => ("destination", None),
    };
    match address {
        SocketAddress::Inet { address, port } => {
            document.address(section, &address.to_string());
            document.port(section, i64::from(port));
            document.set_some("network", "direction", direction);
        }
        SocketAddress::Unix { path } if !path.is_empty() => document.set(section, "address", path),
        SocketAddress::Netlink { port_id } => document.set("auditd", "netlink_port_id", port_id.to_string()),
        _ => {}
    }
}

/// The keys of the rules that asked for the event.
fn tags(document: &mut Document, records: &Records<'_, '_>) {
    let Some(keys) = records.get("key").filter(|key| !key.is_empty()) else {
        return;
    };
    let keys: Vec<String> = keys
        .split(KEY_SEPARATOR)
        .map(|key| key.strip_prefix("key=").unwrap_or(key).to_owned())
        .collect();
    document.set("", "tags", keys);
}
