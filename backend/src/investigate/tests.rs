use super::*;
use crate::search::{
    SearchIndex,
    embedded::{EmbeddedIndex, Limits},
};
use serde_json::{Value, json};
use watchfloor_engine::Event;
use watchfloor_shared::{
    EndpointId, EventId, TenantId, Timestamp, alert::AlertDetail, timeline::LaneBy, tree::ArtifactKind,
};

const HOUR: i64 = 3_600_000;

fn id(n: u32) -> EventId {
    EventId::new(format!("{n:032x}"))
}

fn event(n: u32, at_ms: i64, mut doc: Value) -> Event {
    doc["@timestamp"] = json!(Timestamp::from_millis(at_ms).to_string());
    doc["event"]["id"] = json!(id(n).as_str());
    doc["host"]["id"] = json!("ws-1");
    doc["user"] = json!({"name": if n < 3 { "SYSTEM" } else { "a.berg" }, "domain": "CORP"});
    let Value::Object(doc) = doc else {
        panic!("not an object")
    };
    Event::from_doc(doc).unwrap()
}

fn start(n: u32, at_ms: i64, entity: &str, parent: &str) -> Event {
    let process = json!({"entity_id": entity, "name": format!("{entity}.exe"), "executable": format!("C:\\{entity}.exe"),
        "parent": {"entity_id": parent}});
    event(
        n,
        at_ms,
        json!({"event": {"category": ["process"], "type": ["start"]}, "process": process}),
    )
}

/// Long ago `init` started `shell`; ten hours in, `shell` started `evil`, which read lsass and wrote a file.
fn story() -> Vec<Event> {
    vec![
        start(1, 0, "init", "boot"),
        start(2, 1_000, "shell", "init"),
        start(3, 10 * HOUR, "evil", "shell"),
        event(
            4,
            10 * HOUR + 1_000,
            json!({
                "event": {"category": ["process"], "type": ["access"], "action": "process-accessed"},
                "process": {"entity_id": "evil", "target": {"name": "lsass.exe"}},
                "winlog": {"event_data": {"GrantedAccess": "0x1410"}},
            }),
        ),
        event(
            5,
            10 * HOUR + 2_000,
            json!({
                "event": {"category": ["file"], "action": "file-created"},
                "process": {"entity_id": "evil"}, "file": {"name": "u.bin"},
            }),
        ),
        start(6, 10 * HOUR + 3_000, "other", "shell"),
    ]
}

fn alert(trigger: u32, at_ms: i64) -> AlertDetail {
    let at = Timestamp::from_millis(at_ms).to_string();
    serde_json::from_value(json!({
        "id": "9f2c41", "title": "LSASS read", "evidence": "", "severity": "high", "status": "open", "source": "sigma",
        "rule_id": "r", "endpoint_id": "ws-1", "user": null, "process_name": null, "count": 1, "first_seen": at,
        "last_seen": at, "techniques": [], "related_endpoints": [], "assignee": null, "verdict": null, "simulated": false,
        "times": {"observed": at, "received": at, "detected": at, "stored": at, "shown": null}, "version": 1,
        "what_happened": [], "matched": [],
        "rule": {"id": "r", "title": "LSASS read", "level": "high", "description": "", "author": null,
            "false_positives": [], "references": []},
        "trigger_event": id(trigger).as_str(), "trigger_entity": null, "events": [id(trigger).as_str()],
        "related": [], "history": [],
    }))
    .unwrap()
}

async fn told() -> (tempfile::TempDir, EmbeddedIndex, TenantId) {
    let folder = tempfile::tempdir().unwrap();
    let index = EmbeddedIndex::open(folder.path(), Limits::default()).unwrap();
    let tenant: TenantId = "acme".parse().unwrap();
    index
        .add(&tenant, crate::search::EncodedEvent::all(story()))
        .await
        .unwrap();
    index.commit().await.unwrap();
    (folder, index, tenant)
}

#[tokio::test]
async fn ancestors_are_found_however_long_ago_they_started() {
    let (_folder, index, tenant) = told().await;
    let tree = tree(&index, &tenant, &alert(4, 10 * HOUR + 1_000)).await.unwrap();
    let names: Vec<_> = tree.nodes.iter().map(|node| node.entity_id.as_str()).collect();
    assert_eq!(names, ["boot", "init", "shell", "evil", "other"]);
    let on_path: Vec<_> = tree.nodes.iter().map(|node| node.on_path).collect();
    assert_eq!(on_path, [true, true, true, true, false]);
    assert!(tree.nodes[0].missing && !tree.nodes[1].missing);
    assert_eq!(tree.nodes[3].files, 1);
    assert_eq!(
        (tree.artifacts[0].kind, tree.artifacts[0].label.as_str()),
        (ArtifactKind::Process, "lsass.exe")
    );
    assert_eq!(tree.telemetry_begins, Some(Timestamp::EPOCH));
    assert_eq!(tree.from, Some(Timestamp::EPOCH), "widened to the first ancestor");
}

#[tokio::test]
async fn a_tree_without_events_says_why() {
    let (_folder, index, tenant) = told().await;
    let gone = tree(&index, &tenant, &alert(99, 50 * HOUR)).await.unwrap();
    assert!(gone.nodes.is_empty() && gone.empty_because.is_some());
    let nobody: TenantId = "globex".parse().unwrap();
    let theirs = tree(&index, &nobody, &alert(4, 10 * HOUR)).await.unwrap();
    assert!(theirs.nodes.is_empty() && theirs.empty_because.is_some());
}

#[tokio::test]
async fn the_timeline_puts_the_alerts_process_first() {
    let (_folder, index, tenant) = told().await;
    let detail = alert(4, 10 * HOUR + 1_000);
    let timeline = timeline(&index, &tenant, &detail, LaneBy::Process, None, None)
        .await
        .unwrap();
    assert_eq!((timeline.total, timeline.shown), (4, 4));
    assert_eq!(timeline.lanes[0].key, "evil");
    assert!(
        timeline.lanes[0]
            .marks
            .iter()
            .any(|mark| mark.severity.is_some() && mark.event_id == id(4))
    );
    assert_eq!(timeline.lanes[0].begin, Some(Timestamp::from_millis(10 * HOUR)));
}

#[tokio::test]
async fn an_endpoint_is_known_by_its_people_and_programs() {
    let (_folder, index, tenant) = told().await;
    let endpoint_id = EndpointId::new("ws-1");
    let seen = endpoint(
        &index,
        &tenant,
        &endpoint_id,
        Timestamp::EPOCH,
        Timestamp::from_millis(11 * HOUR),
    )
    .await
    .unwrap();
    assert_eq!((seen.users[0].value.as_str(), seen.users[0].count), ("a.berg", 4));
    assert_eq!(seen.executables.len(), 4);
    assert_eq!(seen.activity.iter().map(|step| step.count).sum::<i64>(), 6);
    let all = activity(&index, &tenant, &[endpoint_id.clone(), EndpointId::new("nobody")])
        .await
        .unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[&endpoint_id].events, 6);
    assert_eq!(all[&endpoint_id].usual_user.as_deref(), Some("a.berg"));
}
