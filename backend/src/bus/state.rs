//! What the log remembers besides records: committed offsets and watermarks. Each new segment starts with all of it, so that
//! an older segment is never needed for it.

use super::Committed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub bounds: Vec<Bounds>,
    pub commits: Vec<GroupCommits>,
}

/// Low watermark of a partition and the offset of its next record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    pub topic: u32,
    pub partition: u32,
    pub low: u64,
    pub high: u64,
}

/// Written as one frame, so that all positions of one commit hold or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupCommits {
    pub group: String,
    pub positions: Vec<Position>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub topic: u32,
    pub partition: u32,
    pub offset: u64,
    pub metadata: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateChange {
    Commit(GroupCommits),
    /// Retention moved these low watermarks.
    Trim(Vec<Bounds>),
}

/// Committed offsets by group.
#[derive(Debug, Default)]
pub struct Commits(BTreeMap<String, BTreeMap<(u32, u32), Committed>>);

impl Commits {
    pub fn apply(&mut self, commit: &GroupCommits) {
        let positions = self.0.entry(commit.group.clone()).or_default();
        for position in &commit.positions {
            let committed = Committed {
                offset: position.offset,
                metadata: position.metadata.clone(),
            };
            positions.insert((position.topic, position.partition), committed);
        }
    }

    pub fn get(&self, group: &str, topic: u32, partition: u32) -> Option<&Committed> {
        self.0.get(group)?.get(&(topic, partition))
    }

    pub fn snapshot(&self) -> Vec<GroupCommits> {
        let position = |(&(topic, partition), committed): (&(u32, u32), &Committed)| Position {
            topic,
            partition,
            offset: committed.offset,
            metadata: committed.metadata.clone(),
        };
        self.0
            .iter()
            .map(|(group, held)| GroupCommits {
                group: group.clone(),
                positions: held.iter().map(position).collect(),
            })
            .collect()
    }
}
