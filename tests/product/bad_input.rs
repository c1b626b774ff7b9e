//! What nobody should send, sent: a dead letter with its reason each time, and everything valid beside it comes through.

use bytes::Bytes;
use std::collections::BTreeMap;
use std::time::Duration;
use watchfloor::{
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    startup::Doors,
};
use watchfloor_tests::product;

fn valid(record: u64) -> String {
    format!(
        r#"{{"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","EventID":1,"Hostname":"ws-1.example","RecordNumber":{record},"@timestamp":"2026-01-01T00:00:{:02}.000Z","Image":"C:\\Windows\\System32\\whoami.exe","CommandLine":"whoami /all","ProcessGuid":"{{00000000-0000-0000-0000-{record:012}}}"}}"#,
        record % 60
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_line_is_a_dead_letter_with_its_reason() {
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Closed).await;
    let line = valid(1);
    let bad: Vec<(&str, Bytes)> = vec![
        ("json.invalid", Bytes::from(line[..line.len() / 2].to_owned())),
        ("json.invalid", Bytes::from_static(b"\0\0\0\0")),
        ("json.not_an_object", Bytes::from_static(b"[1,2,3]")),
        ("json.too_deep", Bytes::from("[".repeat(10_000))),
        (
            "evtx.corrupt",
            Bytes::from_static(b"unreadable EVTX: chunk 0: no signature"),
        ),
        ("utf8.invalid", Bytes::from_static(b"{\"Hostname\":\"\xff\xfe\"}")),
        (
            "timestamp.out_of_range",
            Bytes::from(line.replace("2026-01-01T00:00:01.000Z", "9999-12-31T23:59:59.000Z")),
        ),
        (
            "timestamp.unparseable",
            Bytes::from(line.replace("2026-01-01T00:00:01.000Z", "last Tuesday")),
        ),
        ("spelling.unknown", Bytes::from_static(b"{\"hello\":\"world\"}")),
    ];
    let mut lines = Vec::new();
    for (position, (_, bytes)) in bad.iter().enumerate() {
        lines.push(RawLine {
            bytes: bytes.clone(),
            position: position as u64,
        });
        lines.push(RawLine {
            bytes: Bytes::from(valid(100 + position as u64)),
            position: 1_000 + position as u64,
        });
    }
    let batch = IngestBatch {
        tenant: running.tenant.clone(),
        door: Door::Ndjson,
        origin: BatchOrigin::default(),
        lines,
    };
    running.ingest.submit(batch).await.unwrap();
    assert!(running.drained(Duration::from_secs(60)).await);

    assert_eq!(
        product::event_ids(&running).await.len(),
        bad.len(),
        "every valid line is in the index"
    );
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    for (reason, _) in &bad {
        *expected.entry((*reason).to_owned()).or_default() += 1;
    }
    let letters = running.view.dead_letters(&running.tenant, 100).await;
    let mut found: BTreeMap<String, i64> = BTreeMap::new();
    for group in &letters.groups {
        *found.entry(group.reason.clone()).or_default() += group.count;
    }
    assert_eq!(found, expected);
    assert_eq!(running.view.snapshot().await.unaccounted, 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_folder_is_told_so() {
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Closed).await;
    let second = watchfloor::startup::start(
        product::config(dir.path()),
        watchfloor::clock::Clock::system(),
        Doors::Closed,
    );
    let error = format!("{:#}", second.await.err().expect("the second start is refused"));
    assert!(error.contains("another process"), "{error}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = product::folder();
    let mut config = product::config(dir.path());
    config.http.listen = taken.local_addr().unwrap();
    let started = watchfloor::startup::start(config, watchfloor::clock::Clock::system(), Doors::Open).await;
    let error = format!("{:#}", started.err().expect("the start is refused"));
    assert!(error.contains(&taken.local_addr().unwrap().to_string()), "{error}");
}
