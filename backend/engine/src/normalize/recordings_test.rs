//! Real recordings: what Windows and its collectors really send.

use super::{
    Origin, RawContext, endpoint_of, evtx, normalize,
    testing::{CONTEXT, archive, emitted, essence, recording, unpacked},
};
use crate::{Verdict, verdict::DeadReason};
use std::collections::BTreeMap;

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

#[test]
fn no_recorded_attack_gives_a_dead_letter() {
    let Some(folder) = recording("data/train/windows/otrf") else {
        return;
    };
    let mut dead: BTreeMap<(String, DeadReason), usize> = BTreeMap::new();
    let (mut events, mut uncategorised) = (0, BTreeMap::<(String, String), usize>::new());
    for (file, bytes) in unpacked(&folder, ".jsonl.zst") {
        for line in lines(&bytes).step_by(50) {
            match normalize(line, &CONTEXT) {
                Verdict::Emit(event) => {
                    assert_eq!(endpoint_of(line, &Origin::UNKNOWN).as_ref(), Some(&event.endpoint));
                    if event.get("event.category").is_none() {
                        let text = |path| event.text(path).unwrap_or_default().to_owned();
                        *uncategorised
                            .entry((text("winlog.channel"), text("event.code")))
                            .or_default() += 1;
                    }
                }
                Verdict::Dead(reason) => *dead.entry((file.clone(), reason)).or_default() += 1,
                Verdict::Drop(reason) => panic!("{reason}"),
            }
            events += 1;
        }
    }
    println!(
        "{events} events, {} without a category: {uncategorised:?}",
        uncategorised.values().sum::<usize>()
    );
    assert!(events > 5_000);
    assert!(dead.is_empty(), "{dead:#?}");
}

/// Sysmon's fields alone, as some exports have them, name no computer.
#[test]
fn events_without_a_computer_are_their_sensors_or_say_so() {
    let raw = br#"{"Image":"C:\\a.exe","ProcessGuid":"{9C977984-B2FD-5C05-0000-0010974F0300}","UtcTime":"2018-12-04 00:42:45.727","EventId":18}"#;
    assert_eq!(normalize(raw, &CONTEXT), Verdict::Dead(DeadReason::EndpointMissing));
    assert_eq!(endpoint_of(raw, &Origin::UNKNOWN), None);
    let origin = Origin {
        sensor: Some("Lab-7"),
        ..Origin::UNKNOWN
    };
    let of_sensor = |raw: &[u8]| match normalize(raw, &RawContext { origin, ..CONTEXT }) {
        Verdict::Emit(event) => event,
        other => panic!("{other:?}"),
    };
    let event = of_sensor(raw);
    assert_eq!(endpoint_of(raw, &origin).as_ref(), Some(&event.endpoint));
    assert_eq!(event.endpoint.as_str(), "lab-7");
    let named = br#"{"Computer":"ws-1","Image":"C:\\a.exe","UtcTime":"2018-12-04 00:42:45.727","EventId":18}"#;
    assert_eq!(of_sensor(named).endpoint.as_str(), "ws-1");
}

#[test]
fn an_event_log_and_its_published_json_are_the_same_events() {
    let Some(path) = recording("data/oracles/sigma_regression_dev.tar.zst") else {
        return;
    };
    let files: BTreeMap<String, Vec<u8>> = archive(&path).into_iter().collect();
    let (mut same, mut different, mut not_json) = (0, Vec::new(), 0);
    for (name, log) in files.iter().filter(|(name, _)| name.ends_with(".evtx")) {
        let rendered: Vec<_> = evtx::records(log)
            .unwrap()
            .map(|record| emitted(&record.unwrap()))
            .collect();
        assert!(!rendered.is_empty(), "{name}");
        let Some(json) = files.get(&name.replace(".evtx", ".json")) else {
            continue;
        };
        let published = match normalize(json, &CONTEXT) {
            Verdict::Emit(event) => event,
            // Three of the published files have no-break spaces between their tokens, which JSON does not allow.
            other => {
                assert_eq!(other, Verdict::Dead(DeadReason::JsonInvalid), "{name}");
                not_json += 1;
                continue;
            }
        };
        let twin = rendered.iter().find(|event| event.id == published.id);
        let equal = twin.filter(|twin| essence(twin) == essence(&published));
        match equal {
            Some(_) => same += 1,
            // Its publishers changed the case of one letter by hand.
            None if twin.is_some() && name.contains("right_to_left_override") => {}
            None => different.push((name.clone(), published.id.clone(), twin.is_some())),
        }
    }
    println!(
        "{same} the same, {} different, {not_json} not JSON: {different:#?}",
        different.len()
    );
    assert!(different.is_empty());
    assert!(same >= 40, "{same}");
}

#[test]
fn damaged_event_logs_give_what_can_be_read() {
    let Some(path) = recording("data/oracles/evtx_parser_samples.tar.zst") else {
        return;
    };
    let (mut read, mut unreadable, mut zeroed) = (0, 0, 0);
    for (name, log) in archive(&path).into_iter().filter(|(name, _)| name.ends_with(".evtx")) {
        let Ok(records) = evtx::records(&log) else {
            panic!("{name}")
        };
        let mut emitted_here = 0;
        for record in records {
            match record {
                Ok(json) => {
                    match normalize(&json, &CONTEXT) {
                        Verdict::Emit(_) => emitted_here += 1,
                        // Records of a recovered log that were overwritten with zeros: no event, no time.
                        Verdict::Dead(DeadReason::TimestampOutOfRange | DeadReason::TimestampMissing)
                            if String::from_utf8_lossy(&json).contains(r#""EventID":0,"#) =>
                        {
                            zeroed += 1;
                        }
                        other => panic!("{name}: {other:?} {}", String::from_utf8_lossy(&json)),
                    }
                }
                Err(error) => {
                    println!("{name}: {error}");
                    unreadable += 1;
                }
            }
        }
        println!("{name}: {emitted_here}");
        read += emitted_here;
    }
    println!("{read} records read, {unreadable} parts unreadable, {zeroed} records of zeros");
    assert!(read > 1_000);
    // The chunk after the one with a broken magic is read all the same.
    assert!(unreadable >= 1);
}

/// Nanoseconds that this thread has had a processor: a busy machine does not change it.
#[allow(clippy::disallowed_methods, reason = "it measures time")]
pub(super) fn cpu_ns() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ')
        .next()
        .and_then(|ns| ns.parse().ok())
        .unwrap_or_default()
}

/// `cargo test --release -p watchfloor-engine --lib -- --ignored --nocapture cost_per_event`
#[test]
#[ignore = "a measurement"]
fn cost_per_event() {
    let Some(folder) = recording("data/train/windows/otrf/credential_access") else {
        return;
    };
    let recordings = unpacked(&folder, ".jsonl.zst");
    let all: Vec<&[u8]> = recordings
        .iter()
        .flat_map(|(_, bytes)| lines(bytes))
        .take(40_000)
        .collect();
    let bytes: usize = all.iter().map(|line| line.len()).sum();
    let per_event_us = |start: f64| (cpu_ns() - start) / 1e3 / all.len() as f64;
    for round in ["cold", "warm"] {
        let start = cpu_ns();
        let mut out = 0;
        for line in &all {
            if let Verdict::Emit(event) = normalize(line, &CONTEXT) {
                out += event.to_json().len();
            }
        }
        let normalize_us = per_event_us(start);
        let start = cpu_ns();
        let named = all
            .iter()
            .filter(|line| endpoint_of(line, &Origin::UNKNOWN).is_some())
            .count();
        let endpoint_us = per_event_us(start);
        let start = cpu_ns();
        let parsed = all
            .iter()
            .filter(|line| serde_json::from_slice::<serde_json::Value>(line).is_ok())
            .count();
        let parse_us = per_event_us(start);
        println!(
            "{round}, CPU µs per event of {} bytes: normalize + to_json {normalize_us:.2} ({} bytes out), of which parsing \
             {parse_us:.2}; endpoint_of {endpoint_us:.2} ({named} of {parsed})",
            bytes / all.len(),
            out / all.len()
        );
    }
}
