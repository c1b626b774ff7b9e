//! Every rule of the starter pack meets its own two events, through normalizing and routing.
#![allow(clippy::disallowed_methods, reason = "the pack lies on the disk")]

use super::{Correlator, RuleSet, RuleSource};
use crate::{Event, normalize::testing::emitted};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use watchfloor_shared::{RuleId, Timestamp};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")
}

pub(super) fn pack() -> Vec<RuleSource> {
    let files = ["linux", "network", "windows"].into_iter().flat_map(|folder| {
        walkdir::WalkDir::new(root().join(folder))
            .sort_by_file_name()
            .into_iter()
            .filter_map(Result::ok)
    });
    let files = files.filter(|file| file.file_type().is_file());
    files
        .map(|file| RuleSource {
            pack: "starter".to_owned(),
            path: file.path().strip_prefix(root()).unwrap().display().to_string(),
            yaml: fs::read_to_string(file.path()).unwrap(),
        })
        .collect()
}

/// The events of one side of a test file, in the order of their times.
fn events(test: &Value, side: &str) -> Vec<Event> {
    let raw = match &test[side] {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    };
    raw.iter()
        .map(|raw| match raw {
            // A line of a log; several are what was joined.
            Value::String(text) => emitted(text.as_bytes()),
            document => emitted(&serde_json::to_vec(document).unwrap()),
        })
        .collect()
}

/// The ids of all rules that the events set off.
fn found(rules: &RuleSet, events: &[Event]) -> Vec<RuleId> {
    let mut correlator = Correlator::default();
    let now = Timestamp::from_millis(4_000_000_000_000);
    let found = events.iter().flat_map(|event| {
        let mut detections = rules.detect(event, now, now);
        detections.extend(correlator.on_detections(rules, event, &detections, now, now));
        detections
    });
    found.map(|detection| detection.rule.id).collect()
}

#[test]
fn every_rule_finds_its_own_event_and_leaves_the_other() {
    let sources = pack();
    let all = RuleSet::load(sources.clone());
    assert!(all.counts().total >= 150, "{:?}", all.counts());
    let mut wrong = Vec::new();
    for (source, rule) in sources.iter().zip(all.rules()) {
        assert!(rule.is_active() && rule.collected, "{}: {:?}", rule.path, rule.state);
        // It only feeds another correlation, whose test covers both.
        if rule.correlation && rule.silent {
            continue;
        }
        let stem = Path::new(&source.path)
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let test = fs::read(root().join("tests").join(format!("{stem}.json")));
        let test: Value = serde_json::from_slice(&test.unwrap_or_else(|_| panic!("{stem} has no test"))).unwrap();
        // A rule that feeds correlations speaks when it is alone.
        let rules = if rule.correlation {
            &all
        } else {
            &RuleSet::load([source.clone()])
        };
        if !found(rules, &events(&test, "positive")).contains(&rule.id) {
            wrong.push(format!("{stem} misses its positive event"));
        }
        if found(rules, &events(&test, "negative")).contains(&rule.id) {
            wrong.push(format!("{stem} matches its negative event"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_pack_is_complete_and_well_told() {
    let all = RuleSet::load(pack());
    let mut tactics: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in all.rules() {
        assert!(
            rule.silent || rule.level != "informational",
            "{} would raise alerts all day",
            rule.path
        );
        assert_eq!(rule.author.as_deref(), Some("Watchfloor"), "{}", rule.path);
        assert!(
            rule.description.len() > 80,
            "{}: the description helps nobody decide",
            rule.path
        );
        assert!(
            !rule.falsepositives.is_empty() && !rule.techniques.is_empty(),
            "{}",
            rule.path
        );
        for technique in &rule.techniques {
            let standing = crate::attack::standing(&technique.id);
            assert_eq!(
                standing,
                Some(crate::attack::Standing::Current),
                "{}: {}",
                rule.path,
                technique.id
            );
        }
        let mut folders = rule.path.split('/');
        if folders.next() != Some("network") {
            *tactics.entry(folders.next().unwrap()).or_default() += 1;
        }
    }
    println!(
        "{} rules, {} correlations, by tactic {tactics:?}",
        all.counts().total,
        all.counts().correlations
    );
    assert_eq!(tactics.len(), 12);
    assert!(all.counts().correlations >= 4);
}

#[test]
fn no_test_file_is_left_without_its_rule() {
    let stems: Vec<String> = pack()
        .iter()
        .map(|source| {
            Path::new(&source.path)
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    for file in fs::read_dir(root().join("tests")).unwrap().filter_map(Result::ok) {
        let stem = file.path().file_stem().unwrap().to_string_lossy().into_owned();
        assert!(stems.contains(&stem), "{stem}");
    }
}
