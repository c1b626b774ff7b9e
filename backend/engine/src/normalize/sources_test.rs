//! Recordings of network sensors and Linux hosts: a table of lines, events and dead letters; and what each costs.

use super::{
    Origin, RawContext, auditd, endpoint_of, mata_elang, normalize,
    testing::{CONTEXT, archive, emitted, recording},
    zeek,
};
use crate::{Event, Verdict, verdict::DeadReason};
use serde_json::Value;
use std::{collections::BTreeMap, io::Read, time::Duration};
use watchfloor_shared::Timestamp;

/// One record as a door would hand it on.
struct Raw {
    source: String,
    bytes: Vec<u8>,
}

/// The lines of one file, TSV made to JSON; and how many of them are broken in fact.
fn records(name: &str, bytes: &[u8]) -> (Vec<Raw>, usize) {
    let text = String::from_utf8_lossy(bytes);
    let file = name.rsplit('/').next().unwrap_or(name).trim_start_matches("labeled-");
    let log = file.split('.').next().unwrap_or_default();
    let source = match name {
        _ if name.contains("suricata") => "suricata.eve".to_owned(),
        _ => format!("zeek.{log}"),
    };
    if text.trim_start().starts_with('[') {
        let list: Vec<Value> = serde_json::from_str(&text).unwrap();
        let each = list.into_iter().map(|event| Raw {
            source: source.clone(),
            bytes: serde_json::to_vec(&event).unwrap(),
        });
        return (each.collect(), 0);
    }
    let mut header = zeek::Header::default();
    let mut broken = 0;
    let mut raws = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if zeek::Header::is_header(line) {
            header.take(line);
            continue;
        }
        let bytes = match line.starts_with('{') {
            true => Ok(line.as_bytes().to_vec()),
            false => header.record(line),
        };
        match bytes {
            Ok(bytes) => raws.push(Raw {
                source: source.clone(),
                bytes,
            }),
            Err(_) => broken += 1,
        }
    }
    (raws, broken)
}

fn unpacked(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    if !name.ends_with(".gz") {
        return bytes;
    }
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice())
        .read_to_end(&mut out)
        .unwrap();
    out
}

fn network_files() -> Vec<(String, Vec<u8>)> {
    let archives = [
        "data/network/otrf_apt29_zeek.tar.zst",
        "data/network/slips_dataset.tar.zst",
        "data/network/stratosphere_zeek_001_010.tar.zst",
        "data/network/suricata_sample_alerts.tar.zst",
        "data/network/zed_sample_zeek.tar.zst",
        "data/oracles/ocsf_raw_samples.tar.zst",
    ];
    let mut files = Vec::new();
    for path in archives.iter().filter_map(|path| recording(path)) {
        let archive_name = path.file_name().unwrap().to_string_lossy().into_owned();
        for (name, bytes) in archive(&path) {
            let is_log = [".log", ".json", ".labeled", ".gz"]
                .iter()
                .any(|ending| name.ends_with(ending));
            if is_log {
                let bytes = unpacked(&name, bytes);
                files.push((format!("{archive_name}/{name}"), bytes));
            }
        }
    }
    files
}

fn with(source: &str, position: usize) -> RawContext<'_> {
    RawContext {
        position: position as u64,
        origin: Origin {
            source: Some(source),
            sensor: None,
        },
        ..CONTEXT
    }
}

#[test]
fn every_line_of_a_network_recording_is_an_event_or_broken_in_fact() {
    let files = network_files();
    if files.is_empty() {
        return;
    }
    let mut table: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    let mut dead: BTreeMap<(String, DeadReason), (usize, String)> = BTreeMap::new();
    for (name, bytes) in files {
        let (raws, broken) = records(&name, &bytes);
        let row = table.entry(name.split('/').next().unwrap().to_owned()).or_default();
        row.0 += raws.len() + broken;
        row.2 += broken;
        for (position, raw) in raws.iter().enumerate() {
            match normalize(&raw.bytes, &with(&raw.source, position)) {
                Verdict::Emit(event) => {
                    row.1 += 1;
                    if position % 97 == 0 {
                        check(&raw.bytes, &raw.source, &event);
                    }
                }
                Verdict::Dead(reason) => {
                    let entry = dead.entry((name.clone(), reason)).or_default();
                    entry.0 += 1;
                    entry.1 = String::from_utf8_lossy(&raw.bytes[..raw.bytes.len().min(200)]).into_owned();
                }
                Verdict::Drop(reason) => panic!("{reason}"),
            }
        }
    }
    println!("{:<50} {:>9} {:>9} {:>7}", "recording", "lines", "events", "broken");
    for (name, (lines, events, broken)) in &table {
        println!("{name:<50} {lines:>9} {events:>9} {broken:>7}");
    }
    println!("{dead:#?}");
    assert!(dead.is_empty());
}

/// What holds for any event of a network sensor.
fn check(raw: &[u8], source: &str, event: &Event) {
    let origin = Origin {
        source: Some(source),
        sensor: None,
    };
    assert_eq!(endpoint_of(raw, &origin).as_ref(), Some(&event.endpoint));
    assert_eq!(Event::from_json(&event.to_json()).as_ref(), Ok(event));
    let has = |path| event.get(path).is_some();
    let is_flow = has("source.port") && has("destination.port") && has("source.ip") && has("destination.ip");
    let transport = event.text("network.transport").unwrap_or_default();
    if is_flow && matches!(transport, "tcp" | "udp") {
        assert!(has("network.community_id"), "{}", String::from_utf8_lossy(raw));
    }
}

/// Lines of the recordings of the audit system.
fn audit_lines() -> Vec<String> {
    let mut lines = Vec::new();
    for path in [
        "data/train/linux/ait_audit_2k.tar.zst",
        "data/oracles/go_libaudit_testdata.tar.zst",
        "data/oracles/laurel_testdata.tar.zst",
    ] {
        let Some(path) = recording(path) else { continue };
        for (name, bytes) in archive(&path) {
            if name.ends_with("Audit_2k.log")
                || name.contains("auparse/testdata") && name.ends_with(".log")
                || name.contains("record-") && name.ends_with(".txt")
            {
                lines.extend(
                    String::from_utf8_lossy(&bytes)
                        .lines()
                        .filter(|line| line.contains("audit("))
                        .map(str::to_owned),
                );
            }
        }
    }
    if let Some(path) = recording("data/train/linux/ait_russellmitchell_intranet_audit.log.zst") {
        let bytes = zstd::decode_all(std::io::Cursor::new(super::testing::bytes(&path))).unwrap();
        lines.extend(String::from_utf8_lossy(&bytes).lines().map(str::to_owned));
    }
    lines
}

fn audit_groups(lines: &[String]) -> Vec<String> {
    let mut assembler = auditd::Assembler::new(Duration::from_secs(2), 64);
    let mut groups: Vec<String> = lines
        .iter()
        .flat_map(|line| assembler.on_line(Timestamp::EPOCH, line))
        .collect();
    groups.extend(assembler.finish().into_iter().map(|joined| joined.lines));
    groups
}

#[test]
fn every_line_of_an_audit_log_is_in_an_event() {
    let lines = audit_lines();
    if lines.is_empty() {
        return;
    }
    let groups = audit_groups(&lines);
    let mut without_class = BTreeMap::<String, usize>::new();
    let (mut dead, mut records) = (Vec::new(), 0);
    for group in &groups {
        match normalize(group.as_bytes(), &CONTEXT) {
            Verdict::Emit(event) => {
                records += group.lines().count();
                assert_eq!(
                    endpoint_of(group.as_bytes(), &Origin::UNKNOWN).as_ref(),
                    Some(&event.endpoint)
                );
                if event.get("event.category").is_none() {
                    let what = event
                        .text("auditd.syscall_name")
                        .or(event.text("event.code"))
                        .unwrap_or("?");
                    *without_class.entry(what.to_owned()).or_default() += 1;
                }
            }
            other => dead.push((other, group.clone())),
        }
    }
    println!(
        "{} lines, {} events, {} dead; without a category: {without_class:?}",
        lines.len(),
        groups.len(),
        dead.len()
    );
    assert!(dead.is_empty(), "{:#?}", &dead[..dead.len().min(5)]);
    let ends = lines.iter().filter(|line| line.contains("type=EOE")).count();
    assert_eq!(
        records + ends,
        lines.len(),
        "every record but the ends of events is in one"
    );
}

#[test]
fn a_batch_comes_apart_and_repeats_fold() {
    let Some(path) = recording("data/oracles/mata_elang/sensor_events_sample.json") else {
        return;
    };
    let batches: Vec<Value> = serde_json::from_slice(&super::testing::bytes(&path)).unwrap();
    let mut events = Vec::new();
    for batch in &batches {
        let raw = serde_json::to_vec(batch).unwrap();
        let metrics = batch["metrics"].as_array().unwrap().len();
        let parts = mata_elang::unbatch(&raw).unwrap_or_else(|| vec![raw.clone()]);
        assert_eq!(parts.len(), metrics);
        let whole = emitted(&raw);
        if metrics > 1 {
            assert_eq!(whole.get("watchfloor.count"), Some(&metrics.into()));
        }
        events.extend(parts.iter().map(|part| emitted(part)));
    }
    let total = events.len() as u64;
    let mut repeats = mata_elang::Repeats::new(Duration::from_secs(300), 100);
    let mut out: Vec<Event> = Vec::new();
    for event in events {
        assert_eq!(event.endpoint.as_str(), "sensor-v2");
        out.extend(repeats.on_event(event.timestamp, event));
    }
    out.extend(repeats.finish().into_iter().map(|counted| counted.event));
    let counted: u64 = out
        .iter()
        .map(|event| {
            event
                .get("watchfloor.count")
                .and_then(crate::json::Value::as_u64)
                .unwrap_or(1)
        })
        .sum();
    println!(
        "{total} alerts became {} events, {} folded",
        out.len(),
        repeats.folded()
    );
    assert_eq!((counted, out.len() as u64 + repeats.folded()), (total, total));
    assert!(out.len() < 5);
}

#[test]
fn snorts_published_alerts_are_events() {
    let Some(path) = recording("data/oracles/snort3_alert_json_sample.jsonl") else {
        return;
    };
    let text = super::testing::bytes(&path);
    let mut events = 0;
    for line in text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
    {
        let event = emitted(line);
        assert_eq!(event.text("event.module"), Some("snort"));
        assert!(event.get("source.ip").is_some() && event.get("rule.id").is_some());
        events += 1;
    }
    assert!(events >= 2);
}

/// `cargo test --release -p watchfloor-engine --lib -- --ignored --nocapture cost_per_record`
#[test]
#[ignore = "a measurement"]
fn cost_per_record() {
    let mut kinds: BTreeMap<String, Vec<Raw>> = BTreeMap::new();
    for (name, bytes) in network_files() {
        for raw in records(&name, &bytes).0 {
            let list = kinds.entry(raw.source.clone()).or_default();
            if list.len() < 40_000 {
                list.push(raw);
            }
        }
    }
    let audit = audit_groups(&audit_lines());
    let audit = audit.into_iter().map(|group| Raw {
        source: "auditd".to_owned(),
        bytes: group.into_bytes(),
    });
    kinds.insert("auditd (records)".to_owned(), audit.collect());
    println!(
        "{:<24} {:>8} {:>7} {:>10} {:>10} {:>10}",
        "source", "records", "bytes", "normalize", "+ to_json", "per second"
    );
    for (kind, raws) in kinds.iter().filter(|(_, raws)| raws.len() >= 500) {
        let records: usize = if kind.starts_with("auditd") {
            raws.iter().map(|raw| raw.bytes.split(|b| *b == b'\n').count()).sum()
        } else {
            raws.len()
        };
        let bytes: usize = raws.iter().map(|raw| raw.bytes.len()).sum();
        let mut best = (f64::MAX, f64::MAX);
        for _ in 0..5 {
            let run = |write: bool| {
                let start = super::recordings_test::cpu_ns();
                let mut out = 0;
                for raw in raws {
                    if let Verdict::Emit(event) = normalize(&raw.bytes, &with(&raw.source, 1)) {
                        out += if write { event.to_json().len() } else { event.doc.len() };
                    }
                }
                assert!(out > 0);
                super::recordings_test::cpu_ns() - start
            };
            let normalized = run(false);
            let written = run(true);
            let per = |ns: f64| ns / 1e3 / records as f64;
            best = (best.0.min(per(normalized)), best.1.min(per(written)));
        }
        println!(
            "{kind:<24} {records:>8} {:>7} {:>10.2} {:>10.2} {:>10.0}",
            bytes / records,
            best.0,
            best.1,
            1e6 / best.0
        );
    }
}

#[test]
fn a_program_in_a_log_daemons_document_is_understood_as_over_syslog() {
    for (document, expected) in [
        (
            r#"{"@timestamp":"2024-05-14T09:12:01Z","host":{"name":"web-1"},"process":{"name":"sshd"},"message":" Failed password for invalid user eve from 192.0.2.7 port 5000 ssh2"}"#,
            ["logged-in", "failure", "eve", "192.0.2.7"],
        ),
        (
            r#"{"@timestamp":"2024-05-14T09:12:01Z","host":"web-1","syslogtag":"sudo[12]:","message":"eve : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id"}"#,
            ["ran-command", "success", "eve", "-"],
        ),
        (
            r#"{"__REALTIME_TIMESTAMP":"1715677921000000","_HOSTNAME":"web-1","SYSLOG_IDENTIFIER":"CRON","MESSAGE":"(root) CMD (run-parts /etc/cron.hourly)"}"#,
            ["ran-command", "success", "root", "-"],
        ),
        // Somebody took it apart already.
        (
            r#"{"@timestamp":"2024-05-14T09:12:01Z","host":{"name":"web-1"},"event":{"action":"ssh_login","outcome":"success"},"process":{"name":"sshd"},"message":"Failed password for eve from 192.0.2.7 port 5000 ssh2"}"#,
            ["ssh_login", "success", "-", "-"],
        ),
    ] {
        let event = emitted(document.as_bytes());
        let paths = ["event.action", "event.outcome", "user.name", "source.ip"];
        assert_eq!(
            paths.map(|path| event.text(path).unwrap_or("-")),
            expected,
            "{document}"
        );
        assert_eq!(event.endpoint.as_str(), "web-1");
        assert_eq!(event.text("event.kind"), Some("event"));
    }
}
