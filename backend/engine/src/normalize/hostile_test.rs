//! Bad input: each gets its reason; nothing panics. The same entry points as the fuzz targets, over mutated samples.

use super::{
    Origin, RECORD_BYTES_MAX, RawContext, auditd, endpoint_of, evtx, mata_elang, normalize,
    source::NAMES,
    testing::{CONTEXT, Sample, emitted, samples},
    zeek,
};
use crate::{Verdict, verdict::DeadReason};
use proptest::prelude::*;
use std::sync::LazyLock;

fn dead(raw: impl AsRef<[u8]>) -> DeadReason {
    match normalize(raw.as_ref(), &CONTEXT) {
        Verdict::Dead(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn flattened(change: &str) -> String {
    let good = r#"{"Hostname":"WS-1","EventID":1,"Channel":"Security","SourceName":"x","TimeCreated":"2024-05-14T09:12:01Z","RecordNumber":5,"A":"b"}"#;
    let (from, to) = change.split_once("=>").unwrap();
    assert!(good.contains(from), "{from}");
    good.replace(from, to)
}

#[test]
fn bad_json_says_what_is_bad() {
    assert_eq!(dead(""), DeadReason::JsonInvalid);
    assert_eq!(dead(r#"{"EventID": 1, "Hostna"#), DeadReason::JsonInvalid);
    assert_eq!(dead("\0\0\0\0"), DeadReason::JsonInvalid);
    assert_eq!(dead("{\"a\":\"\0\"}"), DeadReason::JsonInvalid);
    assert_eq!(dead(b"{\"a\":\"\xff\xfe\"}"), DeadReason::Utf8Invalid);
    assert_eq!(dead("[1, 2]"), DeadReason::JsonNotAnObject);
    assert_eq!(dead("\"text\""), DeadReason::JsonNotAnObject);
    assert_eq!(dead("[".repeat(10_000)), DeadReason::JsonTooDeep);
    assert_eq!(dead(format!("{{\"a\":{}", "[".repeat(10_000))), DeadReason::JsonTooDeep);
    assert_eq!(
        dead(format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000))),
        DeadReason::JsonTooDeep
    );
    assert_eq!(dead(vec![b' '; RECORD_BYTES_MAX + 1]), DeadReason::RecordTooLarge);
    assert_eq!(dead("{}"), DeadReason::SpellingUnknown);
    assert_eq!(dead(format!("{}chunk 3", evtx::UNREADABLE)), DeadReason::EvtxCorrupt);
}

#[test]
fn a_record_that_lacks_what_matters_says_what() {
    assert!(matches!(
        normalize(flattened("A=>B").as_bytes(), &CONTEXT),
        Verdict::Emit(_)
    ));
    assert_eq!(dead(flattened(r#""EventID":1,=>"#)), DeadReason::EventCodeMissing);
    assert_eq!(
        dead(flattened(r#""EventID":1=>"EventID":"one""#)),
        DeadReason::EventCodeMissing
    );
    assert_eq!(dead(flattened(r#""WS-1"=>"""#)), DeadReason::EndpointMissing);
    assert_eq!(dead(flattened(r#""WS-1"=>"-""#)), DeadReason::EndpointMissing);
    assert_eq!(dead(flattened(r#""WS-1"=>null"#)), DeadReason::EndpointMissing);
    assert_eq!(dead(flattened(r#"WS-1=>W\u0000S"#)), DeadReason::EndpointMissing);
    assert_eq!(
        dead(flattened(r#""TimeCreated"=>"Other""#)),
        DeadReason::TimestampMissing
    );
    assert_eq!(
        dead(flattened(r#""2024-05-14T09:12:01Z"=>5"#)),
        DeadReason::TimestampUnparseable
    );
    assert_eq!(
        dead(flattened("2024-05-14T09:12:01Z=>14/05/2024")),
        DeadReason::TimestampUnparseable
    );
    assert_eq!(dead(flattened("2024-05=>9999-12")), DeadReason::TimestampOutOfRange);
    for shape in [
        r#"{"Event":{}}"#,
        r#"{"Event":{"System":{}}}"#,
        r#"{"winlog":{}}"#,
        r#"{"event_id":"x"}"#,
    ] {
        assert_eq!(dead(shape), DeadReason::EventCodeMissing, "{shape}");
    }
}

#[test]
fn an_event_with_a_number_has_one_id_and_one_without_has_its_position() {
    let at = |raw: &str, position| match normalize(raw.as_bytes(), &RawContext { position, ..CONTEXT }) {
        Verdict::Emit(event) => event.id,
        other => panic!("{other:?}"),
    };
    let numbered = flattened("A=>B");
    let bare = flattened(r#","RecordNumber":5=>"#);
    assert_eq!(at(&numbered, 1), at(&numbered, 2));
    assert_eq!(
        at(&numbered, 1),
        at(&flattened("WS-1=>ws-1"), 1),
        "names of computers have no case"
    );
    assert_ne!(
        at(&numbered, 1),
        at(&flattened("09:12:01Z=>09:12:01.001Z"), 1),
        "a cleared log counts anew"
    );
    assert_ne!(
        at(&numbered, 1),
        at(&flattened(r#""RecordNumber":5=>"RecordNumber":6"#), 1)
    );
    assert_ne!(at(&bare, 1), at(&bare, 2), "two equal events stay two");
    assert_eq!(at(&bare, 1), at(&bare, 1), "one sent again stays one");
    assert_eq!(at(&bare, 1), at(&format!("{bare}\r\n"), 1), "a line end is not content");
    assert_eq!(at(&numbered, 1).as_str().len(), 32);
    let later = RawContext {
        received: CONTEXT.received.saturating_add(std::time::Duration::from_secs(9)),
        simulated: true,
        ..CONTEXT
    };
    let Verdict::Emit(event) = normalize(bare.as_bytes(), &later) else {
        panic!()
    };
    assert_eq!(
        event.id,
        at(&bare, CONTEXT.position),
        "neither receipt nor the simulated mark is in the id"
    );
}

#[test]
fn nothing_of_the_source_is_lost() {
    let raw = flattened(r#""A":"b"=>"Custom Field":"kept","Nested":{"x":[1,2]},"tags":["a"],"host":"relay""#);
    let event = emitted(raw.as_bytes());
    assert_eq!(event.text("winlog.event_data.Custom Field"), Some("kept"));
    assert_eq!(
        event.get("winlog.event_data.Nested.x").map(ToString::to_string),
        Some("[1,2]".to_owned())
    );
    assert_eq!(event.text("watchfloor.source.host"), Some("relay"));
    let conflicting = br#"{"@timestamp":"2024-05-14T09:12:01Z","process":"not an object","file":7,"winlog":{"computer_name":"a","event_id":1,
        "provider_name":"Microsoft-Windows-Sysmon","process":{"pid":1},"event_data":{"Image":"C:\\a.exe"}}}"#;
    let event = emitted(conflicting);
    assert_eq!(event.text("process.executable"), Some(r"C:\a.exe"));
    assert_eq!(event.text("watchfloor.source.process"), Some("not an object"));
}

#[test]
fn no_store_meets_a_nul() {
    let event = emitted(flattened(r#""A":"b"=>"A":"b\u0000\u0000","List":["\u0000"]"#).as_bytes());
    assert_eq!(event.text("winlog.event_data.A"), Some("b\u{2400}\u{2400}"));
    assert!(!String::from_utf8_lossy(&event.to_json()).contains(r"\u0000"));
}

#[test]
fn named_data_in_a_list_are_fields() {
    let raw = br##"{"Event":{"System":{"EventID":1,"Computer":"a","Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}},
        "TimeCreated":{"#attributes":{"SystemTime":"2024-05-14T09:12:01Z"}}},"EventData":{"Data":[
        {"#attributes":{"Name":"Image"},"#text":"C:\\a.exe"},{"#attributes":{"Name":"ProcessId"},"#text":7}]}}}"##;
    let event = emitted(raw);
    assert_eq!(event.text("process.name"), Some("a.exe"));
    assert_eq!(event.text("winlog.event_data.ProcessId"), Some("7"));
}

#[test]
fn only_the_product_says_what_is_simulated() {
    let simulated = |raw: &str| emitted(raw.as_bytes()).is_simulated();
    assert!(!simulated(&flattened("A=>B")));
    assert!(simulated(&flattened(r#""A":"b"=>"labels":{"simulated":"true"}"#)));
    assert!(!simulated(&flattened(r#""A":"b"=>"labels":{"simulated":"false"}"#)));
    assert!(
        simulated(&flattened(r#""A":"b"=>"watchfloor":{"simulated":true}"#)),
        "and it stays so when sent again"
    );
}

#[test]
fn a_computer_that_is_not_a_text_is_none() {
    for raw in [
        r#"{"event_id":1,"computer_name":5,"@timestamp":"2024-05-14T09:12:01Z"}"#,
        r#"{"winlog":{"event_id":1,"computer_name":true},"@timestamp":"2024-05-14T09:12:01Z"}"#,
        r#"{"Event":{"System":{"EventID":1,"Computer":5}}}"#,
    ] {
        assert_eq!(dead(raw), DeadReason::EndpointMissing, "{raw}");
        assert_eq!(endpoint_of(raw.as_bytes(), &Origin::UNKNOWN), None, "{raw}");
    }
}

#[test]
fn the_last_of_two_equal_keys_counts_everywhere() {
    let raw = flattened(r#""A":"b"=>"Hostname":"second""#);
    assert_eq!(
        endpoint_of(raw.as_bytes(), &Origin::UNKNOWN),
        Some(emitted(raw.as_bytes()).endpoint)
    );
    let raw = br##"{"Event":{"System":{"Computer":"x"}},"Event":{"System":{"Computer":"a","Computer":"b","EventID":1,
        "TimeCreated":{"#attributes":{"SystemTime":"2024-05-14T09:12:01Z"}}}}}"##;
    assert_eq!(endpoint_of(raw, &Origin::UNKNOWN), Some(emitted(raw).endpoint));
}

#[test]
fn a_broken_event_log_is_an_error_and_keeps_what_can_be_read() {
    assert_eq!(evtx::records(b"").err(), Some(evtx::Unreadable::NotEvtx));
    assert_eq!(
        evtx::records(b"ElfFile\0 but short").err(),
        Some(evtx::Unreadable::NotEvtx)
    );
    let mut log = b"ElfFile\0".to_vec();
    log.resize(4096, 0);
    assert_eq!(evtx::records(&log).unwrap().count(), 0);
    log.extend(b"ElfChnk\0");
    log.resize(4096 + 65_536 + 10, 7);
    let outcome: Vec<_> = evtx::records(&log).unwrap().collect();
    assert!(!outcome.is_empty() && outcome.iter().all(Result::is_err), "{outcome:?}");
    assert!(matches!(
        outcome.last(),
        Some(Err(evtx::Unreadable::Truncated { chunk: 1 }))
    ));
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(samples);

/// What the fuzz targets assert, too.
fn holds_for_any_bytes(raw: &[u8], origin: Origin<'_>) {
    let context = RawContext { origin, ..CONTEXT };
    if let Verdict::Emit(event) = normalize(raw, &context) {
        assert_eq!(endpoint_of(raw, &origin).as_ref(), Some(&event.endpoint));
        assert_eq!(
            crate::Event::from_json(&event.to_json()).as_ref(),
            Ok(&event),
            "the wire form is complete"
        );
        assert_eq!(
            normalize(raw, &context),
            Verdict::Emit(event),
            "the same bytes give the same event"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mutated_samples_never_panic(
        sample in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 0..6),
        hint in prop::option::of(prop::sample::select(NAMES.as_slice())),
        sensor in prop::option::of(prop::sample::select(["Sensor-1", "", "-"].as_slice())),
    ) {
        let sample = sample.get(&SAMPLES);
        let mut raw = sample.raw.clone();
        for (at, byte, what) in edits {
            let at = at.index(raw.len().max(1)).min(raw.len().saturating_sub(1));
            match what {
                0 if !raw.is_empty() => raw[at] = byte,
                1 => raw.insert(at, byte),
                2 => raw.truncate(at),
                _ => {
                    // Swap a value's type: the parser's work stays valid, the meaning does not.
                    let text = String::from_utf8_lossy(&raw).replacen(": \"", ": [\"", 1).replacen("\",", "\"],", 1);
                    raw = text.into_bytes();
                }
            }
        }
        holds_for_any_bytes(&raw, sample.origin());
        holds_for_any_bytes(&raw, Origin { source: hint, sensor });
    }

    #[test]
    fn any_json_shape_never_panics(keys in prop::collection::vec(("(Event|winlog|event_id|EventID|Hostname|process|host|user|@timestamp|event)", 0..7_u8), 0..8)) {
        let values = ["null", "5", "\"x\"", "[]", "{}", "{\"System\":5,\"computer_name\":\"a\",\"event_data\":[]}", "\"2024-05-14T09:12:01Z\""];
        let body: Vec<String> = keys.iter().map(|(key, value)| format!("{key:?}:{}", values[usize::from(*value)])).collect();
        holds_for_any_bytes(format!("{{{}}}", body.join(",")).as_bytes(), Origin::UNKNOWN);
    }

    #[test]
    fn any_text_in_any_envelope_never_panics(
        text in "(type=[A-Z]{1,6} msg=audit\\([0-9.]{1,8}:[0-9]{1,4}\\):|<[0-9]{1,3}>1?|CEF:0|LEEF:2.0|<Event>|[A-Z][a-z]{2} +[0-9]{1,2})([ -~\\x00\\x1d\\té\"'|=\\\\<>&;]{0,60})",
        lines in prop::collection::vec("#?[a-z_]{0,8}[\t,\\\\x0-9a-f(-]{0,20}", 0..6),
        hint in prop::option::of(prop::sample::select(NAMES.as_slice())),
    ) {
        holds_for_any_bytes(text.as_bytes(), Origin { source: hint, sensor: None });
        let mut header = zeek::Header::default();
        let mut assembler = auditd::Assembler::new(std::time::Duration::from_secs(2), 4);
        for line in lines.iter().chain([&text]) {
            header.take(line);
            if let Ok(json) = header.record(line) {
                holds_for_any_bytes(&json, Origin { source: Some("zeek.conn"), sensor: None });
            }
            assembler.on_line(CONTEXT.received, line);
        }
        mata_elang::unbatch(text.as_bytes());
    }

    #[test]
    fn broken_event_logs_never_panic(body in prop::collection::vec(any::<u8>(), 0..9_000)) {
        let mut log = b"ElfFile\0".to_vec();
        log.resize(4096, 0);
        log.extend(b"ElfChnk\0");
        log.extend(body);
        for json in evtx::records(&log).unwrap().flatten() {
            holds_for_any_bytes(&json, Origin::UNKNOWN);
        }
    }
}
