use super::*;
use serde_json::{Value, json};
use watchfloor_shared::EndpointId;

fn sysmon(event_id: u64, data: Value) -> Event {
    winlog("Microsoft-Windows-Sysmon/Operational", event_id, data)
}

fn winlog(channel: &str, event_id: u64, data: Value) -> Event {
    let Value::Object(doc) = json!({"winlog": {"channel": channel, "event_id": event_id, "event_data": data}}) else {
        panic!("not an object");
    };
    Event {
        id: EventId::new("e"),
        timestamp: Timestamp::EPOCH,
        endpoint: EndpointId::new("ws-1"),
        doc: doc.into(),
    }
}

fn on_command_line(event: &Event, part: &str) -> MatchedField {
    let value = event.text("winlog.event_data.CommandLine").unwrap().to_owned();
    let start = u32::try_from(value.find(part).unwrap()).unwrap();
    let spans = vec![(start, start + u32::try_from(part.len()).unwrap())];
    MatchedField {
        field: "CommandLine".to_owned(),
        value,
        spans,
        condition: format!("contains {part}"),
    }
}

fn told(event: &Event, matched: &[MatchedField]) -> (String, String) {
    let story = Story::of(event);
    let phrases = sentence::what_happened(&story.facts, &story.kind, matched);
    let sentence = phrases.iter().map(|phrase| match phrase {
        Phrase::Words(words) => words.clone(),
        Phrase::Machine(text) => format!("`{text}`"),
    });
    (evidence::row(&story.facts, &story.kind, matched), sentence.collect())
}

#[test]
fn a_process_start_names_parent_child_and_the_telling_part() {
    let event = sysmon(
        1,
        json!({"Image": "C:\\Windows\\System32\\rundll32.exe", "ParentImage": "C:\\Windows\\powershell.exe",
            "CommandLine": "\"C:\\Windows\\System32\\rundll32.exe\" comsvcs.dll, MiniDump 624 out.dmp full"}),
    );
    let (row, sentence) = told(&event, &[on_command_line(&event, "MiniDump")]);
    assert_eq!(
        row,
        "powershell.exe → rundll32.exe · comsvcs.dll, MiniDump 624 out.dmp full"
    );
    assert_eq!(
        sentence,
        "`rundll32.exe` started with `comsvcs.dll, MiniDump 624 out.dmp full` by `powershell.exe`."
    );
}

#[test]
fn a_long_command_line_is_cut_around_what_matched() {
    let line = format!(
        "powershell.exe {} FromBase64String {}",
        "x ".repeat(300),
        "y ".repeat(300)
    );
    let event = sysmon(
        1,
        json!({"Image": "C:\\powershell.exe", "ParentImage": "C:\\winword.exe", "CommandLine": line}),
    );
    let (row, sentence) = told(&event, &[on_command_line(&event, "FromBase64String")]);
    assert!(row.chars().count() <= evidence::CHARS_MAX, "{row}");
    assert!(
        row.starts_with("winword.exe → powershell.exe · …") && row.contains("FromBase64String"),
        "{row}"
    );
    assert!(sentence.contains("FromBase64String"), "{sentence}");
}

#[test]
fn what_an_event_does_not_name_is_left_out() {
    let (row, sentence) = told(&sysmon(1, json!({"Image": "C:\\a.exe"})), &[]);
    assert_eq!((row.as_str(), sentence.as_str()), ("a.exe", "`a.exe` started."));
    let (row, sentence) = told(&winlog("Vendor/Log", 77, json!({})), &[]);
    assert_eq!((row.trim(), sentence.as_str()), ("77", "The host logged event `77`."));
}

#[test]
fn every_kind_has_its_sentence() {
    let cases = [
        (
            sysmon(
                3,
                json!({"Image": "C:\\a.exe", "DestinationIp": "10.0.0.9", "DestinationPort": "4444", "Initiated": "true"}),
            ),
            "a.exe → 10.0.0.9:4444",
            "`a.exe` connected to `10.0.0.9` on port `4444`.",
        ),
        (
            sysmon(
                10,
                json!({"SourceImage": "C:\\a.exe", "TargetImage": "C:\\lsass.exe", "GrantedAccess": "0x1410"}),
            ),
            "a.exe → lsass.exe · 0x1410",
            "`a.exe` opened `lsass.exe` with the rights `0x1410`.",
        ),
        (
            sysmon(
                13,
                json!({"Image": "C:\\reg.exe", "TargetObject": "HKCU\\Run\\x", "Details": "C:\\x.exe"}),
            ),
            "reg.exe · HKCU\\Run\\x · C:\\x.exe",
            "`reg.exe` set the registry entry `HKCU\\Run\\x` to `C:\\x.exe`.",
        ),
        (
            winlog(
                "System",
                7045,
                json!({"ServiceName": "PSEXESVC", "ImagePath": "%SystemRoot%\\PSEXESVC.exe"}),
            ),
            "service PSEXESVC · %SystemRoot%\\PSEXESVC.exe",
            "The service `PSEXESVC` was installed and runs `%SystemRoot%\\PSEXESVC.exe`.",
        ),
        (
            winlog(
                "Security",
                4625,
                json!({"TargetUserName": "bob", "IpAddress": "10.0.0.5", "LogonType": "3"}),
            ),
            "failed logon bob from 10.0.0.5 (type 3)",
            "`bob` failed to log on from `10.0.0.5` over the network.",
        ),
        (
            sysmon(22, json!({"Image": "C:\\a.exe", "QueryName": "evil.example"})),
            "a.exe · evil.example",
            "`a.exe` looked up `evil.example`.",
        ),
        (
            winlog(
                "Security",
                4732,
                json!({"MemberSid": "S-1-5-21-1", "TargetUserName": "Administrators"}),
            ),
            "S-1-5-21-1 added to Administrators",
            "The account `S-1-5-21-1` was added to the group `Administrators`.",
        ),
    ];
    for (event, row, sentence) in cases {
        assert_eq!(told(&event, &[]), (row.to_owned(), sentence.to_owned()));
    }
}

#[test]
fn a_correlation_counts_and_names_what_its_events_share() {
    let chain = Chain {
        events: vec![EventId::new("a"), EventId::new("b")],
        parts: vec!["Failed logon".to_owned()],
        distinct: None,
        timespan: "5m".to_owned(),
        group: vec![("TargetUserName".to_owned(), "bob".to_owned())],
    };
    assert_eq!(chain.row(), "2 × Failed logon in 5m · TargetUserName bob");
    let text: String = chain
        .sentences()
        .into_iter()
        .map(|phrase| match phrase {
            Phrase::Words(text) | Phrase::Machine(text) => text,
        })
        .collect();
    assert_eq!(
        text,
        "2 events within 5m matched «Failed logon», all with TargetUserName bob."
    );
}

#[test]
fn the_user_is_who_acted_and_at_a_logon_whose_it_is() {
    let user = |event: &Event| {
        let story = Story::of(event);
        story.facts.user(&story.kind)
    };
    let subject = json!({"SubjectUserName": "eve", "SubjectDomainName": "CORP", "TargetUserName": "bob", "TargetDomainName": "-"});
    assert_eq!(
        user(&winlog("Security", 4720, subject.clone())).as_deref(),
        Some("CORP\\eve")
    );
    assert_eq!(user(&winlog("Security", 4624, subject)).as_deref(), Some("bob"));
    assert_eq!(
        user(&sysmon(1, json!({"User": "CORP\\amy"}))).as_deref(),
        Some("CORP\\amy")
    );
    assert_eq!(user(&sysmon(1, json!({}))), None);
}
