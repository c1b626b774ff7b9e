//! Any text as a rule file: nothing panics, every rule either runs or says why not, and what runs can be matched.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use watchfloor_engine::{
    Event, Verdict,
    normalize::{Origin, RawContext, normalize},
    sigma::{Correlator, RuleSet, RuleSource},
};
use watchfloor_shared::Timestamp;

static EVENT: LazyLock<Event> = LazyLock::new(|| {
    let raw = br#"{"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","EventID":1,
        "Hostname":"ws-1.example","RecordNumber":1,"@timestamp":"2026-01-01T00:00:00.000Z",
        "Image":"C:\\Windows\\System32\\whoami.exe","CommandLine":"whoami /all"}"#;
    let context = RawContext {
        received: Timestamp::EPOCH,
        position: 0,
        simulated: false,
        origin: Origin::UNKNOWN,
    };
    match normalize(raw, &context) {
        Verdict::Emit(event) => event,
        other => panic!("{other:?}"),
    }
});

fuzz_target!(|yaml: &str| {
    let rules = RuleSet::load([RuleSource {
        pack: "fuzz".to_owned(),
        path: "fuzz.yml".to_owned(),
        yaml: yaml.to_owned(),
    }]);
    let counts = rules.counts();
    assert_eq!(counts.total, rules.rules().len());
    let (received, detected) = (Timestamp::EPOCH, Timestamp::EPOCH);
    let found = rules.detect(&EVENT, received, detected);
    Correlator::default().on_detections(&rules, &EVENT, &found, received, detected);
});
