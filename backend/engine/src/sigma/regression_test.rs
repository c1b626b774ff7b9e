//! The public rule set against its own recordings, through normalizing and routing; and how long an event takes.
#![allow(clippy::disallowed_methods, reason = "tests read recordings and measure")]

use super::{RuleSet, RuleSource};
use crate::{
    Event, Verdict,
    normalize::{evtx, normalize, testing},
};
use std::collections::BTreeMap;
use watchfloor_shared::{RuleId, Timestamp, rule::RuleState};

/// What passes today. May only grow.
const SHARE_MIN: f64 = 1.0;

fn sigmahq() -> Option<RuleSet> {
    let archive = testing::recording("data/reference/sigma_rules.tar.zst")?;
    let files = testing::archive(&archive)
        .into_iter()
        .filter(|(name, _)| name.starts_with("rules") && name.ends_with(".yml"));
    Some(RuleSet::load(files.map(|(name, bytes)| {
        let (pack, path) = name.split_once('/').unwrap();
        RuleSource {
            pack: pack.to_owned(),
            path: path.to_owned(),
            yaml: String::from_utf8(bytes).unwrap(),
        }
    })))
}

/// One recording that a rule must match.
struct Case {
    rule: String,
    evtx: String,
    /// At least one where the case gives no number.
    count: Option<usize>,
}

/// Reads what the cases need of `info.yml`, which is as regular as a table.
fn case(info: &str) -> Option<Case> {
    let value = |key: &str| {
        info.lines()
            .find_map(|line| line.trim().trim_start_matches("- ").strip_prefix(key))
    };
    let rule = info
        .lines()
        .skip_while(|line| !line.starts_with("rule_metadata"))
        .find_map(|line| line.trim().strip_prefix("- id: "))?;
    let path = value("path: ")?.trim();
    let count = value("match_count: ").and_then(|count| count.trim().parse().ok());
    path.ends_with(".evtx").then(|| Case {
        rule: rule.trim().to_owned(),
        evtx: path.to_owned(),
        count,
    })
}

fn events(bytes: &[u8]) -> Vec<Event> {
    let records = evtx::records(bytes).unwrap().filter_map(Result::ok);
    let events = records.enumerate().filter_map(|(position, record)| {
        let context = crate::normalize::RawContext {
            position: position as u64,
            ..testing::CONTEXT
        };
        match normalize(&record, &context) {
            Verdict::Emit(event) => Some(event),
            _ => None,
        }
    });
    events.collect()
}

#[test]
fn the_public_rules_match_their_own_recordings() {
    let (Some(rules), Some(archive)) = (
        sigmahq(),
        testing::recording("data/oracles/sigma_regression_dev.tar.zst"),
    ) else {
        return;
    };
    let files: BTreeMap<String, Vec<u8>> = testing::archive(&archive).into_iter().collect();
    let cases: Vec<Case> = files
        .iter()
        .filter(|(name, _)| name.ends_with("/info.yml"))
        .filter_map(|(_, bytes)| case(&String::from_utf8_lossy(bytes)))
        .collect();
    let mut failed = Vec::new();
    for case in &cases {
        let Some(bytes) = files.get(&case.evtx) else {
            failed.push(format!("{}: no recording {}", case.rule, case.evtx));
            continue;
        };
        let events = events(bytes);
        let found = events
            .iter()
            .flat_map(|event| rules.detect(event, Timestamp::EPOCH, Timestamp::EPOCH));
        let count = found
            .filter(|detection| detection.rule.id.as_str() == case.rule)
            .count();
        if case.count.map_or(count == 0, |wanted| count != wanted) {
            let rule = rules.rule(&RuleId::new(&case.rule));
            let state = rule.map(|rule| (rule.path.as_str(), rule.logsource.as_str(), &rule.state));
            failed.push(format!(
                "{} of {:?} matches in {} events: {state:?}",
                count,
                case.count,
                events.len()
            ));
        }
    }
    let share = 1.0 - failed.len() as f64 / cases.len() as f64;
    println!(
        "{} of {} cases pass ({:.1} %)",
        cases.len() - failed.len(),
        cases.len(),
        share * 100.0
    );
    failed.iter().for_each(|failure| println!("  failed: {failure}"));
    assert!(share >= SHARE_MIN, "{share}");
}

#[test]
fn the_public_rules_load_and_every_unsupported_one_says_why() {
    let Some(rules) = sigmahq() else { return };
    let counts = rules.counts();
    println!("{counts:?}");
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in rules.rules() {
        if let RuleState::Unsupported(reason) = &rule.state {
            assert!(!reason.is_empty());
            println!("  unsupported: {}/{} «{}»: {reason}", rule.pack, rule.path, rule.title);
        } else if !rule.collected {
            *sources.entry(rule.logsource.as_str()).or_default() += 1;
        }
    }
    println!("  loaded for sources that nothing sends yet: {sources:?}");
    assert!(counts.active * 100 >= counts.total * 99);
}

#[test]
#[ignore = "measures; run it alone and optimised"]
fn how_long_an_event_takes_with_all_rules() {
    let (Some(rules), Some(folder)) = (sigmahq(), testing::recording("data/train/windows/otrf")) else {
        return;
    };
    let mut events = Vec::new();
    for (_, bytes) in testing::unpacked(&folder, ".zst") {
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        for (position, line) in lines.enumerate() {
            let context = crate::normalize::RawContext {
                position: position as u64,
                ..testing::CONTEXT
            };
            if let Verdict::Emit(event) = normalize(line, &context) {
                events.push(event);
            }
        }
    }
    let begin = on_cpu_nanos();
    let matches: usize = events
        .iter()
        .map(|event| rules.detect(event, Timestamp::EPOCH, Timestamp::EPOCH).len())
        .sum();
    let micros = (on_cpu_nanos() - begin) / 1_000.0 / events.len() as f64;
    println!(
        "{} events, {matches} matches, {micros:.2} µs of CPU per event",
        events.len()
    );
}

/// Time that this thread was running, so that a busy machine does not count.
fn on_cpu_nanos() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}
