//! From events to tensors, on the samples that ship and on events made here.

use super::*;
use crate::{
    Event,
    graph::schema::OfProcess,
    normalize::{RawContext, normalize},
    verdict::Verdict,
    window::{Settings, Windows},
};
use serde_json::{Value, json};
use watchfloor_shared::{TenantId, Timestamp};

fn event(mut doc: Value, id: u32, second: i64) -> Event {
    doc["@timestamp"] = json!(Timestamp::from_millis(1_700_000_010_000 + second * 1000).to_string());
    doc["event"]["id"] = json!(format!("{id:032x}"));
    doc["host"]["id"] = json!("ws-1");
    let Value::Object(doc) = doc else { panic!("an object") };
    Event::from_doc(doc).unwrap()
}

fn start(id: u32, second: i64, parent: (u32, &str), child: (u32, &str), line: &str) -> Event {
    let program = |(pid, path): (u32, &str)| json!({"pid": pid, "executable": path, "name": path.rsplit('\\').next()});
    let mut doc = json!({"event": {"action": "process-created", "category": ["process"]}, "winlog": {}, "process": program(child),
        "user": {"name": "a.berg", "domain": "CORP"}});
    doc["process"]["parent"] = program(parent);
    doc["process"]["command_line"] = json!(line);
    event(doc, id, second)
}

fn graph_of(events: &[Event]) -> Graph {
    let mut windows = Windows::new(&Settings::default());
    let tenant: TenantId = "t".parse().unwrap();
    for event in events {
        if let Some(facts) = facts(event) {
            assert!(
                windows
                    .on_event(event.timestamp, &tenant, &event.endpoint, facts)
                    .is_empty()
            );
        }
    }
    windows.finish().swap_remove(0).graph
}

const CMD: (u32, &str) = (20, r"C:\Windows\System32\cmd.exe");
const WORD: (u32, &str) = (10, r"C:\Program Files\Microsoft Office\WINWORD.EXE");

fn incident() -> Vec<Event> {
    let access = json!({"event": {"action": "process-accessed", "category": ["process"]},
        "process": {"pid": 20, "executable": CMD.1, "target": {"pid": 500, "executable": r"C:\Windows\System32\lsass.exe"}},
        "winlog": {"event_data": {"GrantedAccess": "0x1FFFFF"}}});
    let audit = json!({"event": {"action": "privilege-used", "category": ["iam"]}, "user": {"name": "a.berg"}, "process": {"pid": 20}, "winlog": {}});
    vec![
        start(
            1,
            0,
            WORD,
            CMD,
            "cmd.exe /c powershell -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcA",
        ),
        event(access, 2, 4),
        event(audit, 3, 5),
    ]
}

fn feature(graph: &Graph, kind: NodeKind, label: &str, name: &str) -> f32 {
    let row = graph.labels[kind as usize]
        .iter()
        .position(|known| known.eq_ignore_ascii_case(label))
        .unwrap();
    let column = feature_names(kind).iter().position(|known| *known == name).unwrap();
    graph.features[kind as usize][row * width(kind) + column]
}

#[test]
fn what_happened_is_in_the_graph() {
    let graph = graph_of(&incident());
    assert_eq!(
        graph.counts,
        [3, 1, 0, 0, 1, 1, 0],
        "word, cmd, lsass; the image; the user; what cmd was given"
    );
    let of = |label, name| feature(&graph, NodeKind::Process, label, name);
    assert!(of("cmd.exe", "Shell") > 0.9 && of("cmd.exe", "KnownInPlace") > 0.9);
    assert!(of("cmd.exe", "ParentImplausible") > 0.9 && of("cmd.exe", "CommandEncoded") > 0.5);
    assert!(of("cmd.exe", "CommandHidden") > 0.2 && of("cmd.exe", "Accesses") > 0.0);
    assert!(of("lsass.exe", "Victim") > 0.8 && of("winword.exe", "Documents") > 0.9);
    let relations: Vec<&str> = graph.edges.iter().map(|edge| edge.relation.as_str()).collect();
    assert_eq!(relations, ["spawned", "accessed", "executed", "ran", "owns"]);
}

#[test]
fn names_addresses_and_numbers_leave_no_trace() {
    let renamed = |text: &str| {
        text.replace("a.berg", "q.zzzz")
            .replace("CORP", "ACME")
            .replace("ws-1", "srv-777")
            .replace("\"pid\":20", "\"pid\":9999")
            .replace("\"pid\":500", "\"pid\":628")
    };
    let one = incident();
    let other: Vec<Event> = one
        .iter()
        .map(|event| Event::from_json(renamed(&serde_json::to_string(&event.doc).unwrap()).as_bytes()).unwrap())
        .collect();
    let (one, other) = (graph_of(&one), graph_of(&other));
    assert_eq!(one.counts, other.counts);
    // The order of equal times is by key, which is a name's hash; the rows are the same.
    for kind in NodeKind::ALL {
        let rows = |graph: &Graph| {
            let mut rows: Vec<Vec<u32>> = graph.features[kind as usize]
                .chunks(width(kind))
                .map(|row| row.iter().map(|value| value.to_bits()).collect())
                .collect();
            rows.sort();
            rows
        };
        assert_eq!(rows(&one), rows(&other), "{kind:?}");
    }
}

#[test]
fn a_flood_is_merged_by_class_and_marked() {
    let mut events = incident();
    for number in 0..12_000_u32 {
        let doc = json!({"event": {"action": "file-created", "category": ["file"]}, "winlog": {},
            "process": {"pid": 20, "executable": CMD.1}, "file": {"path": format!(r"C:\Users\a\Documents\report{number:05}.docx")}});
        events.push(event(doc, 100 + number, 6));
    }
    let graph = graph_of(&events);
    assert!(graph.merged && graph.nodes() <= NODES_MAX, "{}", graph.nodes());
    assert!(
        feature(&graph, NodeKind::Process, "cmd.exe", "ParentImplausible") > 0.9,
        "processes stay apart"
    );
}

#[test]
fn every_sample_of_an_endpoint_gives_facts() {
    let mut kinds = std::collections::BTreeSet::new();
    let mut without = Vec::new();
    for sample in crate::normalize::testing::samples() {
        let context = RawContext {
            received: Timestamp::EPOCH,
            position: 0,
            simulated: false,
            origin: sample.origin(),
        };
        let Verdict::Emit(event) = normalize(&sample.raw, &context) else {
            continue;
        };
        let Some(platform) = Platform::of(&event) else { continue };
        match facts(&event) {
            Some(facts) => {
                assert_eq!(facts.platform, platform);
                for mention in &facts.mentions {
                    assert_eq!(mention.traits.as_bytes().len(), width(mention.kind));
                    kinds.insert(mention.kind);
                }
                for link in &facts.links {
                    let kind = |at: usize| facts.mentions[at].kind;
                    assert_eq!(
                        (kind(link.from), kind(link.to)),
                        link.relation.ends(),
                        "{}",
                        sample.name
                    );
                }
            }
            None => without.push(format!("{}/{}", sample.spelling, sample.name)),
        }
    }
    assert_eq!(kinds.len(), NODE_KINDS);
    assert!(without.len() < 40, "{without:#?}");
}

#[test]
fn a_batch_is_its_windows_side_by_side() {
    let graph = graph_of(&incident());
    let mut batch = Batch::default();
    batch.pack(&[&graph, &graph]);
    assert_eq!(
        (batch.windows(), batch.nodes(), batch.edges()),
        (2, 2 * graph.nodes(), 4 * graph.edges.len())
    );
    assert!(batch.destination.is_sorted());
    for at in 0..batch.edges() {
        let window = |node: i64| batch.window[usize::try_from(node).unwrap()];
        assert_eq!(window(batch.source[at]), window(batch.destination[at]));
    }
    assert_eq!(batch.counts.iter().sum::<usize>(), batch.nodes());
    assert_eq!(width(NodeKind::Process), usize::from(OfProcess::Events) + 1);
    assert_eq!(schema_version().len(), 16);
}

/// A model that looks for one thing only: encoded commands.
fn encoded(graphs: &[&Graph]) -> Vec<Option<f32>> {
    let column = usize::from(OfProcess::CommandEncoded);
    let of = |graph: &&Graph| {
        let rows = graph.features[0].chunks(width(NodeKind::Process));
        Some(rows.map(|row| row[column]).fold(0.0, f32::max))
    };
    graphs.iter().map(of).collect()
}

#[test]
fn an_explanation_carries_the_verdict_and_nothing_else() {
    let mut events = incident();
    for number in 0..30_u32 {
        let path = format!(r"C:\Program Files\Tool{number}\tool.exe");
        events.push(start(
            200 + number,
            3,
            (900, r"C:\Windows\explorer.exe"),
            (1000 + number, &path),
            "tool.exe",
        ));
    }
    let graph = graph_of(&events);
    let found = explain(&graph, 0.5, &mut encoded).unwrap();
    assert!(
        found.score >= 0.5 && found.without < 0.5 && found.only >= 0.5,
        "{found:?}"
    );
    assert!(
        found.edges.len() * 100 <= 15 * graph.edges.len(),
        "{} of {}",
        found.edges.len(),
        graph.edges.len()
    );
    assert_eq!(explain(&graph, 0.5, &mut encoded), Some(found));
}

#[test]
fn a_window_is_told_in_words_with_its_techniques() {
    let graph = graph_of(&incident());
    let all: Vec<usize> = (0..graph.edges.len()).collect();
    let text: String = sentence(&graph, &all)
        .into_iter()
        .map(|phrase| match phrase {
            watchfloor_shared::alert::Phrase::Words(text) | watchfloor_shared::alert::Phrase::Machine(text) => text,
        })
        .collect();
    assert!(
        text.starts_with("WINWORD.EXE started cmd.exe; cmd.exe opened the memory of lsass.exe and "),
        "{text}"
    );
    let ids: Vec<String> = techniques(&graph, &all)
        .into_iter()
        .map(|(technique, _)| technique.id)
        .collect();
    for id in ["T1003.001", "T1204.002", "T1027"] {
        assert!(ids.iter().any(|known| known == id), "{id} in {ids:?}");
    }
}
