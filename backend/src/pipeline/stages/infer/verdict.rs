//! A window above the threshold → the detection that the alert stage folds: why, in words, with the events that carry it.

use super::result_record;
use crate::{
    bus::Record,
    infer::{Model, Scorer, rule_id},
};
use watchfloor_engine::{
    alert::Detection,
    graph::{Edge, Explanation, Graph, NodeKind, Relation, explain, sentence, techniques},
    window::Window,
};
use watchfloor_shared::{
    EventId, Timestamp,
    alert::{AlertRule, DetectionSource, MatchedField, Phrase, Severity},
};

/// Score from which a severity holds.
const SEVERITIES: [(f32, Severity); 3] = [
    (0.95, Severity::Critical),
    (0.85, Severity::High),
    (0.7, Severity::Medium),
];
/// Edges that an alert lists, and events that it names.
const EDGES_MAX: usize = 40;
const EVENTS_MAX: usize = 200;

/// `None` for a window without a single link: nothing could be shown for it.
pub(super) fn record(window: &Window, score: f32, model: &Model, scorer: Scorer, now: Timestamp) -> Option<Record> {
    let mut answer = |graphs: &[&Graph]| scorer.score(model, graphs).into_iter().map(Result::ok).collect();
    let explanation = explain(&window.graph, model.manifest.threshold, &mut answer)?;
    let detection = detection(window, score, model, &explanation, now)?;
    Some(result_record(window, serde_json::to_vec(&detection).ok()?))
}

fn detection(
    window: &Window,
    score: f32,
    model: &Model,
    explanation: &Explanation,
    now: Timestamp,
) -> Option<Detection> {
    let graph = &window.graph;
    let edges: Vec<&Edge> = explanation.edges.iter().filter_map(|at| graph.edges.get(*at)).collect();
    let first = edges.iter().min_by_key(|edge| (edge.first_ms, edge.event))?;
    let severity = SEVERITIES
        .iter()
        .find(|(least, _)| score >= *least)
        .map_or(Severity::Low, |(_, severity)| *severity);
    let mut told = sentence(graph, &explanation.edges);
    let evidence: String = told.iter().map(text).collect();
    told.push(Phrase::Words(format!(
        " The model gives this window {:.0} % of being an attack.",
        score * 100.0
    )));
    let actor = edges.iter().find(|edge| edge.relation.ends().0 == NodeKind::Process);
    let owner = edges.iter().find(|edge| edge.relation == Relation::Owns);
    Some(Detection {
        source: DetectionSource::Model,
        rule: rule(window, model),
        severity,
        techniques: techniques(graph, &explanation.edges)
            .into_iter()
            .map(|(technique, _)| technique)
            .collect(),
        event_id: event_id(first.event),
        contributing: contributing(&edges),
        endpoint_id: window.stream.endpoint.clone(),
        subject: String::new(),
        endpoint_name: window.stream.endpoint.to_string(),
        user: owner.map(|edge| graph.label(NodeKind::User, edge.from).to_owned()),
        process_name: actor.map(|edge| graph.label(NodeKind::Process, edge.from).to_owned()),
        process_entity: None,
        file_sha256: None,
        evidence: evidence.chars().take(300).collect(),
        what_happened: told,
        matched: edges.iter().take(EDGES_MAX).map(|edge| matched(graph, edge)).collect(),
        observed: Timestamp::from_millis(first.first_ms),
        received: window.received,
        detected: now,
        simulated: window.is_simulated,
        located: None,
    })
}

fn rule(window: &Window, model: &Model) -> AlertRule {
    AlertRule {
        id: rule_id(window.stream.platform),
        title: "What this endpoint did together looks like an attack".to_owned(),
        level: "model".to_owned(),
        description: format!(
            "The graph model {} judges what an endpoint's processes, files, accounts and connections did within {} seconds. The steps shown are those without which it would not have said so.",
            model.manifest.label(),
            window.end.since(window.start).as_secs()
        ),
        author: None,
        false_positives: vec!["Administration that touches many of the same things as an attack".to_owned()],
        references: Vec::new(),
    }
}

fn matched(graph: &Graph, edge: &Edge) -> MatchedField {
    let (from, to) = edge.relation.ends();
    MatchedField {
        field: format!("{} {} {}", from.as_str(), edge.relation.as_str(), to.as_str()),
        value: format!("{} → {}", graph.label(from, edge.from), graph.label(to, edge.to)),
        spans: Vec::new(),
        condition: format!("event {}", event_id(edge.event)),
    }
}

fn text(phrase: &Phrase) -> &str {
    match phrase {
        Phrase::Words(text) | Phrase::Machine(text) => text,
    }
}

/// Oldest first, each once.
fn contributing(edges: &[&Edge]) -> Vec<EventId> {
    let mut events: Vec<(i64, u128)> = edges.iter().map(|edge| (edge.first_ms, edge.event)).collect();
    events.sort_unstable();
    events.dedup_by_key(|(_, event)| *event);
    events
        .into_iter()
        .take(EVENTS_MAX)
        .map(|(_, event)| event_id(event))
        .collect()
}

fn event_id(number: u128) -> EventId {
    EventId::new(format!("{number:032x}"))
}
