//! ATT&CK names: technique ids as Sigma tags write them → names and tactics.
//!
//! The facts are MITRE's, generated into `techniques.tsv` by `generate.py`. A technique that MITRE revoked or deprecated keeps
//! its name here, so that an old rule still reads well; [`Standing`] says which.

use std::{collections::HashMap, sync::LazyLock};
use watchfloor_shared::alert::Technique;

const FACTS: &str = include_str!("techniques.tsv");

static TECHNIQUES: LazyLock<HashMap<&'static str, Fact>> =
    LazyLock::new(|| FACTS.lines().filter_map(Fact::parse).collect());

/// Whether MITRE still uses the technique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Current,
    Deprecated,
    Revoked,
}

struct Fact {
    standing: Standing,
    name: &'static str,
    tactics: Vec<&'static str>,
}

impl Fact {
    fn parse(line: &'static str) -> Option<(&'static str, Self)> {
        if line.starts_with('#') {
            return None;
        }
        let mut columns = line.split('\t');
        let (id, standing, name, tactics) = (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
        let standing = match standing {
            "current" => Standing::Current,
            "deprecated" => Standing::Deprecated,
            _ => Standing::Revoked,
        };
        let tactics = tactics.split(';').filter(|tactic| !tactic.is_empty()).collect();
        Some((
            id,
            Self {
                standing,
                name,
                tactics,
            },
        ))
    }
}

/// The technique with this id (`T1003.001`, any case). An id that ATT&CK does not know keeps itself as its name.
pub fn technique(id: &str) -> Technique {
    let id = id.to_ascii_uppercase();
    match TECHNIQUES.get(id.as_str()) {
        Some(fact) => Technique {
            name: fact.name.to_owned(),
            tactics: fact.tactics.iter().map(|tactic| (*tactic).to_owned()).collect(),
            id,
        },
        None => Technique {
            name: id.clone(),
            tactics: Vec::new(),
            id,
        },
    }
}

/// Whether MITRE still uses this id; `None` for one it never gave out.
pub fn standing(id: &str) -> Option<Standing> {
    TECHNIQUES
        .get(id.to_ascii_uppercase().as_str())
        .map(|fact| fact.standing)
}

/// The techniques among a rule's tags (`attack.t1003.001`), in their order, each once. Tags of tactics, groups and software
/// name no technique.
pub fn techniques<'a>(tags: impl IntoIterator<Item = &'a str>) -> Vec<Technique> {
    let mut found: Vec<Technique> = Vec::new();
    for tag in tags {
        if let Some(id) = technique_id(tag)
            && !found.iter().any(|known| known.id.eq_ignore_ascii_case(id))
        {
            found.push(technique(id));
        }
    }
    found
}

/// `attack.t1003.001` → `t1003.001`.
fn technique_id(tag: &str) -> Option<&str> {
    let (space, id) = tag.split_once('.')?;
    let digits = id.strip_prefix(['t', 'T'])?;
    let shaped = digits.len() >= 4 && digits.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    (space.eq_ignore_ascii_case("attack") && shaped).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rules_tags_become_named_techniques() {
        let found = techniques([
            "attack.credential-access",
            "attack.t1003.001",
            "attack.T1003.001",
            "attack.s0002",
            "cve.2024-1",
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, "T1003.001");
        assert_eq!(found[0].name, "LSASS Memory");
        assert_eq!(found[0].tactics, ["Credential Access"]);
    }

    #[test]
    fn an_unknown_technique_keeps_its_id() {
        let found = technique("t9999.001");
        assert_eq!((found.id.as_str(), found.name.as_str()), ("T9999.001", "T9999.001"));
        assert_eq!(standing("t9999.001"), None);
    }

    #[test]
    fn techniques_that_mitre_withdrew_are_told_apart() {
        assert_eq!(standing("T1003"), Some(Standing::Current));
        assert_eq!(standing("T1086"), Some(Standing::Revoked));
        assert_eq!(technique("T1086").name, "PowerShell");
    }
}
