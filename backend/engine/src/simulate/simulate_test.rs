//! What the simulator promises: the same bytes for the same seed, in order, normalizable, marked.

use super::*;
use crate::{
    Event, Verdict,
    normalize::{Origin, RawContext, endpoint_of, normalize},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn scenario(seed: u64) -> Scenario {
    Scenario {
        seed,
        start: Timestamp::from_millis(1_715_677_200_000),
        ..Scenario::default()
    }
}

fn whole(scenario: Scenario) -> Vec<SimulatedLine> {
    let simulator = Simulator::new(scenario);
    let ends = simulator.intrusion_ends();
    simulator.take_while(|line| line.at <= ends).collect()
}

fn event(line: &SimulatedLine) -> Event {
    let context = RawContext {
        received: line.at,
        position: 0,
        simulated: false,
        origin: Origin::UNKNOWN,
    };
    match normalize(&line.bytes, &context) {
        Verdict::Emit(event) => event,
        other => panic!("{other:?} {}", String::from_utf8_lossy(&line.bytes)),
    }
}

#[test]
fn the_intrusion_goes_through_its_seven_stages_on_four_hosts_in_ten_minutes() {
    let lines = whole(scenario(7));
    let stages: Vec<Stage> = lines.iter().filter_map(|line| line.stage).collect();
    assert!(stages.is_sorted());
    assert_eq!(
        stages.iter().copied().collect::<BTreeSet<_>>(),
        Stage::ALL.into_iter().collect()
    );
    let hosts: BTreeSet<_> = lines
        .iter()
        .filter(|l| l.stage.is_some())
        .filter_map(|l| endpoint_of(&l.bytes, &Origin::UNKNOWN))
        .collect();
    assert_eq!(hosts.len(), 4);
    let length = lines.last().unwrap().at.since(lines[0].at).as_secs();
    assert!((590..=610).contains(&length), "{length} s");
    // 20 events a second, of which the attack is a small part.
    assert!((9_000..16_000).contains(&lines.len()), "{}", lines.len());
    assert!(stages.len() > 80 && stages.len() * 50 < lines.len());
}

#[test]
fn rules_have_something_to_find() {
    let events: Vec<Event> = whole(scenario(7))
        .iter()
        .filter(|line| line.stage.is_some())
        .map(event)
        .collect();
    let says = |code: &str, field: &str, needle: &str| {
        events
            .iter()
            .any(|e| e.text("event.code") == Some(code) && e.text(field).is_some_and(|text| text.contains(needle)))
    };
    for (code, field, needle) in [
        ("1", "winlog.event_data.CommandLine", "-EncodedCommand"),
        ("1", "winlog.event_data.ParentImage", r"\WINWORD.EXE"),
        ("1", "winlog.event_data.CommandLine", "comsvcs.dll, MiniDump"),
        ("1", "winlog.event_data.CommandLine", "delete shadows /all"),
        ("1", "winlog.event_data.CommandLine", "-urlcache -split -f"),
        ("1", "winlog.event_data.CommandLine", "schtasks /create"),
        ("1", "winlog.event_data.ParentImage", r"\wbem\WmiPrvSE.exe"),
        ("10", "winlog.event_data.TargetImage", r"\lsass.exe"),
        ("13", "winlog.event_data.TargetObject", r"\CurrentVersion\Run\"),
        ("17", "winlog.event_data.PipeName", r"\PSEXESVC"),
        ("7045", "winlog.event_data.ServiceName", "PSEXESVC"),
        ("4104", "powershell.file.script_block_text", "DownloadString"),
        ("4698", "winlog.event_data.TaskName", "Updater"),
        ("1102", "winlog.channel", "Security"),
    ] {
        assert!(says(code, field, needle), "no {code} with {needle} in {field}");
    }
}

#[test]
fn every_process_of_the_intrusion_leads_back_to_one_that_was_seen() {
    let mut parents: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut attack = Vec::new();
    for line in whole(scenario(3)) {
        let event = event(&line);
        if event.text("event.action") == Some("process-created") && event.text("event.code") == Some("1") {
            let id = event.text("process.entity_id").unwrap().to_owned();
            parents.insert(id.clone(), event.text("process.parent.entity_id").map(str::to_owned));
            if line.stage.is_some() {
                attack.push((id, event.text("process.name").unwrap_or_default().to_owned()));
            }
        }
    }
    assert!(attack.len() > 30);
    for (id, name) in attack {
        let parent = parents[&id].clone().unwrap_or_else(|| panic!("{name} has no parent"));
        assert!(parents.contains_key(&parent), "nobody saw {name}'s parent start");
    }
}

#[test]
fn the_rate_and_the_length_are_what_was_asked_for() {
    let fast = Scenario {
        events_per_second: 200.0,
        ..scenario(1)
    }
    .lasting(Duration::from_secs(60));
    assert!((fast.intrusion_length().as_secs_f64() - 60.0).abs() < 0.1);
    let count = whole(fast).len() as f64;
    assert!((count / 60.0 - 200.0).abs() < 20.0, "{count}");
    let only_attack = Scenario {
        attack_share: 1.0,
        events_per_second: 10.0,
        ..scenario(1)
    };
    let lines = whole(only_attack);
    let attack = lines.iter().filter(|line| line.stage.is_some()).count();
    assert!(attack * 100 > lines.len() * 95, "{attack} of {}", lines.len());
}

#[test]
fn addresses_and_names_are_those_kept_for_documentation() {
    for line in whole(scenario(5)) {
        let event = event(&line);
        for ip in event.get("related.ip").and_then(|v| v.as_array()).into_iter().flatten() {
            let ip = ip.as_str().unwrap();
            assert!(
                ["192.0.2.", "198.51.100.", "203.0.113."]
                    .iter()
                    .any(|net| ip.starts_with(net)),
                "{ip}"
            );
        }
        assert!(event.endpoint.as_str().ends_with(".corp.example"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn one_seed_gives_one_stream_in_time_order_marked_and_whole(
        seed in any::<u64>(), hosts in 0..300_usize, rate in 0.5..500.0_f64, share in 0.001..1.0_f64,
    ) {
        let scenario = Scenario { seed, hosts, events_per_second: rate, attack_share: share, ..scenario(0) };
        let lines: Vec<_> = Simulator::new(scenario).take(600).collect();
        prop_assert_eq!(&lines, &Simulator::new(scenario).take(600).collect::<Vec<_>>());
        prop_assert!(lines.is_sorted_by_key(|line| line.at));
        let mut ids = BTreeSet::new();
        for line in &lines {
            let event = event(line);
            prop_assert!(event.is_simulated());
            prop_assert_eq!(event.timestamp, line.at);
            prop_assert!(ids.insert(event.id), "two lines with one id");
        }
    }
}
