//! Queries whose answers must be equal in both back ends, and events to ask them of: recorded ones where there are recordings, and
//! odd ones always.

use serde_json::{Value, json};
use std::{io::Read, sync::Arc};
use watchfloor::search::{SearchIndex, SearchSpec};
use watchfloor_engine::{Event, Verdict, normalize, query};
use watchfloor_shared::{
    EventId, Timestamp,
    search::{Aggregation, Order, SearchResponse},
};
use watchfloor_tests::{
    fixtures,
    search_contract::{event, event_at, tenant},
};

const EVENTS_PER_RECORDING: usize = 700;
const RECORDINGS: [&str; 3] = [
    "data/train/windows/otrf/lateral_movement/empire_psexec_dcerpc_tcp_svcctl.jsonl.zst",
    "data/train/windows/otrf/execution",
    "data/train/windows/otrf/persistence",
];

const QUERIES: [&str; 38] = [
    "*",
    "not *",
    "process.name:powershell.exe",
    "process.executable:*\\powershell.exe and event.code:1",
    "process.executable:C:\\\\Windows\\\\*",
    "process.command_line:*-enc*",
    "process.pid >= 4000",
    "process.pid:[1 TO 1000}",
    "process.pid:*",
    "not process.pid:*",
    "source.ip:10.0.0.0/8",
    "destination.ip:[10.0.0.0 TO 172.255.255.255]",
    "destination.ip:fe80::/10",
    "source.ip:*",
    "source.ip:1*",
    "destination.port > 400",
    "mimikatz",
    "\"process create\"",
    "message:\"process create\"",
    "message:*",
    "power*",
    "*shell*",
    "message:?ystem*",
    "winlog.event_data.LogonType:3",
    "winlog.event_data.GrantedAccess:0x1*",
    "winlog.event_data.TargetImage:*lsass.exe",
    "user.name:(system or administrator)",
    "user.name > m",
    "user.name:[a TO m}",
    "event.code:(1 or 3 or 4624) and not process.name:svchost.exe",
    "@timestamp > 2020-01-01T00:00:00Z",
    "@timestamp < 1970-01-01T00:00:00Z",
    "event.created:*",
    "acme.score:7",
    "acme.score > 6",
    "acme.flag:true",
    "acme.text:\"Größe\"",
    "nothing.has:this",
];

const COUNTED: [&str; 14] = [
    "process.name",
    "process.pid",
    "event.code",
    "event.category",
    "user.name",
    "host.name",
    "source.ip",
    "destination.port",
    "winlog.event_data.LogonType",
    "winlog.event_data.GrantedAccess",
    "acme.score",
    "acme.flag",
    "acme.text",
    "file.created",
];

pub fn events() -> Vec<Event> {
    let mut events = odd();
    for recording in RECORDINGS {
        events.extend(recorded(recording));
    }
    events
}

/// What is no clean ECS event.
fn odd() -> Vec<Event> {
    let long = "x".repeat(40_000);
    let mut events = vec![
        event(
            1,
            json!({"acme": {"score": 7, "flag": true, "text": "GRÖSSE Größe", "n": 1.5}}),
        ),
        event(2, json!({"acme": {"score": "7", "flag": "true", "text": "Größe"}})),
        event(3, json!({"acme": {"score": [6, 7, 8], "text": ["größe", "groß"]}})),
        event(
            4,
            json!({"source": {"ip": "not an address", "port": "443"}, "process": {"pid": "many"}}),
        ),
        event(
            5,
            json!({"source": {"ip": ["10.1.2.3", "2001:DB8::7"]}, "destination": {"ip": "::ffff:10.9.9.9", "port": 443}}),
        ),
        event(
            6,
            json!({"message": {"an": "object"}, "process": {"name": {"odd": "mimikatz"}}}),
        ),
        event(7, json!({"user": "system", "source": [1, {"ip": "10.0.0.1"}]})),
        event(
            8,
            json!({"process": {"command_line": long.as_str(), "name": "CMD.EXE"}, "user": {"name": ""}}),
        ),
        event(
            9,
            json!({"": {"": "empty"}, "a.b": "dots", "nul\u{0}": "x", "a..b": 1, " ": "blank"}),
        ),
        event(
            10,
            json!({"file": {"created": "2023-11-14T22:13:20.123456789Z", "size": u64::MAX}}),
        ),
        event(
            11,
            json!({"watchfloor_index": {"keys": ["mine"]}, "received_opensearch_at": "long ago"}),
        ),
        event(
            12,
            json!({"tags": [], "user": {}, "labels": null, "process": {"name": "cmd.exe", "pid": 1.0}}),
        ),
        event(
            13,
            json!({"message": "System: the *Größe*?\nC:\\Temp\\x.exe ---", "process": {"name": "Cmd.exe", "pid": 5}}),
        ),
        event(
            14,
            json!({"winlog": {"event_data": {"LogonType": 3, "Deep": {"er": {"still": true}}, "GrantedAccess": "0x10"}}}),
        ),
    ];
    events.push(event_at(
        20,
        Timestamp::from_nanos(-1),
        json!({"user": {"name": "before"}}),
    ));
    events.push(event_at(
        21,
        Timestamp::from_nanos(1_700_000_000_000_000_001),
        json!({"user": {"name": "after"}}),
    ));
    events.push(event_at(
        22,
        Timestamp::from_nanos(1_700_000_000_000_000_002),
        json!({"user": {"name": "AFTER"}}),
    ));
    events
}

fn recorded(path: &str) -> Vec<Event> {
    let Some(path) = fixtures::recording(path) else {
        return Vec::new();
    };
    let files = walkdir::WalkDir::new(path).sort_by_file_name().into_iter();
    let file = files
        .filter_map(Result::ok)
        .find(|entry| entry.path().to_string_lossy().ends_with(".jsonl.zst"))
        .expect("a recording");
    let mut text = Vec::new();
    zstd::Decoder::new(std::fs::File::open(file.path()).expect("a recording"))
        .and_then(|mut decoder| decoder.read_to_end(&mut text))
        .expect("zstd");
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    let event = |(position, line): (usize, &[u8])| {
        let context = normalize::RawContext {
            received: Timestamp::EPOCH,
            position: position as u64,
            simulated: false,
            origin: normalize::Origin::UNKNOWN,
        };
        match normalize::normalize(line, &context) {
            Verdict::Emit(event) => Some(event),
            _ => None,
        }
    };
    let mut events: Vec<Event> = lines.filter_map(event).collect();
    // From all of it, not from its beginning alone.
    let step = events.len().div_ceil(EVENTS_PER_RECORDING).max(1);
    events = events.into_iter().step_by(step).collect();
    events
}

fn spec(text: &str, order: Order) -> SearchSpec {
    let counted = COUNTED.map(|field| Aggregation::Terms {
        field: field.to_owned(),
        size: 7,
    });
    let steps = Aggregation::DateHistogram {
        interval_ms: 30 * 86_400_000,
    };
    SearchSpec {
        query: query::parse(text, None).unwrap_or_else(|error| panic!("{text}: {error}")),
        from: None,
        to: None,
        limit: 40,
        order,
        search_after: None,
        aggregations: counted.into_iter().chain([steps]).collect(),
    }
}

async fn ask(index: &Arc<dyn SearchIndex>, spec: SearchSpec) -> SearchResponse {
    let response = index.search(&tenant(), spec).await.expect("an answer");
    SearchResponse {
        took_ms: 0.0,
        ..response
    }
}

/// What an answer has that the other has not, in few words.
fn differences(right: &SearchResponse, got: &SearchResponse) -> String {
    let mut differ = Vec::new();
    if (right.total, right.searched) != (got.total, got.searched) {
        differ.push(format!(
            "{} of {}, not {} of {}",
            got.total, got.searched, right.total, right.searched
        ));
    }
    if let Some((right, got)) = right.hits.iter().zip(&got.hits).find(|(right, got)| right != got) {
        differ.push(format!("{}\n  not {}", json!(got), json!(right)));
    }
    let counted = right.aggregations.iter().zip(&got.aggregations);
    for (right, got) in counted.filter(|(right, got)| right != got) {
        differ.push(format!("{got:?}\n  not {right:?}"));
    }
    if differ.is_empty() && right != got {
        differ.push("other hits".to_owned());
    }
    differ.join("\n  ")
}

pub async fn compare(expected: &Arc<dyn SearchIndex>, index: &Arc<dyn SearchIndex>, events: &[Event]) {
    let mut found = 0;
    let mut wrong = Vec::new();
    for text in QUERIES {
        for order in [Order::NewestFirst, Order::OldestFirst] {
            let right = ask(expected, spec(text, order)).await;
            let got = ask(index, spec(text, order)).await;
            let differ = differences(&right, &got);
            if !differ.is_empty() {
                wrong.push(format!("{text}: {differ}"));
            }
            found += usize::from(right.total > 0);
            if let Some(next) = right.next {
                let page = SearchSpec {
                    search_after: Some(next),
                    ..spec(text, order)
                };
                let (got, right) = (ask(index, page.clone()).await, ask(expected, page).await);
                if got != right {
                    wrong.push(format!("{text}, second page: {}", differences(&right, &got)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!(
        "{} events, {found} of {} searches found some",
        events.len(),
        QUERIES.len() * 2
    );
    let ids: Vec<EventId> = events.iter().map(|event| event.id.clone()).collect();
    let all = index.get(&tenant(), &ids).await.expect("an answer");
    assert_eq!(all, expected.get(&tenant(), &ids).await.expect("an answer"));
    let names = |fields: Vec<watchfloor_shared::search::FieldInfo>| {
        let mut names: Vec<Value> = fields
            .into_iter()
            .map(|field| json!([field.name, field.kind]))
            .collect();
        names.sort_by_key(Value::to_string);
        names
    };
    let right = names(expected.fields(&tenant()).await.expect("an answer"));
    let got = names(index.fields(&tenant()).await.expect("an answer"));
    let known = |names: &[Value]| names.iter().map(|pair| pair[0].clone()).collect::<Vec<_>>();
    assert_eq!(known(&got), known(&right));
}
