//! The panel around the drawing: pointer, wheel and keys, the choice of scope, and why there is nothing to see.

use super::{
    boxes::{TreeBox, bare, item_id},
    model::{Same, TreeModel},
    scrub::ScrubLine,
};
use crate::{
    api::Fault,
    components::{Empty, Glyph, Icon, Pending, measure::use_size, number},
    layout::tree::{Scope, View, folded_processes},
};
use leptos::{ev, html, prelude::*};
use std::sync::Arc;
use wasm_bindgen::JsCast;

#[component]
pub fn TreePanel(model: TreeModel, #[prop(into)] fault: Signal<Option<Fault>>) -> impl IntoView {
    let canvas = NodeRef::<html::Div>::new();
    let size = use_size(canvas);
    Effect::new(move |_| model.size.set(size.get()));
    // A new tree or a new size is looked at as a whole, until a person chose where to look.
    Effect::new(move |_| {
        model.size.track();
        model.loaded.track();
        let Some(Same(d)) = model.drawing.get_untracked() else {
            return;
        };
        if model.current.with_untracked(Option::is_none) {
            model.current.set(d.start().map(|at| d.items[at].key.clone()));
        }
        if !model.moved.get_untracked() {
            model.fit();
        }
    });
    view! {
        <div class="canvas" node_ref=canvas>
            {move || why_empty(model, fault)}
            <Show when=move || fault.with(Option::is_none)>
                <Pending here=Signal::derive(move || model.loaded.with(Option::is_some)) fault />
            </Show>
            <TreeDrawing model />
        </div>
        <ScrubLine model />
    }
}

fn why_empty(model: TreeModel, fault: Signal<Option<Fault>>) -> Option<impl IntoView> {
    let text = match (model.loaded.get(), fault.get()) {
        (None, Some(fault)) => fault.sentence(),
        (None, None) => return None,
        (Some(loaded), _) if loaded.tree.nodes.is_empty() => loaded.tree.empty_because.clone().unwrap_or_else(|| {
            "The events of this alert name no process. The timeline and the raw events below have them.".to_owned()
        }),
        _ => return None,
    };
    Some(view! { <Empty title="No process tree" why=text /> })
}

#[component]
pub fn TreeTools(model: TreeModel) -> impl IntoView {
    let sum = move || {
        let Some(Same(d)) = model.drawing.get() else {
            return String::new();
        };
        let tree = &d.loaded.tree;
        let have = i64::try_from(tree.nodes.len()).unwrap_or(i64::MAX);
        let folded = i64::try_from(folded_processes(&d.loaded.forest, &d.items)).unwrap_or(0);
        let mut text = format!("{} processes", number::count(have));
        if tree.total > have {
            text = format!("{} of {} processes", number::count(have), number::count(tree.total));
        }
        if folded > 0 {
            text.push_str(&format!(", {} of them folded", number::count(folded)));
        }
        text
    };
    let scope = move || model.state.with(|state| state.scope);
    let pressed = move |of: Scope| move || (scope() == of).to_string();
    view! {
        <span class="quiet tree-sum">{sum}</span>
        <span class="grow"></span>
        <span class="seg" role="group" aria-label="What the tree shows">
            <button aria-pressed=pressed(Scope::AttackPath) on:click=move |_| model.choose_scope(Scope::AttackPath)>
                "Attack path"
            </button>
            <button aria-pressed=pressed(Scope::All) on:click=move |_| model.choose_scope(Scope::All)>"All"</button>
        </span>
        <span class="seg" role="group" aria-label="Zoom">
            <button aria-label="Smaller" on:click=move |_| model.zoom(1.0 / 1.25, None)>"−"</button>
            <button aria-label="Larger" on:click=move |_| model.zoom(1.25, None)>"+"</button>
        </span>
        <button class="btn small" on:click=move |_| model.fit() on:dblclick=move |_| model.whole()>
            <Icon glyph=Glyph::Fit small=true />
            "Fit"
        </button>
    }
}

#[component]
fn TreeDrawing(model: TreeModel) -> impl IntoView {
    let transform = move || {
        let view = model.view.get();
        format!("translate({:.1} {:.1}) scale({:.4})", view.x, view.y, view.scale)
    };
    let paths = Memo::new(move |_| model.edges());
    let edge = move |class: usize| move || paths.with(|paths| paths[class].clone());
    let is_bare = Memo::new(move |_| model.view.get().scale < View::SCALE_OF_TEXT);
    let bare_paths = Memo::new(move |_| match (is_bare.get(), model.drawing.get()) {
        (true, Some(Same(d))) => model.seen.with(|seen| bare(&d, seen)),
        _ => Default::default(),
    });
    let boxes = move || {
        if is_bare.get() {
            return Vec::new();
        }
        let Some(same) = model.drawing.get() else {
            return Vec::new();
        };
        model
            .seen
            .with(|seen| seen.iter().map(|at| (same.clone(), *at)).collect())
    };
    let active = move || model.current.with(|key| key.as_deref().map(item_id));
    let dragging = RwSignal::new(None::<(f64, f64, bool)>);
    view! {
        <svg
            class="forest"
            class:dragging=move || dragging.get().is_some_and(|(_, _, moved)| moved)
            role="tree"
            tabindex="0"
            aria-label="Process tree. Arrow keys walk, Enter opens."
            aria-activedescendant=active
            on:wheel=move |event| wheel(model, &event)
            on:pointerdown=move |event| dragging.set((event.button() == 0).then(|| (event.client_x().into(), event.client_y().into(), false)))
            on:pointermove=move |event| drag(model, dragging, &event)
            on:pointerup=move |event| release(model, dragging, &event)
            on:pointerleave=move |_| dragging.set(None)
            on:dblclick=move |event| {
                let fold = event_target::<web_sys::Element>(&event).closest(".fold").ok().flatten().is_some();
                if let Some(at) = box_at(&event).filter(|_| !fold) {
                    model.toggle(at);
                }
            }
            on:keydown=move |event| key(model, &event)
        >
            <g transform=transform>
                <path class="edge" d=edge(0) />
                <path class="edge lit" d=edge(1) />
                <path class="edge acc" d=edge(2) />
                <path class="bare" d=move || bare_paths.with(|p| p[0].clone()) />
                <path class="bare fold" d=move || bare_paths.with(|p| p[2].clone()) />
                <path class="bare unseen" d=move || bare_paths.with(|p| p[3].clone()) />
                <path class="bare lit" d=move || bare_paths.with(|p| p[1].clone()) />
                <For
                    each=boxes
                    key=|(same, at)| (Arc::as_ptr(&same.0).addr(), *at)
                    children=move |(same, at)| view! { <TreeBox model drawing=same.0 at /> }
                />
            </g>
        </svg>
    }
}

fn wheel(model: TreeModel, event: &ev::WheelEvent) {
    event.prevent_default();
    if event.ctrl_key() || event.meta_key() {
        let at = (f64::from(event.offset_x()), f64::from(event.offset_y()));
        model.zoom((-event.delta_y() * 0.0022).exp(), Some(at));
    } else if event.shift_key() {
        model.pan(-event.delta_y(), 0.0);
    } else {
        model.pan(-event.delta_x(), -event.delta_y());
    }
}

fn drag(model: TreeModel, dragging: RwSignal<Option<(f64, f64, bool)>>, event: &ev::PointerEvent) {
    let Some((x, y, moved)) = dragging.get_untracked() else {
        return;
    };
    let (now_x, now_y) = (f64::from(event.client_x()), f64::from(event.client_y()));
    let (dx, dy) = (now_x - x, now_y - y);
    if !moved && dx.abs() + dy.abs() < 4.0 {
        return;
    }
    model.pan(dx, dy);
    dragging.set(Some((now_x, now_y, true)));
}

/// A press that did not become a drag chooses the box under it; on a fold, or on the count of what is behind, it opens it.
fn release(model: TreeModel, dragging: RwSignal<Option<(f64, f64, bool)>>, event: &ev::PointerEvent) {
    let was = dragging.get_untracked();
    dragging.set(None);
    if !matches!(was, Some((_, _, false))) {
        return;
    }
    let Some(at) = box_at(event) else { return };
    let target = event_target::<web_sys::Element>(event);
    let is_fold = model.drawing.get_untracked().is_some_and(|Same(d)| {
        d.items
            .get(at)
            .is_some_and(|item| matches!(item.kind, crate::layout::tree::Kind::Fold { .. }))
    });
    let wants_more = is_fold || target.class_list().contains("behind");
    model.go_to(at);
    let is_process = model
        .drawing
        .get_untracked()
        .is_some_and(|Same(d)| d.process(at).is_some());
    model.inspecting.set(is_process);
    if wants_more {
        model.toggle(at);
    }
}

fn key(model: TreeModel, event: &ev::KeyboardEvent) {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    let handled = match event.key().as_str() {
        "+" | "=" => {
            model.zoom(1.25, None);
            true
        }
        "-" => {
            model.zoom(1.0 / 1.25, None);
            true
        }
        "0" => {
            model.fit();
            true
        }
        "Enter" | " " => {
            let d = model.drawing.get_untracked();
            let at = d.and_then(|Same(d)| {
                model
                    .current
                    .with_untracked(|key| key.as_deref().and_then(|key| d.find(key)))
            });
            if let Some(at) = at {
                open(model, at);
            }
            true
        }
        key @ ("ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "Home" | "End") => model.step(key),
        _ => false,
    };
    if handled {
        event.prevent_default();
        event.stop_propagation();
    }
}

/// Enter looks at a process; on what is folded it opens it.
fn open(model: TreeModel, at: usize) {
    let is_process = model
        .drawing
        .get_untracked()
        .is_some_and(|Same(d)| d.process(at).is_some());
    if is_process && !model.inspecting.get_untracked() {
        model.inspecting.set(true);
    } else {
        model.toggle(at);
    }
}

/// The box that the event is on.
fn box_at(event: &web_sys::Event) -> Option<usize> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    target
        .closest("[data-at]")
        .ok()??
        .get_attribute("data-at")?
        .parse()
        .ok()
}
