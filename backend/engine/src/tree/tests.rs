use super::*;
use proptest::prelude::*;
use serde_json::json;
use watchfloor_shared::tree::{ArtifactKind, ProcessNode};

fn event(n: u32, mut doc: serde_json::Value) -> Event {
    doc["@timestamp"] = json!(Timestamp::from_millis(i64::from(n)).to_string());
    doc["event"]["id"] = json!(format!("{n:032x}"));
    doc["host"]["id"] = json!("ws-1");
    let serde_json::Value::Object(doc) = doc else { panic!() };
    Event::from_doc(doc).unwrap()
}

fn start(n: u32, entity: &str, parent: &str) -> Event {
    event(
        n,
        json!({
            "event": {"category": ["process"], "type": ["start"]},
            "process": {"entity_id": entity, "name": format!("{entity}.exe"), "pid": n,
                "parent": {"entity_id": parent, "executable": format!("C:\\x\\{parent}.exe")}},
            "user": {"name": "a.berg", "domain": "CORP"},
        }),
    )
}

fn tree(events: &[Event], alert: &[u32]) -> ProcessTree {
    build(&TreeInput {
        events,
        alert_events: &alert.iter().map(|n| EventId::new(format!("{n:032x}"))).collect(),
        trigger_entity: None,
        severity: Severity::High,
        touched: &HashMap::new(),
        from: Timestamp::EPOCH,
        to: Timestamp::from_millis(1_000_000),
        telemetry_begins: None,
    })
}

fn names(tree: &ProcessTree) -> Vec<&str> {
    tree.nodes.iter().map(|node| node.entity_id.as_str()).collect()
}

fn node<'a>(tree: &'a ProcessTree, entity: &str) -> &'a ProcessNode {
    tree.nodes
        .iter()
        .find(|node| node.entity_id.as_str() == entity)
        .unwrap()
}

#[test]
fn the_way_to_the_match_is_marked_and_a_missing_parent_is_named() {
    let read = event(
        9,
        json!({
            "event": {"category": ["process"], "type": ["access"], "action": "process-accessed"},
            "process": {"entity_id": "c", "target": {"name": "lsass.exe"}},
            "winlog": {"event_data": {"GrantedAccess": "0x1fffff"}},
        }),
    );
    let events = [start(3, "c", "b"), start(1, "b", "a"), start(2, "d", "b"), read];
    let tree = tree(&events, &[9]);
    assert_eq!(names(&tree), ["a", "b", "d", "c"]);
    let root = node(&tree, "a");
    assert!(root.missing && root.on_path && root.parent.is_none());
    assert_eq!(root.name, "a.exe");
    let matched = node(&tree, "c");
    assert!(matched.matched && matched.on_path && !matched.missing);
    assert_eq!(matched.user.as_deref(), Some("CORP\\a.berg"));
    assert!(!node(&tree, "d").on_path);
    assert_eq!(tree.artifacts.len(), 1);
    let artifact = &tree.artifacts[0];
    assert_eq!(
        (artifact.kind, artifact.label.as_str()),
        (ArtifactKind::Process, "lsass.exe")
    );
    assert_eq!(artifact.detail, "memory read, 0x1fffff");
    assert_eq!(tree.empty_because, None);
}

#[test]
fn an_empty_tree_always_says_why() {
    assert!(tree(&[], &[1]).empty_because.unwrap().contains("no process events"));
    let logon = event(1, json!({"event": {"category": ["authentication"]}}));
    assert!(tree(&[logon], &[1]).empty_because.unwrap().contains("name no process"));
    assert!(
        tree(&[start(1, "a", "b")], &[7])
            .empty_because
            .unwrap()
            .contains("no longer kept")
    );
}

#[test]
fn processes_that_descend_from_themselves_lose_one_link() {
    let tree = tree(
        &[
            start(1, "a", "c"),
            start(2, "b", "a"),
            start(3, "c", "b"),
            start(4, "d", "d"),
        ],
        &[3],
    );
    assert_eq!(names(&tree), ["a", "b", "c", "d"]);
    assert!(node(&tree, "b").on_path);
}

#[test]
fn the_cap_keeps_the_path_and_its_nearest() {
    let mut events = vec![
        start(1, "root", "init"),
        start(2, "hit", "root"),
        start(3, "child", "hit"),
    ];
    events.extend((10..10_100).map(|n| start(n, &format!("p{n:06}"), "root")));
    let tree = tree(&events, &[2]);
    assert_eq!(tree.nodes.len(), NODES_MAX);
    assert_eq!(tree.total, 10_094);
    for entity in ["init", "root", "hit", "child"] {
        node(&tree, entity);
    }
}

proptest! {
    #[test]
    fn any_links_give_every_process_once_parents_first_whatever_the_order(
        links in prop::collection::vec((0u8..20, 0u8..20), 1..60), seed in any::<u64>()
    ) {
        let events: Vec<Event> =
            links.iter().zip(1u32..).map(|((a, b), n)| start(n, &format!("p{a}"), &format!("p{b}"))).collect();
        let built = tree(&events, &[1]);
        let mut seen = HashSet::new();
        for node in &built.nodes {
            prop_assert!(node.parent.as_ref().is_none_or(|parent| seen.contains(parent)));
            prop_assert!(seen.insert(node.entity_id.clone()));
        }
        prop_assert_eq!(built.total as usize, built.nodes.len());
        let mut turned = events;
        let by = seed as usize % turned.len();
        turned.rotate_left(by);
        prop_assert_eq!(tree(&turned, &[1]), built);
    }
}
