//! The edges that carry a verdict, told in words, and the ATT&CK techniques that they look like.

use super::{
    build::{Edge, Graph},
    schema::{NodeKind, OfFile, OfModule, OfProcess, OfRegistry, OfScript, OfUser, Relation, width},
};
use crate::attack;
use watchfloor_shared::alert::{Phrase, Technique};

/// Steps that a sentence tells.
const STEPS_MAX: usize = 5;
/// A feature of a node counts from here.
const FEATURE_MIN: f32 = 0.5;

/// One true sentence of the weightiest of these edges.
pub fn sentence(graph: &Graph, edges: &[usize]) -> Vec<Phrase> {
    let mut phrases = Vec::new();
    let told = edges.iter().filter_map(|at| graph.edges.get(*at)).take(STEPS_MAX);
    let mut actor = None;
    for (number, edge) in told.enumerate() {
        let (from, to) = edge.relation.ends();
        let is_same = actor == Some((from, edge.from));
        if number > 0 {
            phrases.push(Phrase::Words(if is_same {
                " and ".to_owned()
            } else {
                "; ".to_owned()
            }));
        }
        if !is_same {
            phrases.push(Phrase::Machine(graph.label(from, edge.from).to_owned()));
        }
        phrases.push(Phrase::Words(format!(
            "{}{} ",
            if is_same { "" } else { " " },
            verb(edge.relation)
        )));
        phrases.push(Phrase::Machine(graph.label(to, edge.to).to_owned()));
        actor = Some((from, edge.from));
    }
    if !phrases.is_empty() {
        phrases.push(Phrase::Words(".".to_owned()));
    }
    let rest = edges.len().saturating_sub(STEPS_MAX);
    if rest > 0 {
        phrases.push(Phrase::Words(format!(" {rest} more steps belong to it.")));
    }
    phrases
}

fn verb(relation: Relation) -> &'static str {
    match relation {
        Relation::Spawned => "started",
        Relation::Injected => "put code into",
        Relation::Accessed => "opened the memory of",
        Relation::Wrote => "wrote",
        Relation::Read => "read",
        Relation::Deleted => "deleted",
        Relation::Executed => "ran from",
        Relation::Loaded => "loaded",
        Relation::Ran => "ran the script",
        Relation::Connected => "connected to",
        Relation::Accepted => "accepted",
        Relation::Resolved => "asked for",
        Relation::SetRegistry => "set",
        Relation::ReadRegistry => "read",
        Relation::Owns => "ran",
        Relation::LoggedOn => "logged on from",
    }
}

impl Graph {
    /// What people call a node.
    pub fn label(&self, kind: NodeKind, node: u32) -> &str {
        let label = self.labels[kind as usize].get(node as usize);
        label.map_or("something", |label| label)
    }

    fn has(&self, kind: NodeKind, node: u32, feature: usize) -> bool {
        let at = node as usize * width(kind) + feature;
        self.features[kind as usize]
            .get(at)
            .is_some_and(|level| *level >= FEATURE_MIN)
    }
}

/// Which end of an edge a row looks at.
#[derive(Clone, Copy)]
enum End {
    From,
    To,
}

/// Relation, least weight, the end whose feature must be there, technique. Facts: ATT&CK's descriptions.
type Row = (Relation, f32, End, usize, &'static str);

const ROWS: &[Row] = &[
    (
        Relation::Accessed,
        0.95,
        End::To,
        OfProcess::CoreProcess as usize,
        "T1003.001",
    ),
    (Relation::Injected, 0.0, End::To, OfProcess::Victim as usize, "T1055"),
    (
        Relation::Spawned,
        0.0,
        End::To,
        OfProcess::Misplaced as usize,
        "T1036.005",
    ),
    (
        Relation::Spawned,
        0.0,
        End::To,
        OfProcess::OriginalNameDiffers as usize,
        "T1036.003",
    ),
    (
        Relation::Spawned,
        0.0,
        End::To,
        OfProcess::CommandEncoded as usize,
        "T1027",
    ),
    (
        Relation::Spawned,
        0.0,
        End::To,
        OfProcess::CommandDownloads as usize,
        "T1105",
    ),
    (
        Relation::Spawned,
        0.0,
        End::To,
        OfProcess::CommandEvades as usize,
        "T1562",
    ),
    (
        Relation::Spawned,
        0.0,
        End::To,
        OfProcess::CommandSecrets as usize,
        "T1003",
    ),
    (
        Relation::Spawned,
        0.0,
        End::To,
        OfProcess::CommandPersists as usize,
        "T1053",
    ),
    (
        Relation::Spawned,
        0.7,
        End::From,
        OfProcess::Documents as usize,
        "T1204.002",
    ),
    (
        Relation::Spawned,
        0.7,
        End::From,
        OfProcess::WebServer as usize,
        "T1505.003",
    ),
    (Relation::Ran, 0.0, End::To, OfScript::PowerShell as usize, "T1059.001"),
    (Relation::Ran, 0.0, End::To, OfScript::Shell as usize, "T1059"),
    (Relation::Ran, 0.0, End::To, OfScript::Downloads as usize, "T1105"),
    (
        Relation::SetRegistry,
        0.0,
        End::To,
        OfRegistry::RunKey as usize,
        "T1547.001",
    ),
    (
        Relation::SetRegistry,
        0.0,
        End::To,
        OfRegistry::Service as usize,
        "T1543.003",
    ),
    (
        Relation::SetRegistry,
        0.0,
        End::To,
        OfRegistry::ImageHijack as usize,
        "T1546.012",
    ),
    (
        Relation::SetRegistry,
        0.0,
        End::To,
        OfRegistry::Winlogon as usize,
        "T1547.004",
    ),
    (
        Relation::SetRegistry,
        0.0,
        End::To,
        OfRegistry::Task as usize,
        "T1053.005",
    ),
    (
        Relation::SetRegistry,
        0.0,
        End::To,
        OfRegistry::Subscription as usize,
        "T1546.003",
    ),
    (
        Relation::SetRegistry,
        0.0,
        End::To,
        OfRegistry::Protection as usize,
        "T1562.001",
    ),
    (
        Relation::SetRegistry,
        0.0,
        End::To,
        OfRegistry::EventLogs as usize,
        "T1562.002",
    ),
    (Relation::SetRegistry, 0.0, End::To, OfRegistry::Lsa as usize, "T1556"),
    (
        Relation::SetRegistry,
        0.0,
        End::To,
        OfRegistry::OpenCommand as usize,
        "T1548.002",
    ),
    (Relation::Read, 0.9, End::To, OfFile::CredentialStore as usize, "T1003"),
    (Relation::Wrote, 0.0, End::To, OfFile::Autostart as usize, "T1547"),
    (Relation::Wrote, 0.0, End::To, OfFile::InWebRoot as usize, "T1505.003"),
    (Relation::Wrote, 0.0, End::To, OfFile::InShare as usize, "T1021.002"),
    (Relation::Loaded, 0.9, End::To, OfModule::Unsigned as usize, "T1574"),
    (Relation::LoggedOn, 0.6, End::From, OfUser::Failed as usize, "T1110"),
    (Relation::Owns, 0.8, End::From, OfUser::Tampered as usize, "T1562"),
    (Relation::Owns, 0.4, End::From, OfUser::AccountChanged as usize, "T1098"),
];

/// Techniques that the edges look like, each with the edges that say so: suggestions, not findings.
pub fn techniques(graph: &Graph, edges: &[usize]) -> Vec<(Technique, Vec<usize>)> {
    let mut found: Vec<(&str, Vec<usize>)> = Vec::new();
    for at in edges {
        let Some(edge) = graph.edges.get(*at) else { continue };
        for row in ROWS.iter().filter(|row| applies(graph, edge, row)) {
            match found.iter_mut().find(|(id, _)| *id == row.4) {
                Some((_, evidence)) => evidence.push(*at),
                None => found.push((row.4, vec![*at])),
            }
        }
    }
    found
        .into_iter()
        .map(|(id, evidence)| (attack::technique(id), evidence))
        .collect()
}

fn applies(graph: &Graph, edge: &Edge, (relation, weight, end, feature, _): &Row) -> bool {
    let (from, to) = edge.relation.ends();
    let (kind, node) = match end {
        End::From => (from, edge.from),
        End::To => (to, edge.to),
    };
    edge.relation == *relation && edge.attributes[4] >= *weight && graph.has(kind, node, *feature)
}
