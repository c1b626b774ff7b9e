//! The product's own Linux sensor: see `watchfloor_shared::sensor` for the layout.

use super::{
    column::{
        self, Column,
        How::{self, *},
        column,
    },
    document::{Class, Document, Head, class},
    identity,
    kind::Kind,
    node::{Fields, Node},
    source::{Input, JsonSource},
    time,
};
use crate::{Event, verdict::DeadReason};
use std::borrow::Cow;

pub(super) const SOURCE: JsonSource = JsonSource {
    name: "ebpf",
    unnamed: None,
    host,
    kind,
    read,
};

const fn c(from: &'static str, section: &'static str, name: &'static str, how: How) -> Column {
    column(from, section, name, how)
}

const PROCESS: &[Column] = &[
    c("pid", "process", "pid", Long),
    c("ppid", "process.parent", "pid", Long),
    c("uid", "user", "id", Text),
    c("gid", "user.group", "id", Text),
    c("login_uid", "user.audit", "id", Text),
    c("user_name", "user", "name", User),
    c("comm", "process", "name", Text),
    c("executable", "process", "executable", Executable),
    c("args", "process", "args", Texts),
    c("working_directory", "process", "working_directory", Text),
    c("container_id", "container", "id", Text),
];

const PARENT: &[Column] = &[
    c("pid", "process.parent", "pid", Long),
    c("comm", "process.parent", "name", Text),
    c("executable", "process.parent", "executable", Executable),
    c("args", "process.parent", "args", Texts),
];

const ACTION: &[Column] = &[
    c("exit_code", "process", "exit_code", Long),
    c("path", "file", "path", Path),
    c("direction", "network", "direction", Text),
    c("transport", "network", "transport", Transport),
    c("source_ip", "source", "ip", Address),
    c("source_port", "source", "port", Port),
    c("destination_ip", "destination", "ip", Address),
    c("destination_port", "destination", "port", Port),
    c("error", "error", "code", Text),
    c("sequence", "event", "sequence", Long),
    c("repeats", "watchfloor", "count", Long),
];

const ACTIONS: [(&str, Class); 6] = [
    ("process_exec", class(&["process"], &["start"], "process-started")),
    ("process_fork", class(&["process"], &["start"], "process-forked")),
    ("process_exit", class(&["process"], &["end"], "process-ended")),
    ("file_open", class(&["file"], &["change"], "file-opened-for-write")),
    (
        "connection",
        class(&["network"], &["connection", "start"], "network-connection"),
    ),
    ("lost", class(&["host"], &["error"], "events-lost")),
];

fn host<'f>(fields: &'f Fields<'_>) -> Option<&'f str> {
    fields.text("host")
}

fn kind(fields: &Fields<'_>, _: Option<&str>) -> Kind {
    kind_of(fields.text("event").unwrap_or_default())
}

/// By the action's first word.
pub(super) fn kind_of(action: &str) -> Kind {
    match action.split('_').next() {
        Some("file") => Kind::EbpfFile,
        Some("connection") => Kind::EbpfNetwork,
        _ => Kind::EbpfProcess,
    }
}

fn read(mut fields: Fields<'_>, input: Input<'_>) -> Result<Event, DeadReason> {
    let (endpoint, host) = input.context.origin.endpoint(host(&fields), SOURCE.unnamed)?;
    let timestamp = time::of_node(fields.get("time").unwrap_or(&Node::Null))?;
    let mut document = input.document();
    let action = fields.text("event").ok_or(DeadReason::EventCodeMissing)?.to_owned();
    let boot = fields.text("boot_id").unwrap_or_default().to_owned();
    let sequence = fields
        .get("sequence")
        .and_then(Node::integer)
        .map(|number| number.to_string());
    let id = match &sequence {
        Some(sequence) => identity::of_parts(&["ebpf", endpoint.as_str(), &boot, sequence], timestamp),
        None => input.id(),
    };
    for key in ["host", "time", "event", "watchfloor_sensor"] {
        fields.take(key);
    }
    if let Some((_, class)) = ACTIONS.iter().find(|(name, _)| *name == action) {
        document.class(class);
    }
    document.set("event", "code", action.clone());
    refine(&mut document, &fields);
    if let Some(process) = fields.take_object("process") {
        fill_process(&mut document, process, &boot, endpoint.as_str());
    }
    if action == "connection" {
        document.set(
            "event",
            "outcome",
            if fields.get("error").is_some() {
                "failure"
            } else {
                "success"
            },
        );
    }
    column::spread(&mut document, fields, &[ACTION], "ebpf");
    document.set("host.os", "type", "linux");
    let dataset = match kind_of(&action) {
        Kind::EbpfFile => "ebpf.file",
        Kind::EbpfNetwork => "ebpf.network",
        _ => "ebpf.process",
    };
    let head = Head {
        id,
        timestamp,
        endpoint,
        host,
        module: "ebpf",
        dataset: Cow::Borrowed(dataset),
    };
    Ok(document.finish(head, input.context))
}

fn refine(document: &mut Document, fields: &Fields<'_>) {
    if fields.get("created").and_then(Node::flag) == Some(true) {
        document.set("event", "type", ["creation"].as_slice());
        document.set("event", "action", "file-created");
    }
}

fn fill_process(document: &mut Document, mut process: Fields<'_>, boot: &str, host: &str) {
    let mut parent = process.take_object("parent").unwrap_or_default();
    entity(document, "process", &mut process, boot, host);
    entity(document, "process.parent", &mut parent, boot, host);
    for (section, of) in [("process", &process), ("process.parent", &parent)] {
        let args: Vec<&str> = of
            .get("args")
            .map(Node::list)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::text)
            .collect();
        if !args.is_empty() {
            document.set(section, "command_line", command_line(&args));
            document.set(section, "args_count", args.len());
        }
    }
    // The program's own name is better than the kernel's short one, so the path goes in last.
    let executable = process.take("executable");
    let of_parent = parent.take("executable");
    column::spread(document, process, &[PROCESS], "ebpf.process");
    column::spread(document, parent, &[PARENT], "ebpf.parent");
    for (section, node) in [("process", executable), ("process.parent", of_parent)] {
        if let Some(path) = node.as_ref().and_then(Node::text) {
            document.executable(section, path);
        }
    }
}

/// Boot, number and start: unique for one process on one host over time.
fn entity(document: &mut Document, section: &'static str, process: &mut Fields<'_>, boot: &str, host: &str) {
    let pid = process.get("pid").and_then(Node::integer);
    let start = process.take("start_ns").and_then(|node| node.integer());
    if let (Some(pid), Some(start)) = (pid, start) {
        let boot = boot.split('-').next().unwrap_or_default();
        document.set(section, "entity_id", format!("{boot}-{pid}-{start}@{host}"));
    }
}

/// Arguments side by side, as `ps` shows them.
pub(super) fn command_line(args: &[&str]) -> String {
    let mut line = String::new();
    for arg in args {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(arg);
    }
    line
}

#[cfg(test)]
mod tests {
    use crate::normalize::testing::emitted;
    use watchfloor_shared::sensor::{SENSOR_SCHEMA, SensorAction, SensorParent, SensorProcess, SensorRecord};

    fn record(action: SensorAction) -> SensorRecord {
        SensorRecord {
            watchfloor_sensor: SENSOR_SCHEMA,
            host: "web-1".to_owned(),
            boot_id: "0f9c3c1e-6a1b-4c39-9d0c-000000000001".to_owned(),
            sequence: 7,
            time: "2024-05-14T09:12:01Z".parse().unwrap(),
            repeats: 1,
            process: SensorProcess {
                pid: 12,
                ppid: 1,
                comm: "sh".to_owned(),
                executable: Some("/usr/bin/dash".to_owned()),
                args: vec!["sh".to_owned(), "-c".to_owned()],
                start_ns: Some(5),
                parent: Some(SensorParent {
                    pid: 1,
                    comm: "init".to_owned(),
                    start_ns: Some(1),
                    ..SensorParent::default()
                }),
                ..SensorProcess::default()
            },
            action,
        }
    }

    #[test]
    fn whatever_the_sensor_sends_is_an_event_with_a_category() {
        let address = "10.0.0.1".parse().unwrap();
        for (action, category) in [
            (SensorAction::ProcessExec, "process"),
            (SensorAction::ProcessFork { child_pid: 13 }, "process"),
            (
                SensorAction::ProcessExit {
                    exit_code: 1,
                    signal: Some(9),
                },
                "process",
            ),
            (
                SensorAction::FileOpen {
                    path: "/tmp/a".to_owned(),
                    created: false,
                    truncated: true,
                },
                "file",
            ),
            (
                SensorAction::Connection {
                    direction: "egress".to_owned(),
                    transport: "tcp".to_owned(),
                    source_ip: address,
                    source_port: 1,
                    destination_ip: address,
                    destination_port: 2,
                    error: None,
                },
                "network",
            ),
            (
                SensorAction::Lost {
                    count: 3,
                    reason: "ring buffer full".to_owned(),
                },
                "host",
            ),
        ] {
            let sent = record(action);
            let json = serde_json::to_vec(&sent).unwrap();
            assert_eq!(
                serde_json::from_slice::<SensorRecord>(&json).unwrap(),
                sent,
                "the layout is complete"
            );
            let event = emitted(&json);
            assert_eq!(event.get("event.category").unwrap().as_array().unwrap()[0], category);
            assert_eq!(event.text("process.entity_id"), Some("0f9c3c1e-12-5@web-1"));
            assert_eq!(event.text("process.parent.entity_id"), Some("0f9c3c1e-1-1@web-1"));
            assert_eq!(event.text("process.name"), Some("dash"));
        }
    }
}
