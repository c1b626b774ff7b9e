//! Each record lies on the raw topic of its kind, under its endpoint's key, and comes out as an event.

use bytes::Bytes;
use std::{collections::BTreeMap, time::Duration};
use watchfloor::{
    bus::TopicPartition,
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    pipeline::topology::{TOPICS, topic},
    startup::Doors,
};
use watchfloor_tests::product;

/// A record, its topic and its endpoint.
const RECORDS: [(&str, &str, &str); 10] = [
    (
        r#"{"Channel":"Security","SourceName":"x","EventID":4624,"Hostname":"WS-1","TimeCreated":"2026-01-01T00:00:00Z"}"#,
        topic::SYSMON,
        "ws-1",
    ),
    (
        "node=web-1 type=USER_LOGIN msg=audit(1767225600.000:1): pid=1 uid=0 msg='op=login acct=\"eve\" res=success'",
        topic::AUDIT,
        "web-1",
    ),
    (
        r#"{"watchfloor_sensor":1,"host":"web-1","boot_id":"b","sequence":1,"time":"2026-01-01T00:00:00Z","event":"process_exec","process":{"pid":1}}"#,
        topic::EBPF_PROCESS,
        "web-1",
    ),
    (
        r#"{"watchfloor_sensor":1,"host":"web-1","boot_id":"b","sequence":2,"time":"2026-01-01T00:00:00Z","event":"file_open","path":"/etc/passwd","process":{"pid":1}}"#,
        topic::EBPF_FILE,
        "web-1",
    ),
    (
        r#"{"watchfloor_sensor":1,"host":"web-1","boot_id":"b","sequence":3,"time":"2026-01-01T00:00:00Z","event":"connection","process":{"pid":1}}"#,
        topic::EBPF_NETWORK,
        "web-1",
    ),
    (
        r#"{"timestamp":"01/01-00:00:00.000000","seconds":1767225600,"pkt_gen":"raw","rule":"1:1:1","msg":"A rule","sensor_name":"ids-1","src_ap":"192.0.2.1:1","dst_ap":"10.0.0.1:2"}"#,
        topic::SNORT_ALERTS,
        "ids-1",
    ),
    (
        r#"{"_path":"conn","ts":1767225600.0,"uid":"C1","_system_name":"zeek-1"}"#,
        topic::NETWORK_FLOWS,
        "zeek-1",
    ),
    (
        r#"{"event_type":"alert","timestamp":"2026-01-01T00:00:00Z","flow_id":1,"host":"ids-2","alert":{"signature_id":1}}"#,
        topic::SECURITY_ALERTS,
        "ids-2",
    ),
    (
        "<38>1 2026-01-01T00:00:00Z web-1 sshd 1 - - Accepted publickey for eve from 192.0.2.1 port 1 ssh2",
        topic::OTHER,
        "web-1",
    ),
    (
        r#"{"@timestamp":"2026-01-01T00:00:00Z","host":{"name":"web-1"},"message":"hello"}"#,
        topic::OTHER,
        "web-1",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_record_lies_on_the_topic_of_its_kind() {
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Closed).await;
    let lines = RECORDS.iter().zip(0..).map(|((record, ..), position)| RawLine {
        bytes: Bytes::from_static(record.as_bytes()),
        position,
    });
    let batch = IngestBatch {
        tenant: running.tenant.clone(),
        door: Door::Ndjson,
        origin: BatchOrigin::default(),
        lines: lines.collect(),
    };
    assert_eq!(running.ingest.submit(batch).await.unwrap(), RECORDS.len());
    assert!(running.drained(Duration::from_secs(60)).await);
    assert_eq!(product::event_ids(&running).await.len(), RECORDS.len());

    let mut lying: BTreeMap<Bytes, (String, String)> = BTreeMap::new();
    let raw = TOPICS.iter().take_while(|(name, _)| *name != topic::NORMALIZED);
    for (name, partitions) in raw {
        for partition in 0..*partitions {
            let partition = TopicPartition {
                topic: (*name).into(),
                partition,
            };
            for message in running.bus.read(&partition, 0, 100).await.unwrap() {
                let key = String::from_utf8(message.record.key.unwrap().to_vec()).unwrap();
                lying.insert(message.record.payload, ((*name).to_owned(), key));
            }
        }
    }
    for (record, topic, endpoint) in RECORDS {
        let expected = (topic.to_owned(), format!("{}:{endpoint}", running.tenant));
        assert_eq!(lying.get(record.as_bytes()), Some(&expected), "{record}");
    }
    assert_eq!(running.view.snapshot().await.unaccounted, 0);
    running.stop().await;
}
