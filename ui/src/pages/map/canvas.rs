//! The box that a renderer draws into.

use super::{draw, state::MapView};
use crate::state::use_preferences;
use leptos::{html, prelude::*, task::spawn_local};
use std::rc::Rc;
use wasm_bindgen::JsCast;

/// Draws as soon as the box is there, everything `size` times as large as on a desk, until the page is left.
pub fn mount(view: MapView, node: NodeRef<html::Div>, size: f32) {
    let theme = use_preferences().theme;
    let is_open = StoredValue::new(true);
    Effect::new(move |_| {
        let Some(node) = node.get() else { return };
        let globe = view.globe.get_untracked();
        let moved: Rc<dyn Fn()> = Rc::new(move || {
            view.moved.try_update(|n| *n = n.wrapping_add(1));
        });
        spawn_local(async move {
            let (renderer, plain) = draw::open(node.unchecked_into(), globe, size, moved).await;
            if is_open.try_get_value() != Some(true) {
                renderer.close();
                return;
            }
            view.plain.set(plain);
            renderer.show(&view.shown.with_untracked(|shown| Rc::clone(&shown.scene)));
            renderer.globe(view.globe.get_untracked());
            view.renderer.set_value(Some(renderer));
        });
    });
    Effect::new(move |before: Option<()>| {
        theme.track();
        if before.is_some() {
            // The attribute on the root is set by another effect of the same change.
            request_animation_frame(move || view.with_renderer(|renderer| renderer.dress()));
        }
    });
    Effect::new(move |_| {
        let globe = view.globe.get();
        view.with_renderer(|renderer| renderer.globe(globe));
    });
    on_cleanup(move || {
        is_open.try_set_value(false);
        view.with_renderer(|renderer| renderer.close());
        view.renderer.try_set_value(None);
    });
}
