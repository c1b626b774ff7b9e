//! Every sample gives its golden document. `UPDATE_GOLDEN=1` writes them anew: look at the difference before committing.
#![allow(clippy::disallowed_methods, reason = "tests read samples from the disk")]

use super::{
    endpoint_of,
    testing::{emitted, emitted_from, essence, samples},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

#[test]
fn every_sample_gives_its_golden_document() {
    let update = std::env::var("UPDATE_GOLDEN").is_ok();
    let mut wrong = Vec::new();
    let samples = samples();
    for sample in &samples {
        let origin = sample.origin();
        let event = emitted_from(&sample.raw, origin);
        assert_eq!(
            endpoint_of(&sample.raw, &origin).as_ref(),
            Some(&event.endpoint),
            "{}",
            sample.path.display()
        );
        let golden = sample.path.with_extension("golden.json");
        let mut sorted = Value::Object(event.doc.into());
        sorted.sort_all_objects();
        let text = serde_json::to_string_pretty(&sorted).unwrap() + "\n";
        if update {
            fs::write(&golden, &text).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != text {
            wrong.push(golden.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "UPDATE_GOLDEN=1 rewrites these: {wrong:#?}");
    assert!(samples.len() >= 60);
}

#[test]
fn the_samples_cover_every_sysmon_event_in_winlogbeat_and_rendered_form() {
    let names: BTreeSet<_> = samples().into_iter().map(|s| (s.spelling, s.name)).collect();
    for code in (1..=29).chain([255]) {
        for spelling in ["rendered", "winlogbeat"] {
            let prefix = format!("sysmon_{code:02}_");
            assert!(
                names.iter().any(|(s, n)| s == spelling && n.starts_with(&prefix)),
                "{spelling} {code}"
            );
        }
    }
}

#[test]
fn one_event_in_several_spellings_is_one_event() {
    let mut seen: BTreeMap<String, (String, crate::Event)> = BTreeMap::new();
    let mut compared = 0;
    for sample in samples() {
        // Unnamed event data is spelled differently by each sender, so what is read from it differs too.
        if sample.name.starts_with("powershell_400") || sample.spelling == "bare" || !sample.is_windows_json() {
            continue;
        }
        let event = emitted(&sample.raw);
        let Some((first_spelling, first)) = seen.get(&sample.name) else {
            seen.insert(sample.name, (sample.spelling, event));
            continue;
        };
        let pair = format!("{} in {first_spelling} and {}", sample.name, sample.spelling);
        assert_eq!(first.id, event.id, "{pair}");
        let (mut left, mut right) = (essence(first), essence(&event));
        if sample.spelling == "winlogbeat_module" {
            forget_what_modules_add(&mut left);
            forget_what_modules_add(&mut right);
        }
        left.sort_all_objects();
        right.sort_all_objects();
        assert_eq!(left, right, "{pair}");
        compared += 1;
    }
    assert!(compared > 100, "{compared}");
}

/// Winlogbeat's modules add fields of their own: split arguments, DNS answers, the library once more as a file.
fn forget_what_modules_add(essence: &mut Value) {
    if let Some(map) = essence.as_object_mut() {
        map.retain(|key, _| !["dns", "event.type", "event.category", "related"].contains(&key.as_str()));
        if map.contains_key("dll") {
            map.shift_remove("file");
        }
    }
    for path in ["/process", "/process/parent"] {
        if let Some(process) = essence.pointer_mut(path).and_then(Value::as_object_mut) {
            process.shift_remove("args");
        }
    }
}

#[test]
fn rules_find_the_event_data_that_a_module_moved_away() {
    let samples = samples();
    let of = |spelling: &str, name: &str| {
        let sample = samples
            .iter()
            .find(|s| s.spelling == spelling && s.name == name)
            .unwrap();
        emitted(&sample.raw)
    };
    for (name, fields) in [
        (
            "sysmon_01_process_created",
            &[
                "Image",
                "CommandLine",
                "ParentImage",
                "ParentCommandLine",
                "User",
                "OriginalFileName",
                "CurrentDirectory",
            ][..],
        ),
        (
            "sysmon_03_network_connection",
            &[
                "Image",
                "DestinationIp",
                "DestinationPort",
                "DestinationHostname",
                "Initiated",
            ],
        ),
        ("sysmon_07_image_loaded", &["Image", "ImageLoaded"]),
        (
            "sysmon_10_process_accessed",
            &["SourceImage", "TargetImage", "GrantedAccess"],
        ),
        (
            "sysmon_13_registry_value_set",
            &["TargetObject", "Details", "EventType"],
        ),
        ("sysmon_22_dns_query", &["QueryName", "Image"]),
    ] {
        let (raw, moved) = (of("winlogbeat", name), of("winlogbeat_module", name));
        for field in fields {
            let path = format!("winlog.event_data.{field}");
            assert!(raw.text(&path).is_some(), "{name} {field}");
            assert_eq!(raw.text(&path), moved.text(&path), "{name} {field}");
        }
    }
}
