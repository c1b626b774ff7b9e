//! The keys of the map.

use super::{feed::Feed, rewind::BACK_MS, state::MapView};
use crate::components::{Shortcut, use_shortcuts};
use leptos::prelude::*;

pub fn bind(view: MapView, feed: Feed) {
    let zoom = move |by: f64| view.with_renderer(|renderer| renderer.zoom(by));
    use_shortcuts(
        "Live map",
        vec![
            Shortcut::new(&["j", "k", "ArrowDown", "ArrowUp"], "Move", move |key| {
                feed.step(matches!(key, "j" | "ArrowDown"))
            })
            .hinted(),
            Shortcut::new(&["Enter"], "Open", move |_| feed.open()).hinted(),
            Shortcut::new(&[" "], "Pause or go on", move |_| {
                view.set_moment(view.moment.get_untracked().toggled(view.now()))
            })
            .hinted()
            .offered(),
            Shortcut::new(&["b"], "30 seconds back", move |_| {
                view.set_moment(view.moment.get_untracked().back(BACK_MS, view.since(), view.now()))
            })
            .hinted()
            .offered(),
            Shortcut::new(&["l"], "To the live edge", move |_| {
                view.set_moment(super::model::Moment::Live)
            })
            .offered(),
            Shortcut::new(&["Escape"], "Let go of the row", move |_| feed.let_go()),
            Shortcut::new(&["d"], "Arcs or density", move |_| {
                super::stage::toggle(view, "view", "density")
            })
            .offered(),
            Shortcut::new(&["g"], "Flat or globe", move |_| {
                super::stage::toggle(view, "projection", "globe")
            })
            .offered(),
            Shortcut::new(&["+", "="], "Nearer", move |_| zoom(1.0)),
            Shortcut::new(&["-"], "Farther", move |_| zoom(-1.0)),
            Shortcut::new(&["0"], "The whole world", move |_| zoom(0.0)).offered(),
        ],
    );
}
