//! The process tree from left to right. Four steps, each pure: [`Forest`] indexes what the server sent, [`shown`] decides
//! what is open and what is folded, [`place`] gives every item a column and a row without overlap, [`Grid`] turns
//! columns and rows into pixels of the space that there is.
//!
//! The attack path lies on one straight row; what started before it is above, what started after it below.

mod grid;
mod place;
mod shown;

pub use grid::{Grid, View, edges, visible};
pub use place::{Placed, place};
pub use shown::{Item, Kind, Scope, TreeState, folded_processes, shown};

use std::collections::HashMap;
use watchfloor_shared::{EntityId, tree::ProcessTree};

/// Who is whose child, by position in `ProcessTree::nodes` and `ProcessTree::artifacts`.
#[derive(Debug, Clone, Default)]
pub struct Forest {
    pub roots: Vec<usize>,
    pub parent: Vec<Option<usize>>,
    pub children: Vec<Vec<usize>>,
    pub artifacts: Vec<Vec<usize>>,
    /// Processes below each process.
    pub below: Vec<usize>,
    position: HashMap<EntityId, usize>,
}

impl Forest {
    /// A parent that is unknown, or that does not come before its child, leaves the child a root: no cycle can arise.
    pub fn of(tree: &ProcessTree) -> Self {
        let count = tree.nodes.len();
        let mut forest = Forest {
            parent: vec![None; count],
            children: vec![Vec::new(); count],
            artifacts: vec![Vec::new(); count],
            below: vec![0; count],
            ..Forest::default()
        };
        for (at, node) in tree.nodes.iter().enumerate() {
            let parent = node.parent.as_ref().and_then(|id| forest.position.get(id)).copied();
            match parent {
                Some(parent) => forest.children[parent].push(at),
                None => forest.roots.push(at),
            }
            forest.parent[at] = parent;
            forest.position.insert(node.entity_id.clone(), at);
        }
        for at in (0..count).rev() {
            if let Some(parent) = forest.parent[at] {
                forest.below[parent] += 1 + forest.below[at];
            }
        }
        for (at, artifact) in tree.artifacts.iter().enumerate() {
            if let Some(owner) = forest.position.get(&artifact.from) {
                forest.artifacts[*owner].push(at);
            }
        }
        forest
    }

    pub fn find(&self, id: &EntityId) -> Option<usize> {
        self.position.get(id).copied()
    }
}

#[cfg(test)]
pub(crate) mod sample {
    use watchfloor_shared::{EntityId, tree::ProcessNode, tree::ProcessTree};

    pub fn node(id: &str, parent: Option<&str>, name: &str, on_path: bool) -> ProcessNode {
        ProcessNode {
            entity_id: EntityId::new(id),
            parent: parent.map(EntityId::new),
            pid: Some(4),
            name: name.to_owned(),
            executable: None,
            command_line: None,
            user: None,
            integrity_level: None,
            sha256: None,
            started: None,
            ended: None,
            event_id: None,
            files: 0,
            network: 0,
            registry: 0,
            modules: 0,
            on_path,
            matched: false,
            missing: false,
            severity: None,
        }
    }

    pub fn tree(nodes: Vec<ProcessNode>) -> ProcessTree {
        ProcessTree {
            total: nodes.len() as i64,
            nodes,
            ..ProcessTree::default()
        }
    }

    /// `count` processes in depth-first order, each the child of an earlier one on the present branch.
    pub fn large(count: usize) -> ProcessTree {
        let mut nodes = vec![node("0", None, "root.exe", true)];
        let mut branch = vec![0_usize];
        let mut state = 7_u64;
        for at in 1..count {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let keep = 1 + (state >> 33) as usize % branch.len().min(9);
            branch.truncate(keep);
            let parent = branch[keep - 1];
            let on_path = at == parent + 1 && nodes[parent].on_path && at < 6;
            let name = format!("p{}.exe", (state >> 40) % 2_000);
            nodes.push(node(&at.to_string(), Some(&parent.to_string()), &name, on_path));
            branch.push(at);
        }
        tree(nodes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_claims_a_later_parent_becomes_a_root() {
        let nodes = vec![
            sample::node("a", Some("b"), "a.exe", false),
            sample::node("b", Some("a"), "b.exe", false),
        ];
        let forest = Forest::of(&sample::tree(nodes));
        assert_eq!(forest.roots, [0]);
        assert_eq!(forest.children[0], [1]);
        assert_eq!(forest.below[0], 1);
    }
}
