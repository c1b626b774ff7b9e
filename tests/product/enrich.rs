//! What is known around an event: where its addresses are, whose they are, and what the organization says of its hosts and
//! accounts. And what a map gets of our own alerts.

use bytes::Bytes;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use watchfloor::{
    bus::TopicPartition,
    clock::Clock,
    ingest::{BatchOrigin, Door, IngestBatch, RawLine},
    pipeline::topology::{TOPICS, topic},
    search::SearchSpec,
    startup::{self, Doors, Running},
    store::inventory,
};
use watchfloor_shared::{
    inventory::{Asset, Criticality, Person},
    search::Order,
};
use watchfloor_tests::{fixtures, product};

const WAIT_MAX: Duration = Duration::from_secs(60);

/// Word goes out to a public address on a port that is not the web's, which a starter rule minds.
fn connection(record: u64) -> Bytes {
    let sysmon = json!({
        "Channel": "Microsoft-Windows-Sysmon/Operational", "SourceName": "Microsoft-Windows-Sysmon", "EventID": 3,
        "Hostname": "FIN-07.corp.example", "RecordNumber": record, "@timestamp": "2026-01-01T00:00:00.000Z",
        "Image": "C:\\Program Files\\Microsoft Office\\winword.exe", "Initiated": "true", "Protocol": "tcp",
        "User": "CORP\\ada", "SourceIp": "10.7.0.9", "SourcePort": "50123", "DestinationIp": "1.1.1.1",
        "DestinationPort": "8443", "ProcessGuid": format!("{{00000000-0000-0000-0000-{record:012}}}"),
    });
    Bytes::from(sysmon.to_string())
}

async fn take_in(running: &Running, record: u64) -> Value {
    let batch = IngestBatch {
        tenant: running.tenant.clone(),
        door: Door::Ndjson,
        origin: BatchOrigin::default(),
        lines: vec![RawLine {
            bytes: connection(record),
            position: record,
        }],
    };
    running.ingest.submit(batch).await.unwrap();
    assert!(running.drained(WAIT_MAX).await);
    let spec = SearchSpec {
        query: watchfloor_engine::query::parse(&format!("winlog.record_id:{record}"), None).unwrap(),
        from: None,
        to: None,
        limit: 1,
        order: Order::OldestFirst,
        search_after: None,
        aggregations: Vec::new(),
    };
    let found = running.search.search(&running.tenant, spec).await.unwrap();
    found.hits[0].source.clone()
}

async fn replace_tables(running: &Running) {
    let asset = |name: &str, addresses: &[&str], criticality| Asset {
        name: name.to_owned(),
        addresses: addresses.iter().map(|text| (*text).to_owned()).collect(),
        criticality: Some(criticality),
        ..Asset::default()
    };
    let assets = [
        asset("fin-07", &[], Criticality::ExtremeImpact),
        asset("plant", &["10.7.0.0/16"], Criticality::LowImpact),
    ];
    let ada = Person {
        name: "corp\\ada".to_owned(),
        full_name: Some("Ada Okafor".to_owned()),
        privileged: true,
        ..Person::default()
    };
    let mut tx = running.db.tenant(&running.tenant).await.unwrap();
    assert_eq!(inventory::replace_assets(&mut tx, &assets).await.unwrap(), 2);
    assert_eq!(inventory::replace_people(&mut tx, &[ada]).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

async fn geo_events(running: &Running) -> Vec<Value> {
    let (_, partitions) = TOPICS.iter().find(|(name, _)| *name == topic::GEO).unwrap();
    let mut events = Vec::new();
    for partition in 0..*partitions {
        let partition = TopicPartition {
            topic: topic::GEO.into(),
            partition,
        };
        let messages = running.bus.read(&partition, 0, 100).await.unwrap();
        events.extend(
            messages
                .iter()
                .map(|message| serde_json::from_slice(&message.record.payload).unwrap()),
        );
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_comes_with_its_places_its_host_and_its_account_and_its_alert_with_both_ends() {
    let Some([city, asn]) = fixtures::geo_databases() else {
        return;
    };
    let dir = product::folder();
    let mut config = product::config(dir.path());
    config.enrich.city = vec![city];
    config.enrich.asn = vec![asn];
    let running = startup::start(config, Clock::system(), Doors::Closed).await.unwrap();

    let plain = take_in(&running, 1).await;
    assert_eq!(plain["destination"]["as"]["number"], 13335, "{plain:#}");
    assert!(plain["destination"]["geo"]["location"]["lat"].is_number(), "{plain:#}");
    assert_eq!(plain["source"].get("geo"), None, "a private address has no place");
    assert_eq!(plain["host"].get("asset"), None);

    // The stages follow the tables while they run.
    replace_tables(&running).await;
    let begun = Instant::now();
    let mut record = 2;
    let known = loop {
        let event = take_in(&running, record).await;
        if event["host"].get("asset").is_some() {
            break event;
        }
        assert!(begun.elapsed() < WAIT_MAX, "the tables were not taken over: {event:#}");
        record += 1;
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    assert_eq!(known["host"]["asset"]["criticality"], "extreme_impact");
    assert_eq!(known["source"]["asset"]["name"], "plant");
    assert_eq!(known["user"]["full_name"], "Ada Okafor");
    assert_eq!(known["user"]["asset"]["privileged"], true);

    let alerts = product::stored_alerts(&running.db, &running.tenant).await;
    let [alert] = &alerts[..] else { panic!("{alerts:#?}") };
    let drawn = geo_events(&running).await;
    assert_eq!(drawn.len() as i64, alert.count, "one for each detection: {drawn:#?}");
    for event in &drawn {
        assert_eq!(event["alert_id"], alert.id.as_str());
        assert_eq!(event["severity"], "medium");
        assert_eq!(event["source"]["ip"], "10.7.0.9");
        assert_eq!(
            event["destination"]["geo"]["location"],
            plain["destination"]["geo"]["location"]
        );
    }
    running.stop().await;
}
