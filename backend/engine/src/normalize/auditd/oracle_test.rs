//! Two published readers of the audit log, field by field: laurel and go-libaudit. Where they and we differ on purpose, the
//! table says why; any other difference fails.

use super::Assembler;
use crate::{
    Event,
    normalize::testing::{archive, emitted, recording},
};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};
use watchfloor_shared::Timestamp;

fn groups(text: &str) -> Vec<String> {
    let mut assembler = Assembler::new(Duration::from_secs(2), 64);
    let mut groups: Vec<String> = text
        .lines()
        .flat_map(|line| assembler.on_line(Timestamp::EPOCH, line.trim()))
        .collect();
    groups.extend(assembler.finish().into_iter().map(|joined| joined.lines));
    groups
}

/// Fields that laurel writes differently, and why that is no difference in what is known.
const LAUREL: &[(&str, &str)] = &[
    (
        "saddr",
        "laurel escapes bytes, we keep the digits and decode them into ECS",
    ),
    ("SADDR", "laurel takes the blanks inside the braces away"),
    ("ARGV", "compared as process.args, or as a0 to a3"),
    ("PID", "laurel looks the process up on the machine it runs on"),
    ("PPID", "laurel looks the process up on the machine it runs on"),
    ("ENV", "laurel looks the process up on the machine it runs on"),
];

fn same_as_laurel(field: &str, theirs: &Value, ours: Option<&str>) -> bool {
    let Some(ours) = ours else {
        return theirs.is_null();
    };
    let text = theirs.as_str().map_or_else(|| theirs.to_string(), str::to_owned);
    if text == ours {
        return true;
    }
    // Numbers with the base that they are written in.
    let hexadecimal = text
        .strip_prefix("0x")
        .and_then(|digits| u64::from_str_radix(digits, 16).ok());
    let octal = text
        .strip_prefix("0o")
        .and_then(|digits| u64::from_str_radix(digits, 8).ok());
    hexadecimal.is_some_and(|number| u64::from_str_radix(ours, 16) == Ok(number))
        || octal.is_some_and(|number| u64::from_str_radix(ours, 8) == Ok(number))
        // `"subj":"=unconfined"` is laurel's for AppArmor's label with a NUL behind it.
        || field == "subj" && text.trim_start_matches('=') == ours.trim_end_matches(['\n', '\0', ' ']).trim_start_matches('=')
}

fn compare_with_laurel(event: &Event, theirs: &Value, wrong: &mut Vec<String>) -> usize {
    let mut compared = 0;
    let id = theirs["ID"].as_str().unwrap_or_default();
    for (kind, record) in theirs
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, record)| !record.is_string())
    {
        let ours = &Value::from(event.doc["auditd"][kind.to_ascii_lowercase().as_str()].clone());
        let list = |value: &Value| match value {
            Value::Array(list) => list.clone(),
            one => vec![one.clone()],
        };
        for (theirs, ours) in list(record).iter().zip(list(ours)) {
            for (field, value) in theirs.as_object().into_iter().flatten() {
                compared += 1;
                let text = ours.get(field).and_then(Value::as_str);
                let accepted = LAUREL.iter().any(|(name, _)| name == field);
                if !accepted && !same_as_laurel(field, value, text) {
                    wrong.push(format!("{id} {kind}.{field}: theirs {value}, ours {text:?}"));
                }
                if field == "ARGV" && matches!(kind.as_str(), "EXECVE" | "PROCTITLE") {
                    let args = event.get("process.args").cloned().unwrap_or_default();
                    let is_shown = kind == "EXECVE"
                        || !theirs.to_string().is_empty() && event.doc["auditd"].get("execve").is_none();
                    // The mark that laurel puts where it left out the middle of a long argument is its own limit.
                    let is_shortened = value.to_string().contains("<...>") || value.to_string().len() > 8_000;
                    if is_shown && !is_shortened && args != *value {
                        wrong.push(format!("{id} {kind}.ARGV: theirs {value}, ours {args}"));
                    }
                }
            }
        }
    }
    compared
}

#[test]
fn laurel_reads_the_same_fields() {
    let Some(path) = recording("data/oracles/laurel_testdata.tar.zst") else {
        return;
    };
    let files: BTreeMap<String, Vec<u8>> = archive(&path).into_iter().collect();
    let (mut events, mut fields, mut wrong) = (0, 0, Vec::new());
    for (name, json) in files.iter().filter(|(name, _)| name.ends_with(".json")) {
        let Some(text) = files.get(&name.replace(".json", ".txt")) else {
            continue;
        };
        let mut ours: BTreeMap<u64, Event> = BTreeMap::new();
        for group in groups(&String::from_utf8_lossy(text)) {
            let event = emitted(group.as_bytes());
            let serial = event
                .get("event.sequence")
                .and_then(crate::json::Value::as_u64)
                .unwrap();
            // A message of a program is whole by itself; what the kernel adds to it later is a second event.
            ours.entry(serial).or_insert(event);
        }
        for line in String::from_utf8_lossy(json)
            .lines()
            .filter(|line| !line.trim().is_empty())
        {
            let theirs: Value = serde_json::from_str(line).unwrap();
            let serial: u64 = theirs["ID"]
                .as_str()
                .unwrap()
                .rsplit(':')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            let event = ours.get(&serial).unwrap_or_else(|| panic!("{name}: {serial}"));
            fields += compare_with_laurel(event, &theirs, &mut wrong);
            events += 1;
        }
    }
    println!("{events} events, {fields} fields, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(fields > 400, "{fields}");
}

/// Fields of go-libaudit's parser that are ours in another form, and why.
const LIBAUDIT: &[(&str, &str)] = &[
    ("arch", "theirs is the name; ours is in host.architecture"),
    ("syscall", "theirs is the name; ours is in auditd.syscall_name"),
    ("result", "theirs joins success and res; ours is event.outcome"),
    ("exit", "theirs names the error; ours is in error.code"),
    ("sig", "theirs is the signal's name"),
    ("mode", "theirs is without the type of file; ours is in file.mode"),
    (
        "family",
        "theirs decodes saddr in place; ours is in auditd.socket_family and ECS",
    ),
    (
        "addr",
        "theirs decodes saddr in place; ours is in source or destination",
    ),
    (
        "port",
        "theirs decodes saddr in place; ours is in source or destination",
    ),
    ("path", "theirs decodes saddr in place; ours is in destination.address"),
    ("saddr", "theirs removes it when decoded"),
    (
        "cmdline",
        "theirs is made of the arguments; ours is process.command_line",
    ),
    (
        "proctitle",
        "theirs has blanks between the arguments; ours is process.title",
    ),
    ("socket_addr", "theirs names the parts of an address"),
    ("socket_port", "theirs names the parts of an address"),
    ("auid", "theirs writes unset for -1"),
    ("ses", "theirs writes unset for -1"),
    ("old-auid", "theirs writes unset for -1"),
    ("old_auid", "theirs renames it and writes unset for -1"),
    ("old-ses", "theirs writes unset for -1"),
    ("old_ses", "theirs renames it and writes unset for -1"),
    ("new_auid", "theirs joins the words of `new auid=0`"),
    ("new-auid", "theirs writes unset for -1"),
    ("new-ses", "theirs writes unset for -1"),
];

/// Labels that theirs takes apart: `subj` into `subj_user`, `subj_role`, …
const LABELS: [&str; 4] = ["subj_", "obj_", "scontext_", "tcontext_"];

#[test]
fn go_libaudit_reads_the_same_fields() {
    let Some(path) = recording("data/oracles/go_libaudit_testdata.tar.zst") else {
        return;
    };
    let (mut records, mut fields, mut wrong) = (0, 0, Vec::new());
    for (name, json) in archive(&path)
        .iter()
        .filter(|(name, _)| name.contains("auparse/") && name.ends_with(".golden"))
    {
        let list: Vec<Value> = serde_json::from_slice(json).unwrap();
        for theirs in list {
            // An entry without a type is a line that theirs refused.
            let Some(kind) = theirs["record_type"].as_str().map(str::to_ascii_uppercase) else {
                continue;
            };
            let Some(raw) = theirs["raw_msg"].as_str() else {
                continue;
            };
            let line = format!("type={kind} msg={raw}");
            let event = emitted(line.as_bytes());
            records += 1;
            let millis = event.timestamp.millis();
            let time: Timestamp = theirs["@timestamp"].as_str().unwrap().parse().unwrap();
            assert_eq!(millis, time.millis(), "{name}: {line}");
            assert_eq!(event.doc["event"]["sequence"], theirs["sequence"], "{name}");
            let kept = kind.to_ascii_lowercase().replace(['[', ']', '.'], "_");
            let ours = &Value::from(event.doc["auditd"][kept.as_str()].clone());
            let ours = if let Value::Array(list) = ours { &list[0] } else { ours };
            for (field, value) in theirs["data"].as_object().into_iter().flatten() {
                fields += 1;
                let accepted = LIBAUDIT.iter().any(|(name, _)| name == field)
                    || LABELS.iter().any(|label| field.starts_with(label));
                let text = ours.get(field).and_then(Value::as_str);
                if !accepted && text != value.as_str() {
                    wrong.push(format!("{kind} {field}: theirs {value}, ours {text:?}"));
                }
            }
            if let Some(result) = theirs["data"]["result"].as_str() {
                let expected = if result == "success" { "success" } else { "failure" };
                if event.text("event.outcome") != Some(expected) {
                    wrong.push(format!(
                        "{kind} outcome: theirs {result}, ours {:?}",
                        event.text("event.outcome")
                    ));
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    println!("{records} records, {fields} fields, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(records > 50, "{records}");
}

/// ECS that go-libaudit's joiner gives and we mean otherwise, by test, with the reason.
const JOINED: &[(&str, &str)] = &[
    (
        "EXECVE: file",
        "a program that starts is process.executable, not a file that was touched",
    ),
    ("EXECVE with multiple keys: file", "the same"),
    ("file_mode_preservation: file", "the same"),
    (
        "rename syscall: file",
        "file.path is what the file is called now; theirs what it was",
    ),
    (
        "getpeername syscall: category",
        "a question that changes nothing has no category",
    ),
    ("getsockname syscall: category", "the same"),
    (
        "ANOM_ABEND SIGSEGV seg fault: category",
        "the same two in another order",
    ),
    (
        "ANOM_PROMISCUOUS: category",
        "it is about the network, which theirs leaves out",
    ),
    (
        "AVC_AppArmor: category",
        "a violated policy is found under intrusion_detection, whatever was touched",
    ),
    ("AVC_AppArmor_unlink: category", "the same"),
    (
        "CONFIG_CHANGE add rule: category",
        "theirs adds process, because a process did it",
    ),
    ("CONFIG_CHANGE backlog limit: category", "the same"),
    ("CONFIG_CHANGE remove rule: category", "the same"),
    ("CONFIG_CHANGE update rules: category", "the same"),
    ("NETFILTER_CFG: category", "the same"),
    (
        "AUDIT_TIME_ADJNTPVAL chronyd freq: tags",
        "`key=(null)ARCH=x86_64` is no key and an architecture",
    ),
    ("AUDIT_TIME_ADJNTPVAL chronyd status: tags", "the same"),
    ("AUDIT_TIME_ADJNTPVAL freq/tick: tags", "the same"),
];

#[test]
fn go_libaudit_joins_the_same_events() {
    let Some(path) = recording("data/oracles/go_libaudit_testdata.tar.zst") else {
        return;
    };
    let files: BTreeMap<String, Vec<u8>> = archive(&path).into_iter().collect();
    let (mut events, mut wrong) = (0, Vec::new());
    for (name, json) in files
        .iter()
        .filter(|(name, _)| name.contains("aucoalesce/testdata") && name.ends_with(".golden"))
    {
        let Some(yaml) = files.get(&name.replace(".json.golden", ".yaml")) else {
            continue;
        };
        let inputs = inputs(&String::from_utf8_lossy(yaml));
        let list: Vec<Value> = serde_json::from_slice(json).unwrap();
        for test in list {
            let title = test["test_name"].as_str().unwrap();
            let Some(text) = inputs.get(title) else { continue };
            let group: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            let event = emitted(group.join("\n").as_bytes());
            events += 1;
            for (what, theirs, ours) in pairs(&test["event"], &event) {
                let key = format!("{title}: {what}");
                let accepted = JOINED.iter().any(|(known, _)| *known == key || *known == what);
                if !accepted && theirs != ours {
                    wrong.push(format!("{key}: theirs {theirs}, ours {ours}"));
                }
            }
        }
    }
    println!("{events} events, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(events >= 30, "{events}");
}

/// What both sides say in ECS's words.
fn pairs(theirs: &Value, ours: &Event) -> Vec<(&'static str, Value, Value)> {
    let at = |path: &str| Value::from(ours.get(path).cloned().unwrap_or_default());
    let number = |value: &Value| {
        value
            .as_str()
            .and_then(|text| text.parse::<i64>().ok())
            .map_or(Value::Null, Value::from)
    };
    let mut pairs = Vec::new();
    let mut push = |what: &'static str, theirs: Value, ours: Value| {
        if !theirs.is_null() {
            pairs.push((what, theirs, ours));
        }
    };
    let process = &theirs["process"];
    push("pid", number(&process["pid"]), at("process.pid"));
    push("ppid", number(&process["ppid"]), at("process.parent.pid"));
    push("exe", process["exe"].clone(), at("process.executable"));
    push("title", process["title"].clone(), at("process.title"));
    push("cwd", process["cwd"].clone(), at("process.working_directory"));
    push("args", process["args"].clone(), at("process.args"));
    let outcome = match theirs["result"].as_str() {
        Some("success") => Value::from("success"),
        Some("fail") => Value::from("failure"),
        _ => Value::Null,
    };
    push("result", outcome, at("event.outcome"));
    push("action", theirs["summary"]["action"].clone(), at("event.action"));
    push("file", theirs["file"]["path"].clone(), at("file.path"));
    push("tags", theirs["tags"].clone(), at("tags"));
    push(
        "category",
        theirs["ecs"]["event"]["category"].clone(),
        at("event.category"),
    );
    push("source.ip", theirs["source"]["ip"].clone(), at("source.ip"));
    push(
        "destination.ip",
        theirs["destination"]["ip"].clone(),
        at("destination.ip"),
    );
    pairs
}

/// `  name: |` and the lines under it.
fn inputs(yaml: &str) -> BTreeMap<String, String> {
    let mut inputs: BTreeMap<String, String> = BTreeMap::new();
    let mut title = String::new();
    for line in yaml.lines() {
        match line.strip_suffix(": |").or_else(|| line.strip_suffix(": |-")) {
            Some(name) if name.starts_with("  ") && !name.starts_with("    ") => {
                title = name.trim().trim_matches(['"', '\'']).to_owned()
            }
            _ if line.starts_with("    ") => {
                let text = inputs.entry(title.clone()).or_default();
                text.push_str(line);
                text.push('\n');
            }
            _ => {}
        }
    }
    inputs
}
