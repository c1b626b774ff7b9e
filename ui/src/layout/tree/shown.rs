//! What of the forest is on the drawing: the attack path always, what hangs on it folded by name, the rest when asked for.

use super::Forest;
use std::collections::{HashMap, HashSet};
use watchfloor_shared::tree::{ProcessNode, ProcessTree};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// The path with what hangs directly on it.
    #[default]
    AttackPath,
    /// Every process of the endpoint in the range.
    All,
}

/// What a person opened and closed. Keys survive a reload of the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TreeState {
    pub scope: Scope,
    /// Processes whose children are shown although the scope hides them, or the reverse.
    pub toggled: HashSet<String>,
    /// Folds that were opened.
    pub unfolded: HashSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Position in `ProcessTree::nodes`.
    Process(usize),
    /// Siblings behind one box: of one name, or the rest of a long list.
    Fold { name: Option<String>, members: Vec<usize> },
    /// Position in `ProcessTree::artifacts`.
    Artifact(usize),
    /// Artifacts beyond the first few of one process.
    MoreArtifacts(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub key: String,
    pub kind: Kind,
    /// Position in the list of items; parents come before children.
    pub parent: Option<usize>,
    pub depth: usize,
    pub on_path: bool,
    /// For a process with children and for a fold: whether they are shown.
    pub open: Option<bool>,
    /// Needs a free row below it for a caption.
    pub captioned: bool,
}

/// Off-path boxes beside the path before the rest goes behind «others».
const SIBLINGS_MAX: usize = 5;
const ARTIFACTS_MAX: usize = 6;

struct Walk<'a> {
    tree: &'a ProcessTree,
    forest: &'a Forest,
    state: &'a TreeState,
    /// Only the path and its surroundings; off when the tree has no path.
    by_path: bool,
    items: Vec<Item>,
    /// Still to visit, last first: kind, parent item, depth.
    stack: Vec<(Kind, Option<usize>, usize)>,
}

/// The items in depth-first order.
pub fn shown(tree: &ProcessTree, forest: &Forest, state: &TreeState) -> Vec<Item> {
    let has_path = tree.nodes.iter().any(|node| node.on_path || node.matched);
    let by_path = state.scope == Scope::AttackPath && has_path;
    let mut walk = Walk {
        tree,
        forest,
        state,
        by_path,
        items: Vec::new(),
        stack: Vec::new(),
    };
    let roots = walk.siblings("", &forest.roots);
    walk.push(roots, None, 0);
    while let Some((kind, parent, depth)) = walk.stack.pop() {
        walk.visit(kind, parent, depth);
    }
    walk.items
}

/// Processes that stand behind fold boxes, their descendants included.
pub fn folded_processes(forest: &Forest, items: &[Item]) -> usize {
    let members = items.iter().filter_map(|item| match &item.kind {
        Kind::Fold { members, .. } if item.open != Some(true) => Some(members),
        _ => None,
    });
    members.flatten().map(|at| 1 + forest.below[*at]).sum()
}

impl Walk<'_> {
    fn push(&mut self, kinds: Vec<Kind>, parent: Option<usize>, depth: usize) {
        self.stack
            .extend(kinds.into_iter().rev().map(|kind| (kind, parent, depth)));
    }

    fn visit(&mut self, kind: Kind, parent: Option<usize>, depth: usize) {
        let at = self.items.len();
        let parent_key = parent.map_or("", |p| self.items[p].key.as_str());
        let mut item = Item {
            key: key_of(self.tree, &kind, parent_key),
            kind,
            parent,
            depth,
            on_path: false,
            open: None,
            captioned: false,
        };
        let mut below = Vec::new();
        match item.kind {
            Kind::Process(process) => {
                let node = &self.tree.nodes[process];
                item.on_path = node.on_path || node.matched;
                item.captioned = node.missing && item.on_path && parent.is_none();
                let open = self.is_open(&item.key, item.on_path);
                if !self.forest.children[process].is_empty() {
                    item.open = Some(open);
                }
                if open {
                    below = self.siblings(&item.key, &self.forest.children[process]);
                }
                if open || item.on_path {
                    below.extend(self.artifacts_of(process));
                }
            }
            Kind::Artifact(_) => item.on_path = true,
            Kind::Fold { .. } => item.open = Some(self.state.unfolded.contains(&item.key)),
            Kind::MoreArtifacts(_) => {}
        }
        self.items.push(item);
        self.push(below, Some(at), depth + 1);
    }

    fn is_open(&self, key: &str, on_path: bool) -> bool {
        let by_default = !self.by_path || on_path;
        by_default != self.state.toggled.contains(key)
    }

    fn artifacts_of(&self, process: usize) -> Vec<Kind> {
        let all = &self.forest.artifacts[process];
        let keep = if all.len() > ARTIFACTS_MAX {
            ARTIFACTS_MAX - 1
        } else {
            all.len()
        };
        let mut kinds: Vec<Kind> = all.iter().take(keep).map(|at| Kind::Artifact(*at)).collect();
        if keep < all.len() {
            kinds.push(Kind::MoreArtifacts(all.len() - keep));
        }
        kinds
    }

    /// The children of one process in their order, like ones folded.
    fn siblings(&self, parent_key: &str, children: &[usize]) -> Vec<Kind> {
        let fold_from = if self.by_path { 2 } else { 3 };
        let mut groups: Vec<(usize, Kind)> = Vec::new();
        let mut group_of: HashMap<&str, usize> = HashMap::new();
        for (order, at) in children.iter().enumerate() {
            let node = &self.tree.nodes[*at];
            if !foldable(node) {
                groups.push((order, Kind::Process(*at)));
                continue;
            }
            let group = *group_of.entry(node.name.as_str()).or_insert_with(|| {
                groups.push((
                    order,
                    Kind::Fold {
                        name: Some(node.name.clone()),
                        members: Vec::new(),
                    },
                ));
                groups.len() - 1
            });
            if let Kind::Fold { members, .. } = &mut groups[group].1 {
                members.push(*at);
            }
        }
        let mut kinds = Vec::with_capacity(groups.len());
        for (_, kind) in groups {
            match kind {
                Kind::Fold { members, .. } if members.len() < fold_from => {
                    kinds.extend(members.into_iter().map(Kind::Process));
                }
                kind => kinds.push(kind),
            }
        }
        let kinds = if self.by_path {
            self.without_the_long_tail(parent_key, kinds)
        } else {
            kinds
        };
        kinds
            .into_iter()
            .flat_map(|kind| self.unfolded(parent_key, kind))
            .collect()
    }

    /// An opened fold keeps its box, so that it can be closed again; its members follow.
    fn unfolded(&self, parent_key: &str, kind: Kind) -> Vec<Kind> {
        let key = key_of(self.tree, &kind, parent_key);
        let members = match &kind {
            Kind::Fold { members, .. } if self.state.unfolded.contains(&key) => members.clone(),
            _ => Vec::new(),
        };
        std::iter::once(kind)
            .chain(members.into_iter().map(Kind::Process))
            .collect()
    }

    /// Beside the path only a few boxes; unrelated roots are no evidence and all go behind one.
    fn without_the_long_tail(&self, parent_key: &str, kinds: Vec<Kind>) -> Vec<Kind> {
        let off_path = kinds.iter().filter(|kind| !self.is_evidence(kind)).count();
        let keep = if parent_key.is_empty() { 0 } else { SIBLINGS_MAX };
        if off_path <= keep.max(1) {
            return kinds;
        }
        let (mut kept, mut rest, mut beside) = (Vec::new(), Vec::new(), 0);
        for kind in kinds {
            if self.is_evidence(&kind) {
                kept.push(kind);
            } else if beside + 1 < keep {
                beside += 1;
                kept.push(kind);
            } else {
                rest.extend(members_of(kind));
            }
        }
        kept.push(Kind::Fold {
            name: None,
            members: rest,
        });
        kept
    }

    fn is_evidence(&self, kind: &Kind) -> bool {
        matches!(kind, Kind::Process(at) if !foldable(&self.tree.nodes[*at]))
    }
}

fn foldable(node: &ProcessNode) -> bool {
    !node.on_path && !node.matched && node.severity.is_none()
}

fn members_of(kind: Kind) -> Vec<usize> {
    match kind {
        Kind::Process(at) => vec![at],
        Kind::Fold { members, .. } => members,
        Kind::Artifact(_) | Kind::MoreArtifacts(_) => Vec::new(),
    }
}

fn key_of(tree: &ProcessTree, kind: &Kind, parent_key: &str) -> String {
    match kind {
        Kind::Process(at) => tree.nodes[*at].entity_id.to_string(),
        Kind::Fold { name, .. } => format!("{parent_key}/{}", name.as_deref().unwrap_or("*")),
        Kind::Artifact(at) => format!("artifact/{at}"),
        Kind::MoreArtifacts(_) => format!("{parent_key}/artifacts"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{node, tree};
    use super::*;

    fn office() -> ProcessTree {
        let mut nodes = vec![node("e", None, "explorer.exe", true)];
        for at in 0..38 {
            nodes.push(node(&format!("c{at}"), Some("e"), "chrome.exe", false));
        }
        nodes.push(node("c0x", Some("c0"), "crashpad.exe", false));
        nodes.push(node("w", Some("e"), "winword.exe", true));
        nodes.push(node("t", Some("e"), "teams.exe", false));
        nodes.push(node("p", Some("w"), "powershell.exe", true));
        tree(nodes)
    }

    fn keys(tree: &ProcessTree, state: &TreeState) -> Vec<String> {
        shown(tree, &Forest::of(tree), state)
            .into_iter()
            .map(|item| item.key)
            .collect()
    }

    #[test]
    fn like_siblings_stand_behind_one_box_and_open_again() {
        let tree = office();
        let mut state = TreeState::default();
        assert_eq!(keys(&tree, &state), ["e", "e/chrome.exe", "w", "p", "t"]);
        let forest = Forest::of(&tree);
        let items = shown(&tree, &forest, &state);
        assert_eq!(
            folded_processes(&forest, &items),
            39,
            "the crash reporter below the first chrome counts too"
        );
        state.unfolded.insert("e/chrome.exe".to_owned());
        assert_eq!(keys(&tree, &state).len(), 43);
    }

    #[test]
    fn a_sibling_with_its_own_alert_is_never_folded() {
        let mut tree = office();
        tree.nodes[5].severity = Some(watchfloor_shared::alert::Severity::Low);
        assert!(keys(&tree, &TreeState::default()).contains(&"c4".to_owned()));
    }

    #[test]
    fn every_process_is_shown_or_counted_behind_a_fold() {
        for scope in [Scope::AttackPath, Scope::All] {
            let mut tree = office();
            for at in 0..9 {
                tree.nodes
                    .push(node(&format!("x{at}"), Some("p"), &format!("x{at}.exe"), false));
            }
            let forest = Forest::of(&tree);
            let items = shown(
                &tree,
                &forest,
                &TreeState {
                    scope,
                    ..TreeState::default()
                },
            );
            let open = items
                .iter()
                .filter(|item| matches!(item.kind, Kind::Process(_)))
                .count();
            assert_eq!(open + folded_processes(&forest, &items), tree.nodes.len());
        }
    }

    #[test]
    fn unrelated_roots_do_not_crowd_the_path() {
        let mut tree = office();
        for at in 0..50 {
            tree.nodes
                .push(node(&format!("r{at}"), None, &format!("svc{at}.exe"), false));
        }
        let shown = keys(&tree, &TreeState::default());
        assert_eq!(shown.iter().filter(|key| key.starts_with('r')).count(), 0);
        assert!(shown.contains(&"/*".to_owned()));
    }
}
