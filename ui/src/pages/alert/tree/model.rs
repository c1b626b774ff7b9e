//! What the tree panel knows: the tree, what is open in it, where one looks, which box is current, and at which instant.

use crate::layout::tree::{Forest, Grid, Item, Kind, Placed, Scope, TreeState, View, edges, place, shown, visible};
use leptos::prelude::*;
use std::sync::Arc;
use watchfloor_shared::{Timestamp, tree::ProcessNode, tree::ProcessTree};

/// A tree as it came, indexed once.
#[derive(Debug)]
pub struct Loaded {
    pub tree: ProcessTree,
    pub forest: Forest,
}

impl Loaded {
    pub fn of(tree: ProcessTree) -> Arc<Self> {
        Arc::new(Self {
            forest: Forest::of(&tree),
            tree,
        })
    }
}

/// The tree laid out for the present space.
pub struct Drawing {
    pub loaded: Arc<Loaded>,
    pub items: Vec<Item>,
    pub placed: Placed,
    pub grid: Grid,
}

impl Drawing {
    pub fn spot(&self, at: usize) -> (f64, f64) {
        (self.grid.x(self.items[at].depth), self.grid.y(self.placed.row[at]))
    }
    pub fn process(&self, at: usize) -> Option<&ProcessNode> {
        match self.items.get(at)?.kind {
            Kind::Process(node) => self.loaded.tree.nodes.get(node),
            _ => None,
        }
    }
    pub fn find(&self, key: &str) -> Option<usize> {
        self.items.iter().position(|item| item.key == key)
    }
    /// Where a person starts: the last matched process, else the deepest on the path, else the first.
    pub fn start(&self) -> Option<usize> {
        let matched = |at: &usize| self.process(*at).is_some_and(|node| node.matched);
        let on_path = |at: &usize| self.process(*at).is_some_and(|node| node.on_path);
        let all = 0..self.items.len();
        all.clone()
            .rev()
            .find(matched)
            .or_else(|| all.clone().rev().find(on_path))
            .or_else(|| all.clone().next())
    }
}

/// Compared by identity: a new one is a new drawing.
pub struct Same<T>(pub Arc<T>);

impl<T> Clone for Same<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> PartialEq for Same<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Steps in which the looked-at part is recomputed, so that a drag only moves what is there.
const STRIDE: f64 = 240.0;

#[derive(Clone, Copy)]
pub struct TreeModel {
    pub loaded: RwSignal<Option<Arc<Loaded>>>,
    pub state: RwSignal<TreeState>,
    pub view: RwSignal<View>,
    pub size: RwSignal<(f64, f64)>,
    /// Key of the current box.
    pub current: RwSignal<Option<String>>,
    /// Whether the current box is looked at closely.
    pub inspecting: RwSignal<bool>,
    /// A person chose where to look: a new size of the panel leaves it there.
    pub moved: RwSignal<bool>,
    /// Light only what lived then; everything when absent.
    pub instant: RwSignal<Option<Timestamp>>,
    pub drawing: Memo<Option<Same<Drawing>>>,
    /// The view in steps, wide enough for every view in between.
    pub coarse: Memo<View>,
    pub seen: Memo<Vec<usize>>,
}

impl TreeModel {
    pub fn new() -> Self {
        let loaded = RwSignal::new(None::<Arc<Loaded>>);
        let state = RwSignal::new(TreeState::default());
        let size = RwSignal::new((0.0, 0.0));
        let view = RwSignal::new(View {
            scale: 1.0,
            x: 0.0,
            y: 0.0,
        });
        let opened = Memo::new(move |_| {
            let loaded = loaded.get()?;
            let items = state.with(|state| shown(&loaded.tree, &loaded.forest, state));
            let placed = place(&items);
            Some(Same(Arc::new((loaded, items, placed))))
        });
        let drawing = Memo::new(move |_| {
            let (width, height) = size.get();
            let (loaded, items, placed) = &*opened.get()?.0;
            let captioned = items.iter().zip(&placed.row).filter(|(item, _)| item.captioned);
            let grid = captioned.fold(Grid::of(placed, width, height), |grid, (_, row)| {
                grid.with_caption(*row)
            });
            let (loaded, items, placed) = (Arc::clone(loaded), items.clone(), placed.clone());
            Some(Same(Arc::new(Drawing {
                loaded,
                items,
                placed,
                grid,
            })))
        });
        let coarse = Memo::new(move |_| {
            let view = view.get();
            let step = |at: f64| (at / STRIDE).floor() * STRIDE + STRIDE;
            View {
                scale: view.scale,
                x: step(view.x),
                y: step(view.y),
            }
        });
        let seen = Memo::new(move |_| {
            let Some(Same(d)) = drawing.get() else {
                return Vec::new();
            };
            let (width, height) = size.get();
            visible(
                &d.items,
                &d.placed,
                &d.grid,
                &coarse.get(),
                width + STRIDE,
                height + STRIDE,
            )
        });
        let (current, instant) = (RwSignal::new(None), RwSignal::new(None));
        let inspecting = RwSignal::new(false);
        let moved = RwSignal::new(false);
        Self {
            loaded,
            state,
            view,
            size,
            current,
            inspecting,
            moved,
            instant,
            drawing,
            coarse,
            seen,
        }
    }

    /// Another alert: nothing of the last one stays.
    pub fn reset(self) {
        self.loaded.set(None);
        self.state.set(TreeState::default());
        self.current.set(None);
        self.instant.set(None);
        self.inspecting.set(false);
        self.moved.set(false);
    }

    /// Path data of the edges in sight: plain, lit, to artifacts.
    pub fn edges(self) -> [String; 3] {
        let Some(Same(d)) = self.drawing.get() else {
            return Default::default();
        };
        let (width, height) = self.size.get();
        edges(
            &d.items,
            &d.placed,
            &d.grid,
            &self.coarse.get(),
            width + STRIDE,
            height + STRIDE,
        )
    }

    /// Looks at the whole, or at the current box when the whole would be unreadable.
    pub fn fit(self) {
        let Some(Same(d)) = self.drawing.get_untracked() else {
            return;
        };
        self.moved.set(false);
        let (width, height) = self.size.get_untracked();
        let current = self
            .current
            .with_untracked(|key| key.as_deref().and_then(|key| d.find(key)));
        let focus = current.or_else(|| d.start()).map_or((0.0, 0.0), |at| d.spot(at));
        self.view.set(View::fit(&d.grid, width, height, focus));
    }

    /// The whole, however small.
    pub fn whole(self) {
        let Some(Same(d)) = self.drawing.get_untracked() else {
            return;
        };
        let (width, height) = self.size.get_untracked();
        self.view.set(View::whole(&d.grid, width, height));
    }

    pub fn zoom(self, factor: f64, at: Option<(f64, f64)>) {
        let (width, height) = self.size.get_untracked();
        let at = at.unwrap_or((width / 2.0, height / 2.0));
        self.moved.set(true);
        self.view.update(|view| *view = view.zoom(factor, at));
    }

    pub fn pan(self, dx: f64, dy: f64) {
        let Some(Same(d)) = self.drawing.get_untracked() else {
            return;
        };
        let (width, height) = self.size.get_untracked();
        self.moved.set(true);
        self.view
            .update(|view| *view = view.pan(dx, dy, &d.grid, width, height));
    }

    pub fn choose_scope(self, scope: Scope) {
        self.state.update(|state| state.scope = scope);
        self.fit();
    }

    pub fn is_current(self, key: &str) -> bool {
        self.current.with(|current| current.as_deref() == Some(key))
    }

    /// Makes the box current and brings it into sight.
    pub fn go_to(self, at: usize) {
        let Some(Same(d)) = self.drawing.get_untracked() else {
            return;
        };
        let Some(item) = d.items.get(at) else { return };
        self.current.set(Some(item.key.clone()));
        self.moved.set(true);
        let (width, height) = self.size.get_untracked();
        self.view
            .update(|view| *view = view.reveal(&d.grid, d.spot(at), width, height));
    }

    /// Opens or closes what is behind the box, which keeps its place on the screen.
    pub fn toggle(self, at: usize) {
        let Some(Same(before)) = self.drawing.get_untracked() else {
            return;
        };
        let Some(item) = before.items.get(at) else { return };
        let key = item.key.clone();
        self.state.update(|state| {
            let set = if matches!(item.kind, Kind::Fold { .. }) {
                &mut state.unfolded
            } else {
                &mut state.toggled
            };
            if !set.remove(&key) {
                set.insert(key.clone());
            }
        });
        let Some(Same(after)) = self.drawing.get_untracked() else {
            return;
        };
        let Some(now) = after.find(&key) else { return };
        let (was, is) = (before.spot(at), after.spot(now));
        self.view.update(|view| {
            view.x += (was.0 - is.0) * view.scale;
            view.y += (was.1 - is.1) * view.scale;
        });
    }

    /// One step with the arrow keys. Right opens first, then goes to the continuing child; left goes to the parent.
    pub fn step(self, key: &str) -> bool {
        let Some(Same(d)) = self.drawing.get_untracked() else {
            return false;
        };
        let at = self
            .current
            .with_untracked(|key| key.as_deref().and_then(|key| d.find(key)));
        let Some(at) = at.or_else(|| d.start()) else {
            return false;
        };
        if key == "ArrowRight" && d.items[at].open == Some(false) {
            self.toggle(at);
            return true;
        }
        if let Some(to) = neighbour(&d, at, key) {
            self.go_to(to);
        }
        true
    }
}

fn neighbour(d: &Drawing, at: usize, key: &str) -> Option<usize> {
    let row = d.placed.row[at];
    let nearest = |among: &mut dyn Iterator<Item = usize>| {
        among.min_by(|a, b| {
            (d.placed.row[*a] - row)
                .abs()
                .total_cmp(&(d.placed.row[*b] - row).abs())
        })
    };
    let all = 0..d.items.len();
    let column = d.items[at].depth;
    match key {
        "ArrowLeft" => d.items[at].parent,
        "ArrowRight" => nearest(&mut all.filter(|other| d.items[*other].parent == Some(at))),
        "ArrowUp" => nearest(&mut all.filter(|o| d.items[*o].depth == column && d.placed.row[*o] < row)),
        "ArrowDown" => nearest(&mut all.filter(|o| d.items[*o].depth == column && d.placed.row[*o] > row)),
        "Home" => Some(0),
        "End" => d.start(),
        _ => None,
    }
}
