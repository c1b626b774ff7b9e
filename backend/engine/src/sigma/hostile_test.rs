//! Rule files that somebody broke: each rule runs or says why not; nothing panics. What the fuzz target asserts, over mutated
//! rules of the starter pack.

use super::{Correlator, RuleSet, RuleSource, pack_test::pack};
use crate::normalize::testing::{emitted, samples};
use rand::{Rng, SeedableRng, rngs::StdRng};
use watchfloor_shared::Timestamp;

/// Signs that mean something in YAML or in a condition.
const SIGNS: &[u8] = b":-|*?()[]{}'\"\\&!%#\n 0a,~<>@";

fn mutated(yaml: &str, random: &mut StdRng) -> String {
    let mut bytes = yaml.as_bytes().to_vec();
    for _ in 0..random.random_range(1..=4) {
        let at = random.random_range(0..bytes.len());
        let sign = SIGNS[random.random_range(0..SIGNS.len())];
        match random.random_range(0..4) {
            0 => bytes[at] = sign,
            1 => bytes.insert(at, sign),
            2 => drop(bytes.remove(at)),
            _ => {
                // A line twice, or somewhere else: keys that were there, types that do not fit.
                let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let line = lines[random.random_range(0..lines.len())].to_vec();
                bytes.splice(at..at, line);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_mutated_rule_runs_or_says_why_not() {
    let events: Vec<_> = samples()
        .into_iter()
        .take(5)
        .map(|sample| emitted(&sample.raw))
        .collect();
    let (now, mut random) = (Timestamp::EPOCH, StdRng::seed_from_u64(11));
    let (mut run, mut refused) = (0, 0);
    for rule in pack() {
        for _ in 0..4 {
            let yaml = mutated(&rule.yaml, &mut random);
            let rules = RuleSet::load([RuleSource { yaml, ..rule.clone() }]);
            let counts = rules.counts();
            assert_eq!(counts.total, rules.rules().len());
            assert_eq!(counts.active + counts.unsupported, counts.total);
            run += counts.active;
            refused += counts.unsupported;
            let mut correlator = Correlator::default();
            for event in &events {
                let found = rules.detect(event, now, now);
                correlator.on_detections(&rules, event, &found, now, now);
            }
        }
    }
    assert!(run > 50 && refused > 50, "{run} run, {refused} do not");
}
