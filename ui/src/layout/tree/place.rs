//! A column and a row for every item. Each subtree carries the outline of its columns; siblings are pushed apart just so far
//! that their outlines do not meet. The shorter outline is merged into the longer one, so the whole is linear.

use super::shown::Item;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Placed {
    /// Row of each item; 0 is the topmost.
    pub row: Vec<f64>,
    pub rows: f64,
    pub columns: usize,
}

/// The lowest and highest row of each column of a subtree, deepest column first; `shift` is still to be added.
#[derive(Default)]
struct Outline {
    columns: Vec<(f64, f64)>,
    shift: f64,
}

impl Outline {
    fn leaf(captioned: bool) -> Self {
        Self {
            columns: vec![(0.0, if captioned { 1.0 } else { 0.0 })],
            shift: 0.0,
        }
    }

    fn column(&self, depth: usize) -> (f64, f64) {
        let (low, high) = self.columns[self.columns.len() - 1 - depth];
        (low + self.shift, high + self.shift)
    }

    fn shared_depth(&self, other: &Outline) -> usize {
        self.columns.len().min(other.columns.len())
    }

    /// Takes `other` in; both are in the same frame.
    fn merge(&mut self, mut other: Outline) {
        if other.columns.len() > self.columns.len() {
            std::mem::swap(self, &mut other);
        }
        for depth in 0..other.columns.len() {
            let (low, high) = other.column(depth);
            let at = self.columns.len() - 1 - depth;
            let (own_low, own_high) = &mut self.columns[at];
            *own_low = own_low.min(low - self.shift);
            *own_high = own_high.max(high - self.shift);
        }
    }

    /// Adds the parent's own column in front, the parent at row 0.
    fn under(mut self, captioned: bool) -> Self {
        let below = if captioned { 1.0 } else { 0.0 };
        self.columns.push((-self.shift, below - self.shift));
        self
    }
}

/// Distance of each child from its parent's row, and the children's common outline.
fn beside(children: Vec<Outline>, anchor: usize) -> (Vec<f64>, Outline) {
    let mut offsets = vec![0.0; children.len()];
    let mut slots: Vec<Option<Outline>> = children.into_iter().map(Some).collect();
    let Some(mut all) = slots.get_mut(anchor).and_then(Option::take) else {
        return (offsets, Outline::default());
    };
    for at in (0..anchor).rev() {
        if let Some(mut child) = slots[at].take() {
            let room = |depth| all.column(depth).0 - child.column(depth).1 - 1.0;
            offsets[at] = (0..all.shared_depth(&child)).map(room).fold(f64::INFINITY, f64::min);
            child.shift += offsets[at];
            all.merge(child);
        }
    }
    for at in anchor + 1..slots.len() {
        if let Some(mut child) = slots[at].take() {
            let room = |depth| all.column(depth).1 - child.column(depth).0 + 1.0;
            offsets[at] = (0..all.shared_depth(&child))
                .map(room)
                .fold(f64::NEG_INFINITY, f64::max);
            child.shift += offsets[at];
            all.merge(child);
        }
    }
    (offsets, all)
}

/// The child that continues its parent's row: the first on the path, otherwise the first.
fn anchor_of(items: &[Item], children: &[usize]) -> usize {
    children.iter().position(|at| items[*at].on_path).unwrap_or(0)
}

pub fn place(items: &[Item]) -> Placed {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    let mut roots = Vec::new();
    for (at, item) in items.iter().enumerate() {
        match item.parent {
            Some(parent) => children[parent].push(at),
            None => roots.push(at),
        }
    }
    let mut outlines: Vec<Outline> = items.iter().map(|_| Outline::default()).collect();
    let mut offset = vec![0.0; items.len()];
    let mut settle = |family: &[usize], outlines: &mut Vec<Outline>| {
        let taken = family.iter().map(|at| std::mem::take(&mut outlines[*at])).collect();
        let (offsets, all) = beside(taken, anchor_of(items, family));
        for (child, by) in family.iter().zip(offsets) {
            offset[*child] = by;
        }
        all
    };
    for at in (0..items.len()).rev() {
        outlines[at] = if children[at].is_empty() {
            Outline::leaf(items[at].captioned)
        } else {
            settle(&children[at], &mut outlines).under(items[at].captioned)
        };
    }
    let all = settle(&roots, &mut outlines);
    let columns = all.columns.len();
    let top = (0..columns)
        .map(|depth| all.column(depth).0)
        .fold(f64::INFINITY, f64::min);
    let bottom = (0..columns)
        .map(|depth| all.column(depth).1)
        .fold(f64::NEG_INFINITY, f64::max);
    let mut row = vec![0.0; items.len()];
    for (at, item) in items.iter().enumerate() {
        row[at] = offset[at] + item.parent.map_or(-top, |parent| row[parent]);
    }
    Placed {
        row,
        rows: if columns == 0 { 0.0 } else { bottom - top + 1.0 },
        columns,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Forest, Scope, TreeState, sample, shown};
    use super::*;
    use std::time::Instant;

    fn assert_apart(items: &[Item], placed: &Placed) {
        let mut columns: Vec<Vec<f64>> = vec![Vec::new(); placed.columns];
        for (item, row) in items.iter().zip(&placed.row) {
            columns[item.depth].push(*row);
            assert!(*row >= 0.0 && *row < placed.rows);
        }
        for column in &columns {
            for pair in column.windows(2) {
                assert!(pair[1] - pair[0] >= 1.0, "{pair:?} overlap or change order");
            }
        }
    }

    #[test]
    fn the_path_is_one_straight_row() {
        let tree = sample::large(400);
        let items = shown(&tree, &Forest::of(&tree), &TreeState::default());
        let placed = place(&items);
        let path: Vec<f64> = items
            .iter()
            .zip(&placed.row)
            .filter(|(i, _)| i.on_path)
            .map(|(_, r)| *r)
            .collect();
        assert!(path.len() > 2);
        assert!(path.iter().all(|row| *row == path[0]), "{path:?}");
    }

    #[test]
    fn boxes_never_overlap_and_keep_their_order() {
        for count in [1, 2, 30, 700] {
            let tree = sample::large(count);
            for scope in [Scope::AttackPath, Scope::All] {
                let items = shown(
                    &tree,
                    &Forest::of(&tree),
                    &TreeState {
                        scope,
                        ..TreeState::default()
                    },
                );
                assert_apart(&items, &place(&items));
            }
        }
    }

    #[test]
    fn ten_thousand_processes_and_a_chain_of_ten_thousand_are_placed_at_once() {
        let chain = |at: usize| {
            let parent = at.checked_sub(1).map(|p| p.to_string());
            sample::node(&at.to_string(), parent.as_deref(), "a.exe", false)
        };
        for tree in [sample::large(10_000), sample::tree((0..10_000).map(chain).collect())] {
            let begin = Instant::now();
            let state = TreeState {
                scope: Scope::All,
                ..TreeState::default()
            };
            let items = shown(&tree, &Forest::of(&tree), &state);
            let placed = place(&items);
            let took = begin.elapsed();
            assert_eq!(placed.row.len(), items.len());
            println!(
                "{} items, {} columns, {} rows in {took:?}",
                items.len(),
                placed.columns,
                placed.rows
            );
            assert!(
                took.as_millis() < 500,
                "{took:?}; the budget of an optimised build is 50 ms"
            );
        }
    }

    #[test]
    fn nothing_is_placed_nowhere() {
        assert_eq!(place(&[]), Placed::default());
    }
}
